import type { HttpAnswer } from './http-routes.ts'
import type { Refusal } from './refusal.ts'

/** 202 without a body, as Jaeger and Zipkin answer. */
export const accepted: HttpAnswer = Object.freeze({ status: 202, headers: Object.freeze([]), body: new Uint8Array(0) })

/** The reason of a refusal as a line of text, for protocols that have no form of their own for it. */
export function plainRefusal(refusal: Refusal): { readonly type: string; readonly body: Uint8Array } {
  return { type: 'text/plain; charset=utf-8', body: Buffer.from(`${refusal.message}\n`) }
}
