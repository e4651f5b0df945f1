import { FieldCursor } from '../wire/field-cursor.ts'
import { wireBytes, wireVarint } from '../wire/wire-type.ts'
import { WireWriter } from '../wire/wire-writer.ts'
import type { Signal } from './otlp-batch.ts'

/**
 * `Export*ServiceResponse`: alike for all signals, but for the JSON name of the count.
 *
 * | message                | field | number |
 * | ---------------------- | ----- | ------ |
 * | Export*ServiceResponse | partial_success | 1 |
 * | Export*PartialSuccess  | rejected_* (int64), error_message | 1, 2 |
 *
 * Source: https://opentelemetry.io/docs/specs/otlp/#partial-success
 */
const responsePartialSuccess = 1
const partialRejected = 1
const partialMessage = 2

const rejectedNames: Record<Signal, string> = {
  traces: 'rejectedSpans',
  metrics: 'rejectedDataPoints',
  logs: 'rejectedLogRecords',
  profiles: 'rejectedProfiles',
}

export interface PartialSuccess {
  /** Items that the server did not take; 0 with a message is a warning. */
  readonly rejectedCount: number
  readonly message: string
}

/** The answer to a request that was taken whole, in protobuf. */
export const fullSuccessProtobuf = new Uint8Array(0)
/** The same in JSON. */
export const fullSuccessJson: Uint8Array = Buffer.from('{"partialSuccess":{}}')

export function encodeResponseProtobuf(partial: PartialSuccess): Uint8Array {
  const writer = new WireWriter(128)
  const mark = writer.open(responsePartialSuccess)
  if (partial.rejectedCount !== 0) writer.varint64Field(partialRejected, BigInt(partial.rejectedCount))
  if (partial.message !== '') writer.stringField(partialMessage, partial.message)
  writer.close(mark)
  return writer.finish()
}

export function encodeResponseJson(signal: Signal, partial: PartialSuccess): Uint8Array {
  return Buffer.from(
    JSON.stringify({
      partialSuccess: { [rejectedNames[signal]]: String(partial.rejectedCount), errorMessage: partial.message },
    }),
  )
}

/** What a backend's success says beside success; undefined where it took everything. Throws `WireError`. */
export function decodeResponseProtobuf(bytes: Uint8Array): PartialSuccess | undefined {
  const response = new FieldCursor(bytes)
  let rejectedCount = 0
  let message = ''
  while (response.next()) {
    if (response.fieldNumber !== responsePartialSuccess || response.wireType !== wireBytes) continue
    const partial = new FieldCursor(bytes, response.valueStart, response.fieldEnd)
    while (partial.next()) {
      if (partial.fieldNumber === partialRejected && partial.wireType === wireVarint) {
        rejectedCount = Number(partial.int64())
      } else if (partial.fieldNumber === partialMessage && partial.wireType === wireBytes) {
        message = Buffer.from(partial.slice()).toString('utf8')
      }
    }
  }
  return partialOf(rejectedCount, message)
}

/** The same in JSON. Throws `SyntaxError` where it is not JSON. */
export function decodeResponseJson(signal: Signal, bytes: Uint8Array): PartialSuccess | undefined {
  const response: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'))
  const partial = property(response, 'partialSuccess')
  const rejectedCount = Number(property(partial, rejectedNames[signal]) ?? 0)
  const message = property(partial, 'errorMessage')
  return partialOf(Number.isFinite(rejectedCount) ? rejectedCount : 0, typeof message === 'string' ? message : '')
}

function partialOf(rejectedCount: number, message: string): PartialSuccess | undefined {
  return rejectedCount === 0 && message === '' ? undefined : { rejectedCount, message }
}

function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined
}
