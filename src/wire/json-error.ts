import { ReadError } from './read-error.ts'

/**
 * Bytes that are not JSON.
 *
 * Source: https://www.rfc-editor.org/rfc/rfc8259
 */
export class JsonError extends ReadError {
  override readonly name = 'JsonError'
}
