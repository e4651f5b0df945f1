import { ThriftError } from './thrift-error.ts'
import {
  thriftBool,
  thriftByte,
  thriftDouble,
  thriftI16,
  thriftI32,
  thriftI64,
  thriftList,
  thriftMap,
  thriftSet,
  thriftStop,
  thriftString,
  thriftStruct,
  thriftUuid,
} from './thrift-type.ts'
import { uint64 } from './uint64.ts'

export type ThriftProtocol = 'binary' | 'compact'

export interface ThriftLimits {
  /** Structs, lists, sets and maps that may be open at once. */
  readonly depthMax: number
  /** Elements of lists, sets and maps in one message. */
  readonly elementsMax: number
}

export const thriftLimits: ThriftLimits = { depthMax: 64, elementsMax: 1_000_000 }

const emptyBytes = new Uint8Array(0)
const binaryVersion = 0x80010000
const compactId = 0x82
const compactVersion = 1

/** Types of the compact protocol by number, as binary ones; 1 and 2 are the booleans. */
const compactTypes = Uint8Array.of(
  thriftStop,
  thriftBool,
  thriftBool,
  thriftByte,
  thriftI16,
  thriftI32,
  thriftI64,
  thriftDouble,
  thriftString,
  thriftList,
  thriftSet,
  thriftMap,
  thriftStruct,
  thriftUuid,
  255,
  255,
)
const compactTrue = 1

/**
 * Reads thrift values of the binary or the compact protocol from bytes, in the order in which they stand. It makes no
 * objects: callers read `fieldId` and `fieldType` after `nextField()`, then take or skip the value. Struct by struct:
 * `enterStruct`, `nextField` until false, which also leaves it.
 */
export class ThriftReader {
  bytes: Uint8Array = emptyBytes
  offset = 0
  end = 0
  fieldId = 0
  fieldType = 0
  /** Of the last list, set or map header. */
  elementType = 0
  keyType = 0
  size = 0
  /** The last string or binary. */
  valueStart = 0
  valueEnd = 0
  /** The kind of the last message: 1 call, 2 reply, 3 exception, 4 one-way. */
  messageType = 0
  #isCompact = false
  #limits: ThriftLimits = thriftLimits
  #elementCount = 0
  /** Field numbers of the structs around the current one, for the compact protocol's differences. */
  #lastFieldIds = new Int32Array(64)
  #lastFieldId = 0
  #depth = 0
  /** A boolean field of the compact protocol has its value in the header. */
  #headerBool = 0

  reset(bytes: Uint8Array, protocol: ThriftProtocol, limits: ThriftLimits = thriftLimits): this {
    this.bytes = bytes
    this.offset = 0
    this.end = bytes.length
    this.#isCompact = protocol === 'compact'
    this.#limits = limits
    this.#elementCount = 0
    this.#depth = 0
    this.#lastFieldId = 0
    if (this.#lastFieldIds.length < limits.depthMax) this.#lastFieldIds = new Int32Array(limits.depthMax)
    return this
  }

  get isCompact(): boolean {
    return this.#isCompact
  }

  /** Lets go of the message's memory. */
  clear(): void {
    this.bytes = emptyBytes
    this.offset = 0
    this.end = 0
  }

  error(message: string, offset: number = this.offset): ThriftError {
    return new ThriftError(message, offset)
  }

  /** Reads the header of a message and leaves its method in `valueStart` and `valueEnd`. */
  message(): void {
    if (this.#isCompact) {
      if (this.byte() !== compactId) throw this.error('not a message of the compact protocol', this.offset - 1)
      const versionAndType = this.byte()
      if ((versionAndType & 31) !== compactVersion)
        throw this.error('a version of the compact protocol', this.offset - 1)
      this.messageType = versionAndType >>> 5
      this.#varint()
      this.string()
      return
    }
    const first = this.i32() >>> 0
    if (first >>> 31 === 1) {
      if ((first & 0xffff0000) >>> 0 !== binaryVersion)
        throw this.error('a version of the binary protocol', this.offset - 4)
      this.messageType = first & 255
      this.string()
    } else {
      // The old form, without a version: the method's length comes first.
      this.#take(first)
      this.messageType = this.byte()
    }
    this.i32()
  }

  enterStruct(): void {
    this.#enter()
    this.#lastFieldIds[this.#depth - 1] = this.#lastFieldId
    this.#lastFieldId = 0
  }

  /** Moves to the next field of the struct; false at its end, which is then left. */
  nextField(): boolean {
    const header = this.byte()
    if (header === thriftStop) {
      this.#depth--
      this.#lastFieldId = this.#lastFieldIds[this.#depth]!
      return false
    }
    if (!this.#isCompact) {
      this.fieldType = header
      this.fieldId = this.i16()
      return true
    }
    const compactType = header & 15
    const difference = header >>> 4
    this.fieldType = compactTypes[compactType]!
    this.#headerBool = compactType
    this.fieldId = difference === 0 ? this.i16() : this.#lastFieldId + difference
    this.#lastFieldId = this.fieldId
    return true
  }

  /** Reads the header of a list or set into `elementType` and `size`. Call `leave` after its last element. */
  enterList(): void {
    this.#enter()
    if (this.#isCompact) {
      const header = this.byte()
      this.elementType = compactTypes[header & 15]!
      this.size = header >>> 4 === 15 ? this.#varint() : header >>> 4
    } else {
      this.elementType = this.byte()
      this.size = this.i32()
    }
    this.#checkSize(this.size)
  }

  /** Reads the header of a map into `keyType`, `elementType` and `size`. Call `leave` after its last element. */
  enterMap(): void {
    this.#enter()
    if (this.#isCompact) {
      this.size = this.#varint()
      const types = this.size === 0 ? 0 : this.byte()
      this.keyType = compactTypes[types >>> 4]!
      this.elementType = compactTypes[types & 15]!
    } else {
      this.keyType = this.byte()
      this.elementType = this.byte()
      this.size = this.i32()
    }
    this.#checkSize(this.size)
  }

  leave(): void {
    this.#depth--
  }

  byte(): number {
    const { offset } = this
    if (offset >= this.end) throw this.error('bytes end too early')
    this.offset = offset + 1
    return this.bytes[offset]!
  }

  /** The boolean of the current field. */
  fieldBool(): boolean {
    return this.#isCompact ? this.#headerBool === compactTrue : this.byte() !== 0
  }

  i16(): number {
    if (this.#isCompact) return this.#zigzag32()
    const { offset } = this
    this.#skipBytes(2)
    return ((this.bytes[offset]! << 24) >> 16) | this.bytes[offset + 1]!
  }

  i32(): number {
    if (this.#isCompact) return this.#zigzag32()
    const { bytes, offset } = this
    this.#skipBytes(4)
    return (bytes[offset]! << 24) | (bytes[offset + 1]! << 16) | (bytes[offset + 2]! << 8) | bytes[offset + 3]!
  }

  /** Reads a 64-bit integer as two's complement into `uint64`. */
  i64(): void {
    const { bytes, offset } = this
    if (!this.#isCompact) {
      this.#skipBytes(8)
      uint64.high =
        ((bytes[offset]! << 24) | (bytes[offset + 1]! << 16) | (bytes[offset + 2]! << 8) | bytes[offset + 3]!) >>> 0
      uint64.low =
        ((bytes[offset + 4]! << 24) | (bytes[offset + 5]! << 16) | (bytes[offset + 6]! << 8) | bytes[offset + 7]!) >>> 0
      return
    }
    let low = 0
    let high = 0
    let at = offset
    for (let shift = 0; ; shift += 7) {
      if (at >= this.end || shift > 63) throw this.error('a number is cut off or too long', offset)
      const byte = bytes[at++]!
      const part = byte & 127
      if (shift < 28) low |= part << shift
      else if (shift === 28) {
        low |= part << 28
        high |= part >>> 4
      } else high |= part << (shift - 32)
      if (byte < 128) break
    }
    this.offset = at
    const sign = -(low & 1)
    uint64.low = (((low >>> 1) | (high << 31)) ^ sign) >>> 0
    uint64.high = ((high >>> 1) ^ sign) >>> 0
  }

  /** Reads a double's bits into `uint64`. */
  double(): void {
    const { bytes, offset } = this
    this.#skipBytes(8)
    // Most significant byte first in the binary protocol, last in the compact one.
    const first =
      ((bytes[offset]! << 24) | (bytes[offset + 1]! << 16) | (bytes[offset + 2]! << 8) | bytes[offset + 3]!) >>> 0
    const second =
      ((bytes[offset + 4]! << 24) | (bytes[offset + 5]! << 16) | (bytes[offset + 6]! << 8) | bytes[offset + 7]!) >>> 0
    uint64.high = this.#isCompact ? reversed(second) : first
    uint64.low = this.#isCompact ? reversed(first) : second
  }

  /** Reads a string or binary and sets `valueStart` and `valueEnd`. */
  string(): void {
    this.#take(this.#isCompact ? this.#varint() : this.i32())
  }

  /** Reads over the value of the current field. */
  skipField(): void {
    if (this.#isCompact && this.fieldType === thriftBool) return
    this.skipValue(this.fieldType)
  }

  /** Reads over a value of `type` that is not a field of its own: an element. */
  skipValue(type: number): void {
    switch (type) {
      case thriftBool:
      case thriftByte:
        this.#skipBytes(1)
        return
      case thriftI16:
        this.i16()
        return
      case thriftI32:
        this.i32()
        return
      case thriftI64:
        this.i64()
        return
      case thriftDouble:
        this.#skipBytes(8)
        return
      case thriftUuid:
        this.#skipBytes(16)
        return
      case thriftString:
        this.string()
        return
      case thriftStruct:
        this.enterStruct()
        while (this.nextField()) this.skipField()
        return
      case thriftList:
      case thriftSet:
        this.#skipList()
        return
      case thriftMap:
        this.#skipMap()
        return
      default:
        throw this.error(`type ${type} is not valid here`)
    }
  }

  #skipList(): void {
    this.enterList()
    const { elementType } = this
    for (let left = this.size; left > 0; left--) this.skipValue(elementType)
    this.leave()
  }

  #skipMap(): void {
    this.enterMap()
    const { keyType, elementType } = this
    for (let left = this.size; left > 0; left--) {
      this.skipValue(keyType)
      this.skipValue(elementType)
    }
    this.leave()
  }

  #enter(): void {
    if (++this.#depth > this.#limits.depthMax) {
      throw new ThriftError(`more than ${this.#limits.depthMax} values nest`, this.offset, 'budget')
    }
  }

  /** Every element takes a byte at least, so a size beyond the rest is a lie. */
  #checkSize(size: number): void {
    if (size < 0 || size > this.end - this.offset) throw this.error('a list is larger than the message')
    this.#elementCount += size
    if (this.#elementCount > this.#limits.elementsMax) {
      throw new ThriftError(`more than ${this.#limits.elementsMax} elements`, this.offset, 'budget')
    }
  }

  #take(length: number): void {
    const start = this.offset
    this.#skipBytes(length)
    this.valueStart = start
    this.valueEnd = start + length
  }

  #skipBytes(count: number): void {
    if (count < 0 || count > this.end - this.offset) throw this.error('bytes end too early')
    this.offset += count
  }

  #zigzag32(): number {
    const value = this.#varint()
    return (value >>> 1) ^ -(value & 1)
  }

  /** A varint of at most 32 bits, signed where it is a size: above 2^31 it is negative and refused. */
  #varint(): number {
    const { bytes, end } = this
    const start = this.offset
    let offset = start
    let value = 0
    for (let shift = 0; ; shift += 7) {
      if (offset >= end || shift > 28) throw this.error('a number is cut off or too long', start)
      const byte = bytes[offset++]!
      value |= (byte & 127) << shift
      if (byte < 128) break
    }
    this.offset = offset
    return value
  }
}

function reversed(word: number): number {
  return ((word >>> 24) | ((word >>> 8) & 0xff00) | ((word << 8) & 0xff0000) | (word << 24)) >>> 0
}
