import { FieldCursor } from '../wire/field-cursor.ts'
import { WireError } from '../wire/wire-error.ts'
import { wireBytes, wireVarint } from '../wire/wire-type.ts'
import { WireWriter } from '../wire/wire-writer.ts'

/**
 * google.rpc.Status and google.rpc.RetryInfo, as far as OTLP uses them.
 *
 * Source: https://github.com/googleapis/googleapis/blob/master/google/rpc/status.proto and error_details.proto
 *
 * | message     | field | number |
 * | ----------- | ----- | ------ |
 * | Status      | code, message, details (repeated Any) | 1, 2, 3 |
 * | Any         | type_url, value | 1, 2 |
 * | RetryInfo   | retry_delay (Duration) | 1 |
 * | Duration    | seconds, nanos | 1, 2 |
 */
const statusCode = 1
const statusMessage = 2
const statusDetails = 3
const anyTypeUrl = 1
const anyValue = 2
const retryDelay = 1
const durationSeconds = 1
const durationNanos = 2
const retryInfoType = 'type.googleapis.com/google.rpc.RetryInfo'

export interface RpcStatus {
  readonly code: number
  readonly message: string
  /** From RetryInfo, in milliseconds; undefined without one. */
  readonly retryDelayMs: number | undefined
}

export function encodeRpcStatus(status: RpcStatus): Uint8Array {
  const writer = new WireWriter(128)
  if (status.code !== 0) writer.uint32Field(statusCode, status.code)
  if (status.message !== '') writer.stringField(statusMessage, status.message)
  if (status.retryDelayMs !== undefined) {
    const details = writer.open(statusDetails)
    writer.stringField(anyTypeUrl, retryInfoType)
    const value = writer.open(anyValue)
    const duration = writer.open(retryDelay)
    const seconds = Math.floor(status.retryDelayMs / 1000)
    const nanos = Math.round((status.retryDelayMs - seconds * 1000) * 1e6)
    if (seconds > 0) writer.varint64Field(durationSeconds, BigInt(seconds))
    if (nanos > 0) writer.uint32Field(durationNanos, nanos)
    writer.close(duration)
    writer.close(value)
    writer.close(details)
  }
  return writer.finish()
}

/** Undefined for bytes that are not a Status: what a backend sends beside its status code is advice. */
export function decodeRpcStatus(bytes: Uint8Array): RpcStatus | undefined {
  try {
    let code = 0
    let message = ''
    let retryDelayMs: number | undefined
    const cursor = new FieldCursor(bytes)
    while (cursor.next()) {
      if (cursor.fieldNumber === statusCode && cursor.wireType === wireVarint) code = cursor.uint32()
      else if (cursor.wireType !== wireBytes) continue
      else if (cursor.fieldNumber === statusMessage) message = Buffer.from(cursor.slice()).toString('utf8')
      else if (cursor.fieldNumber === statusDetails) retryDelayMs = retryDelayIn(cursor.slice()) ?? retryDelayMs
    }
    return { code, message, retryDelayMs }
  } catch (error) {
    if (error instanceof WireError) return undefined
    throw error
  }
}

/** The delay of an Any that holds a RetryInfo. */
function retryDelayIn(any: Uint8Array): number | undefined {
  let typeUrl = ''
  let value: Uint8Array | undefined
  const cursor = new FieldCursor(any)
  while (cursor.next()) {
    if (cursor.wireType !== wireBytes) continue
    if (cursor.fieldNumber === anyTypeUrl) typeUrl = Buffer.from(cursor.slice()).toString('utf8')
    else if (cursor.fieldNumber === anyValue) value = cursor.slice()
  }
  if (!typeUrl.endsWith('/google.rpc.RetryInfo') || value === undefined) return undefined
  const info = new FieldCursor(value)
  while (info.next()) {
    if (info.fieldNumber === retryDelay && info.wireType === wireBytes) return durationMs(info.slice())
  }
  return undefined
}

function durationMs(bytes: Uint8Array): number | undefined {
  let seconds = 0n
  let nanos = 0
  const cursor = new FieldCursor(bytes)
  while (cursor.next()) {
    if (cursor.wireType !== wireVarint) continue
    if (cursor.fieldNumber === durationSeconds) seconds = cursor.int64()
    else if (cursor.fieldNumber === durationNanos) nanos = cursor.uint32() | 0
  }
  // Beyond what a protobuf Duration may hold, or into the past: no advice.
  if (seconds < 0n || seconds > 315_576_000_000n || nanos < 0) return undefined
  return Number(seconds) * 1000 + nanos / 1e6
}
