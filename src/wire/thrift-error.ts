import { ReadError } from './read-error.ts'

/**
 * Bytes that are not thrift.
 *
 * Source: https://github.com/apache/thrift/tree/master/doc/specs
 */
export class ThriftError extends ReadError {
  override readonly name = 'ThriftError'
}
