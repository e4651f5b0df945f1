import { createRequire } from 'node:module'

/** The official library has no types for its protocols; this is what is used of them. */
interface Protocol {
  writeMessageBegin(name: string, type: number, seqid: number): void
  writeMessageEnd(): void
  writeStructBegin(name: string): void
  writeStructEnd(): void
  writeFieldBegin(name: string, type: number, id: number): void
  writeFieldEnd(): void
  writeFieldStop(): void
  writeListBegin(type: number, size: number): void
  writeListEnd(): void
  writeBool(value: boolean): void
  writeByte(value: number): void
  writeI16(value: number): void
  writeI32(value: number): void
  writeI64(value: unknown): void
  writeDouble(value: number): void
  writeString(value: string): void
  writeBinary(value: Buffer): void
  flush(): void
  readMessageBegin(): { fname: string; mtype: number; rseqid: number }
  readStructBegin(): unknown
  readStructEnd(): void
  readFieldBegin(): { ftype: number; fid: number }
  readFieldEnd(): void
  readListBegin(): { etype: number; size: number }
  readListEnd(): void
  readBool(): boolean
  readByte(): number
  readI16(): number
  readI32(): number
  readI64(): { buffer: Buffer; offset: number }
  readDouble(): number
  readBinary(): Buffer
  skip(type: number): void
}

interface ThriftLibrary {
  TBufferedTransport: new (buffer: undefined, onFlush: (bytes: Buffer) => void) => object
  TBinaryProtocol: new (transport: object, strictRead?: boolean, strictWrite?: boolean) => Protocol
  TCompactProtocol: new (transport: object) => Protocol
  TFramedTransport: new (buffer: Buffer) => object
  Thrift: { Type: Record<string, number>; MessageType: Record<string, number> }
}

const require = createRequire(import.meta.url)
const library = require('thrift') as ThriftLibrary
const Int64 = require('node-int64') as new (high: number, low: number) => unknown
const types = library.Thrift.Type

export type ThriftScalar = 'BOOL' | 'BYTE' | 'I16' | 'I32' | 'I64' | 'DOUBLE' | 'STRING' | 'BINARY'
export type ThriftKind = ThriftScalar | ThriftSchema | readonly [ThriftSchema]
/** Fields of a struct by name: number and type; a list of structs is the struct in brackets. */
export interface ThriftSchema {
  readonly [field: string]: readonly [id: number, kind: ThriftKind]
}

/** Structs as plain objects: `bigint` for i64, `Buffer` for binary. */
export type ThriftValue = { [field: string]: unknown }

export type ThriftDialect = 'binary' | 'compact' | 'old binary'

/** What the official library writes for a struct, or for a one-way message whose only argument it is. */
export function encodeThrift(dialect: ThriftDialect, schema: ThriftSchema, value: ThriftValue, method = ''): Buffer {
  const parts: Buffer[] = []
  const transport = new library.TBufferedTransport(undefined, bytes => parts.push(bytes))
  const protocol =
    dialect === 'compact'
      ? new library.TCompactProtocol(transport)
      : new library.TBinaryProtocol(transport, false, dialect === 'binary')
  if (method === '') writeStruct(protocol, schema, value)
  else {
    protocol.writeMessageBegin(method, library.Thrift.MessageType['ONEWAY']!, 7)
    writeStruct(protocol, { argument: [1, schema] }, { argument: value })
    protocol.writeMessageEnd()
  }
  protocol.flush()
  return Buffer.concat(parts)
}

/** What the official library writes for a list of structs with nothing around it. */
export function encodeThriftList(schema: ThriftSchema, values: readonly ThriftValue[]): Buffer {
  const header = Buffer.alloc(5, types['STRUCT'])
  header.writeInt32BE(values.length, 1)
  return Buffer.concat([header, ...values.map(value => encodeThrift('binary', schema, value))])
}

/** What the official library reads from a struct, or from a message's only argument. */
export function decodeThrift(
  dialect: ThriftDialect,
  schema: ThriftSchema,
  bytes: Uint8Array,
  method = '',
): ThriftValue {
  const transport = new library.TFramedTransport(Buffer.from(bytes))
  const protocol =
    dialect === 'compact' ? new library.TCompactProtocol(transport) : new library.TBinaryProtocol(transport)
  if (method === '') return readStruct(protocol, schema)
  const { fname } = protocol.readMessageBegin()
  if (fname !== method) throw new Error(`message ${fname} instead of ${method}`)
  return readStruct(protocol, { argument: [1, schema] })['argument'] as ThriftValue
}

function typeOf(kind: ThriftKind): number {
  if (typeof kind === 'string') return types[kind === 'BINARY' ? 'STRING' : kind]!
  return isList(kind) ? types['LIST']! : types['STRUCT']!
}

function isList(kind: ThriftKind): kind is readonly [ThriftSchema] {
  return Array.isArray(kind)
}

function writeStruct(protocol: Protocol, schema: ThriftSchema, value: ThriftValue): void {
  protocol.writeStructBegin('')
  for (const [name, [id, kind]] of Object.entries(schema)) {
    const field = value[name]
    if (field === undefined) continue
    protocol.writeFieldBegin(name, typeOf(kind), id)
    writeValue(protocol, kind, field)
    protocol.writeFieldEnd()
  }
  protocol.writeFieldStop()
  protocol.writeStructEnd()
}

function writeValue(protocol: Protocol, kind: ThriftKind, value: unknown): void {
  if (typeof kind === 'string') writeScalar(protocol, kind, value)
  else if (isList(kind)) {
    const list = value as ThriftValue[]
    protocol.writeListBegin(types['STRUCT']!, list.length)
    for (const item of list) writeStruct(protocol, kind[0], item)
    protocol.writeListEnd()
  } else writeStruct(protocol, kind as ThriftSchema, value as ThriftValue)
}

function writeScalar(protocol: Protocol, kind: ThriftScalar, value: unknown): void {
  switch (kind) {
    case 'BOOL':
      protocol.writeBool(value as boolean)
      return
    case 'BYTE':
      protocol.writeByte(value as number)
      return
    case 'I16':
      protocol.writeI16(value as number)
      return
    case 'I32':
      protocol.writeI32(value as number)
      return
    case 'I64': {
      const bits = BigInt.asUintN(64, value as bigint)
      protocol.writeI64(new Int64(Number(bits >> 32n), Number(bits & 0xffffffffn)))
      return
    }
    case 'DOUBLE':
      protocol.writeDouble(value as number)
      return
    case 'STRING':
      protocol.writeString(value as string)
      return
    case 'BINARY':
      protocol.writeBinary(value as Buffer)
  }
}

function readStruct(protocol: Protocol, schema: ThriftSchema): ThriftValue {
  const value: ThriftValue = {}
  protocol.readStructBegin()
  while (true) {
    const { ftype, fid } = protocol.readFieldBegin()
    if (ftype === types['STOP']) break
    const found = Object.entries(schema).find(([, [id, kind]]) => id === fid && typeOf(kind) === ftype)
    if (found === undefined) protocol.skip(ftype)
    else value[found[0]] = readValue(protocol, found[1][1])
    protocol.readFieldEnd()
  }
  protocol.readStructEnd()
  return value
}

function readValue(protocol: Protocol, kind: ThriftKind): unknown {
  if (isList(kind)) {
    const { size } = protocol.readListBegin()
    const list = Array.from({ length: size }, () => readStruct(protocol, kind[0]))
    protocol.readListEnd()
    return list
  }
  switch (kind) {
    case 'BOOL':
      return protocol.readBool()
    case 'BYTE':
      return protocol.readByte()
    case 'I16':
      return protocol.readI16()
    case 'I32':
      return protocol.readI32()
    case 'I64': {
      const { buffer, offset } = protocol.readI64()
      return buffer.readBigInt64BE(offset)
    }
    case 'DOUBLE':
      return protocol.readDouble()
    case 'STRING':
      return protocol.readBinary().toString('utf8')
    case 'BINARY':
      return Buffer.from(protocol.readBinary())
    default:
      return readStruct(protocol, kind as ThriftSchema)
  }
}
