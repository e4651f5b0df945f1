import { ConsumeError } from '../component/consumer.ts'
import { EvaluationError } from './value.ts'

/** What a condition or statement that fails on an item means: nothing (`silent` without a word of it), or a refusal of the request. */
export const errorModes = ['ignore', 'silent', 'propagate'] as const
export type ErrorMode = (typeof errorModes)[number]

/**
 * Returns where the failure is only to be counted. Throws under `propagate`, a permanent refusal in the name of `owner` with
 * that reason; and whatever is no `EvaluationError`.
 */
export function settleFailure(error: unknown, mode: ErrorMode, owner: string, reason: string): void {
  if (!(error instanceof EvaluationError)) throw error
  if (mode !== 'propagate') return
  throw new ConsumeError('permanent', `${owner}: ${error.message}`, { reason, cause: error })
}
