import { type JaegerTag, tagInt, tagString } from './jaeger-tag.ts'

/** OTLP's status codes. */
const statusOk = 1
export const statusError = 2

const spanKindServer = 2

/** The status that `otel.status_code` names, in any case; 0 for anything else. */
export function statusCodeNamed(source: Uint8Array, start: number, end: number): number {
  const text = end - start > 5 ? '' : Buffer.from(source.subarray(start, end)).toString('latin1').toUpperCase()
  if (text === 'OK') return statusOk
  return text === 'ERROR' ? statusError : 0
}

/** The HTTP status as a number, from an integer or from text; -1 where it is neither. */
export function httpStatusOf(tag: JaegerTag): number {
  if (tag.type === tagInt) return tag.high === 0 && tag.low < 0x80000000 ? tag.low : 0
  if (tag.type !== tagString || tag.end === tag.start || tag.end - tag.start > 9) return -1
  let value = 0
  for (let i = tag.start; i < tag.end; i++) {
    const digit = tag.source[i]! - 0x30
    if (digit < 0 || digit > 9) return -1
    value = value * 10 + digit
  }
  return value
}

/** 4xx is an error for a client, not for a server; what is neither 1xx, 2xx, 3xx nor that is an error for all. */
export function isHttpError(status: number, kind: number): boolean {
  if (status >= 400 && status < 500) return kind !== spanKindServer
  return status < 100 || status >= 400
}
