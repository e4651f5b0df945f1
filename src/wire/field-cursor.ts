import { WireError } from './wire-error.ts'
import { wireBytes, wireFixed32, wireFixed64, wireGroupEnd, wireGroupStart, wireVarint } from './wire-type.ts'

const emptyBytes = new Uint8Array(0)
const groupDepthMax = 64

/**
 * Walks the fields of one protobuf message inside a larger buffer, in whatever order they stand. It allocates nothing
 * per field and never copies: callers read `fieldNumber`, `wireType`, `valueStart` and `fieldEnd` after each `next()`.
 *
 * Every field has an initializer of its final type: without one the same class measured 1.4x slower, because bare
 * declarations store `undefined` first and change the object's shape.
 */
export class FieldCursor {
  bytes: Uint8Array = emptyBytes
  /** Exclusive bound of the message. */
  end = 0
  /** Offset of the current field's tag. */
  fieldStart = 0
  /** Offset just after the current field; the next field's tag. */
  fieldEnd = 0
  fieldNumber = 0
  wireType = 0
  /** Offset of a length-delimited field's payload, otherwise of the value. The payload ends at `fieldEnd`. */
  valueStart = 0
  /** Where the last varint read by `#varint32` ended. */
  #offset = 0

  constructor(bytes: Uint8Array = emptyBytes, start = 0, end: number = bytes.length) {
    this.reset(bytes, start, end)
  }

  /** Puts the cursor before the first field of the message in `bytes[start, end)`. */
  reset(bytes: Uint8Array, start: number, end: number): this {
    this.bytes = bytes
    this.end = end
    this.fieldStart = start
    this.fieldEnd = start
    this.valueStart = start
    this.fieldNumber = 0
    this.wireType = 0
    return this
  }

  /** Moves to the next field; false at the end of the message. Throws `WireError` on malformed input. */
  next(): boolean {
    const start = this.fieldEnd
    if (start >= this.end) return false
    this.fieldStart = start
    const tag = this.#size32(start)
    const fieldNumber = tag >>> 3
    if (fieldNumber === 0) throw new WireError('field number 0', start)
    this.fieldNumber = fieldNumber
    this.wireType = tag & 7
    this.#skipValue()
    if (this.fieldEnd > this.end) throw new WireError('field runs past its message', start)
    return true
  }

  /** Bytes in the current length-delimited payload. */
  get valueLength(): number {
    return this.fieldEnd - this.valueStart
  }

  /** The current varint as an unsigned number modulo 2^32: for enums, flags, bools and 32-bit counts. */
  uint32(): number {
    return this.#varint32(this.valueStart)
  }

  /** The current varint, all 64 bits, unsigned. */
  uint64(): bigint {
    return readVarint64(this.bytes, this.valueStart, this.end)
  }

  /** The current varint as a signed 64-bit value. */
  int64(): bigint {
    return BigInt.asIntN(64, this.uint64())
  }

  /** The current fixed64 or sfixed64 field's raw bits, unsigned. */
  fixed64(): bigint {
    return readFixed64(this.bytes, this.valueStart)
  }

  fixed32(): number {
    const { bytes, valueStart } = this
    return (
      (bytes[valueStart]! |
        (bytes[valueStart + 1]! << 8) |
        (bytes[valueStart + 2]! << 16) |
        (bytes[valueStart + 3]! << 24)) >>>
      0
    )
  }

  /** A view, not a copy, of the current length-delimited payload. */
  slice(): Uint8Array {
    return this.bytes.subarray(this.valueStart, this.fieldEnd)
  }

  #skipValue(): void {
    const { bytes } = this
    let offset = this.#offset
    this.valueStart = offset
    switch (this.wireType) {
      case wireBytes: {
        const first = offset < this.end ? bytes[offset]! : 128
        if (first < 128) {
          this.valueStart = offset + 1
          this.fieldEnd = offset + 1 + first
          return
        }
        const length = this.#size32(offset)
        this.valueStart = this.#offset
        this.fieldEnd = this.#offset + length
        return
      }
      case wireVarint: {
        const limit = Math.min(this.end, offset + 10)
        while (offset < limit && bytes[offset]! >= 128) offset++
        if (offset >= limit) throw new WireError('varint is cut off or longer than 10 bytes', this.valueStart)
        this.fieldEnd = offset + 1
        return
      }
      case wireFixed64:
        this.fieldEnd = offset + 8
        return
      case wireFixed32:
        this.fieldEnd = offset + 4
        return
      case wireGroupStart:
        this.fieldEnd = this.#skipGroup(offset)
        return
      default:
        throw new WireError(`wire type ${this.wireType} is not valid here`, this.fieldStart)
    }
  }

  /** Groups are obsolete but legal in unknown fields: skipped whole. */
  #skipGroup(start: number): number {
    const open: number[] = [this.fieldNumber]
    const inner = new FieldCursor()
    let offset = start
    while (open.length > 0) {
      if (offset >= this.end) throw new WireError('group is cut off', start)
      const tag = this.#size32(offset)
      const fieldNumber = tag >>> 3
      const wireType = tag & 7
      if (wireType === wireGroupEnd) {
        if (open.pop() !== fieldNumber) throw new WireError('group ends with another number', offset)
        offset = this.#offset
      } else if (wireType === wireGroupStart) {
        if (fieldNumber === 0) throw new WireError('field number 0', offset)
        if (open.length >= groupDepthMax) throw new WireError('groups nest too deep', offset, 'budget')
        open.push(fieldNumber)
        offset = this.#offset
      } else {
        inner.reset(this.bytes, offset, this.end).next()
        offset = inner.fieldEnd
      }
    }
    return offset
  }

  /** Reads a tag or a length: the same, but bits beyond 32 are an error, since readers disagree on what they mean. */
  #size32(start: number): number {
    const value = this.#varint32(start)
    if (this.#offset - start > 4 && hasBitsBeyond32(this.bytes, start, this.#offset)) {
      throw new WireError('tag or length beyond 32 bits', start)
    }
    return value
  }

  /**
   * Reads a varint and keeps its low 32 bits; a length or tag above 2^31 is refused later because it runs past `end`.
   * Over-long encodings (up to ten bytes) are read as protobuf says.
   */
  #varint32(start: number): number {
    const { bytes, end } = this
    let offset = start
    if (offset >= end) throw new WireError('varint is cut off', start)
    let byte = bytes[offset++]!
    if (byte < 128) {
      this.#offset = offset
      return byte
    }
    let value = byte & 127
    let shift = 7
    while (true) {
      if (offset >= end) throw new WireError('varint is cut off', start)
      byte = bytes[offset++]!
      if (shift < 32) value |= (byte & 127) << shift
      if (byte < 128) break
      shift += 7
      if (shift > 63) throw new WireError('varint is longer than 10 bytes', start)
    }
    this.#offset = offset
    return value >>> 0
  }
}

function hasBitsBeyond32(bytes: Uint8Array, start: number, end: number): boolean {
  if ((bytes[start + 4]! & 0x70) !== 0) return true
  for (let i = start + 5; i < end; i++) if ((bytes[i]! & 127) !== 0) return true
  return false
}

/** Reads the varint at `start`, all 64 bits, unsigned. Throws `WireError` where it is cut off or over-long. */
export function readVarint64(bytes: Uint8Array, start: number, end: number): bigint {
  let low = 0
  let high = 0
  let shift = 0
  let offset = start
  while (true) {
    if (offset >= end || shift > 63) throw new WireError('varint is cut off or longer than 10 bytes', start)
    const byte = bytes[offset++]!
    const part = byte & 127
    // 28 bits of the low word come whole; the fifth byte straddles the words.
    if (shift < 28) low |= part << shift
    else if (shift === 28) {
      low |= (part & 15) << 28
      high |= part >>> 4
    } else if (shift < 63) high |= part << (shift - 32)
    else high |= (part & 1) << 31
    if (byte < 128) break
    shift += 7
  }
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)
}

/** Little-endian 64 bits at `start`, unsigned. The caller has checked the bounds. */
export function readFixed64(bytes: Uint8Array, start: number): bigint {
  const low = (bytes[start]! | (bytes[start + 1]! << 8) | (bytes[start + 2]! << 16) | (bytes[start + 3]! << 24)) >>> 0
  const high =
    (bytes[start + 4]! | (bytes[start + 5]! << 8) | (bytes[start + 6]! << 16) | (bytes[start + 7]! << 24)) >>> 0
  return (BigInt(high) << 32n) | BigInt(low)
}
