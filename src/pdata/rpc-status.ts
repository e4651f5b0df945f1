import { WireWriter } from '../wire/wire-writer.ts'

/**
 * `google.rpc.Status` as the body of OTLP/HTTP's refusals, in the encoding of the request.
 *
 * | message        | field | number |
 * | -------------- | ----- | ------ |
 * | Status         | code, message, details (repeated Any) | 1, 2, 3 |
 * | Any            | type_url, value | 1, 2 |
 * | RetryInfo      | retry_delay (Duration) | 1 |
 * | Duration       | seconds, nanos | 1, 2 |
 * | BadRequest     | field_violations | 1 |
 * | FieldViolation | field, description | 1, 2 |
 *
 * Source: https://github.com/googleapis/googleapis/tree/master/google/rpc
 */
const statusCode = 1
const statusMessage = 2
const statusDetails = 3
const anyTypeUrl = 1
const anyValue = 2
const retryInfoDelay = 1
const durationSeconds = 1
const durationNanos = 2
const badRequestViolations = 1
const violationField = 1
const violationDescription = 2

const retryInfoType = 'type.googleapis.com/google.rpc.RetryInfo'
const badRequestType = 'type.googleapis.com/google.rpc.BadRequest'

export interface StatusBody {
  /** A gRPC status code. */
  readonly code: number
  readonly message: string
  /** Adds RetryInfo: come again after this long. */
  readonly retryDelayMs?: number | undefined
  /** Adds BadRequest: what is wrong where, as a path into the request or a byte offset. */
  readonly violations?: readonly { readonly field: string; readonly description: string }[] | undefined
}

export function encodeStatusProtobuf(status: StatusBody): Uint8Array {
  const writer = new WireWriter(256)
  if (status.code !== 0) writer.uint32Field(statusCode, status.code)
  if (status.message !== '') writer.stringField(statusMessage, status.message)
  if (status.retryDelayMs !== undefined) {
    const { seconds, nanos } = durationOf(status.retryDelayMs)
    const marks = openDetail(writer, retryInfoType)
    const duration = writer.open(retryInfoDelay)
    if (seconds > 0) writer.varint64Field(durationSeconds, BigInt(seconds))
    if (nanos > 0) writer.uint32Field(durationNanos, nanos)
    writer.close(duration)
    closeDetail(writer, marks)
  }
  if (status.violations !== undefined && status.violations.length > 0) {
    const marks = openDetail(writer, badRequestType)
    for (const { field, description } of status.violations) {
      const violation = writer.open(badRequestViolations)
      if (field !== '') writer.stringField(violationField, field)
      if (description !== '') writer.stringField(violationDescription, description)
      writer.close(violation)
    }
    closeDetail(writer, marks)
  }
  return writer.finish()
}

/** The same as protobuf's JSON has it: a Duration is text, an Any carries its type beside the fields. */
export function encodeStatusJson(status: StatusBody): Uint8Array {
  const details: unknown[] = []
  if (status.retryDelayMs !== undefined) {
    details.push({ '@type': retryInfoType, retryDelay: durationText(status.retryDelayMs) })
  }
  if (status.violations !== undefined && status.violations.length > 0) {
    details.push({ '@type': badRequestType, fieldViolations: status.violations })
  }
  const { code, message } = status
  return Buffer.from(JSON.stringify(details.length > 0 ? { code, message, details } : { code, message }))
}

function openDetail(writer: WireWriter, typeUrl: string): readonly [number, number] {
  const any = writer.open(statusDetails)
  writer.stringField(anyTypeUrl, typeUrl)
  return [any, writer.open(anyValue)]
}

function closeDetail(writer: WireWriter, [any, value]: readonly [number, number]): void {
  writer.close(value)
  writer.close(any)
}

function durationOf(delayMs: number): { seconds: number; nanos: number } {
  const totalMs = Math.max(0, delayMs)
  const seconds = Math.floor(totalMs / 1000)
  return { seconds, nanos: Math.min(999_999_999, Math.round((totalMs - seconds * 1000) * 1e6)) }
}

/** Whole seconds, or with 3 or 9 digits of fraction, as protobuf's JSON writes a Duration. */
function durationText(delayMs: number): string {
  const { seconds, nanos } = durationOf(delayMs)
  if (nanos === 0) return `${seconds}s`
  const digits = String(nanos).padStart(9, '0')
  return `${seconds}.${digits.endsWith('000000') ? digits.slice(0, 3) : digits}s`
}
