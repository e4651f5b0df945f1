import { ReadError } from './read-error.ts'

/**
 * Bytes that are not a well-formed protobuf message.
 *
 * Source: https://protobuf.dev/programming-guides/encoding/
 */
export class WireError extends ReadError {
  override readonly name = 'WireError'
}
