/**
 * Types of thrift values, as the binary protocol numbers them; a reader of the compact protocol translates to these.
 *
 * Source: https://github.com/apache/thrift/blob/master/doc/specs/thrift-binary-protocol.md
 */
export const thriftStop = 0
export const thriftBool = 2
export const thriftByte = 3
export const thriftDouble = 4
export const thriftI16 = 6
export const thriftI32 = 8
export const thriftI64 = 10
/** Strings and binaries alike. */
export const thriftString = 11
export const thriftStruct = 12
export const thriftMap = 13
export const thriftSet = 14
export const thriftList = 15
export const thriftUuid = 16
