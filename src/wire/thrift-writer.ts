import type { ThriftProtocol } from './thrift-reader.ts'
import {
  thriftBool,
  thriftByte,
  thriftDouble,
  thriftI16,
  thriftI32,
  thriftI64,
  thriftList,
  thriftStop,
  thriftString,
  thriftStruct,
} from './thrift-type.ts'

/** Types as the compact protocol numbers them, by the binary one's number. */
const compactTypes = new Map([
  [thriftByte, 3],
  [thriftI16, 4],
  [thriftI32, 5],
  [thriftI64, 6],
  [thriftDouble, 7],
  [thriftString, 8],
  [thriftList, 9],
  [thriftStruct, 12],
])
const compactTrue = 1
const compactFalse = 2
const binaryVersion = 0x8001
const compactId = 0x82
const compactVersion = 1
const oneWay = 4

/** Writes thrift of the binary or the compact protocol. Fields of a struct must come in ascending order. */
export class ThriftWriter {
  readonly #isCompact: boolean
  #bytes = Buffer.alloc(1024)
  length = 0
  readonly #lastFieldIds: number[] = []
  #lastFieldId = 0

  constructor(protocol: ThriftProtocol) {
    this.#isCompact = protocol === 'compact'
  }

  /** A copy of what was written. */
  finish(): Uint8Array {
    return Uint8Array.prototype.slice.call(this.#bytes, 0, this.length)
  }

  reset(): this {
    this.length = 0
    return this
  }

  /** Begins a one-way message. */
  message(method: string): void {
    if (this.#isCompact) {
      this.#byte(compactId)
      this.#byte(compactVersion | (oneWay << 5))
      this.#varint(0n)
      this.string(method)
      return
    }
    this.#int(binaryVersion, 2)
    this.#byte(0)
    this.#byte(oneWay)
    this.string(method)
    this.#int(0, 4)
  }

  /** Fields of one struct: everything written by `fields`. */
  struct(fields: () => void): void {
    this.#lastFieldIds.push(this.#lastFieldId)
    this.#lastFieldId = 0
    fields()
    this.#byte(thriftStop)
    this.#lastFieldId = this.#lastFieldIds.pop() ?? 0
  }

  structField(id: number, fields: () => void): void {
    this.#field(thriftStruct, id)
    this.struct(fields)
  }

  /** A list of structs; `each` writes the fields of one. */
  listField<T>(id: number, items: readonly T[], each: (item: T) => void): void {
    this.listHeader(id, items.length)
    for (const item of items) this.struct(() => each(item))
  }

  /** The header of a list of structs that are written by the caller, each as `raw` or `struct`. */
  listHeader(id: number, count: number): void {
    this.#field(thriftList, id)
    if (!this.#isCompact) {
      this.#byte(thriftStruct)
      this.#int(count, 4)
    } else if (count < 15) this.#byte((count << 4) | 12)
    else {
      this.#byte(0xf0 | 12)
      this.#varint(BigInt(count))
    }
  }

  boolField(id: number, value: boolean): void {
    if (this.#isCompact) this.#compactHeader(value ? compactTrue : compactFalse, id)
    else {
      this.#field(thriftBool, id)
      this.#byte(value ? 1 : 0)
    }
  }

  i32Field(id: number, value: number): void {
    this.#field(thriftI32, id)
    if (this.#isCompact) this.#varint(BigInt.asUintN(32, BigInt((value << 1) ^ (value >> 31))))
    else this.#int(value, 4)
  }

  i64Field(id: number, value: bigint): void {
    this.#field(thriftI64, id)
    const signed = BigInt.asIntN(64, value)
    if (this.#isCompact) this.#varint(BigInt.asUintN(64, (signed << 1n) ^ (signed >> 63n)))
    else {
      this.#ensure(8)
      this.length = this.#bytes.writeBigInt64BE(signed, this.length)
    }
  }

  doubleField(id: number, value: number): void {
    this.#field(thriftDouble, id)
    this.#ensure(8)
    this.length = this.#isCompact
      ? this.#bytes.writeDoubleLE(value, this.length)
      : this.#bytes.writeDoubleBE(value, this.length)
  }

  stringField(id: number, text: string): void {
    this.#field(thriftString, id)
    this.string(text)
  }

  bytesField(id: number, bytes: Uint8Array): void {
    this.#field(thriftString, id)
    this.#size(bytes.length)
    this.raw(bytes)
  }

  /** Text without a field around it. */
  string(text: string): void {
    const size = Buffer.byteLength(text)
    this.#size(size)
    this.#ensure(size)
    this.length += this.#bytes.write(text, this.length)
  }

  raw(bytes: Uint8Array): void {
    this.#ensure(bytes.length)
    this.#bytes.set(bytes, this.length)
    this.length += bytes.length
  }

  #field(type: number, id: number): void {
    if (this.#isCompact) this.#compactHeader(compactTypes.get(type) ?? type, id)
    else {
      this.#byte(type)
      this.#int(id, 2)
    }
  }

  #compactHeader(type: number, id: number): void {
    const difference = id - this.#lastFieldId
    if (difference > 0 && difference < 16) this.#byte((difference << 4) | type)
    else {
      this.#byte(type)
      this.#varint(BigInt.asUintN(32, BigInt((id << 1) ^ (id >> 31))))
    }
    this.#lastFieldId = id
  }

  #size(size: number): void {
    if (this.#isCompact) this.#varint(BigInt(size))
    else this.#int(size, 4)
  }

  #varint(value: bigint): void {
    this.#ensure(10)
    let rest = value
    while (rest >= 128n) {
      this.#bytes[this.length++] = Number(rest & 127n) | 128
      rest >>= 7n
    }
    this.#bytes[this.length++] = Number(rest)
  }

  /** Big-endian, two's complement. */
  #int(value: number, width: number): void {
    this.#ensure(width)
    for (let i = width - 1; i >= 0; i--) this.#bytes[this.length++] = value >> (8 * i)
  }

  #byte(value: number): void {
    this.#ensure(1)
    this.#bytes[this.length++] = value
  }

  #ensure(moreBytes: number): void {
    const needed = this.length + moreBytes
    if (needed <= this.#bytes.length) return
    const grown = Buffer.alloc(Math.max(needed, this.#bytes.length * 2))
    this.#bytes.copy(grown, 0, 0, this.length)
    this.#bytes = grown
  }
}
