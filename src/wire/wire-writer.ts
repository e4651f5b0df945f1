import { copyRange } from './copy-bytes.ts'
import { wireBytes, wireFixed32, wireFixed64, wireVarint } from './wire-type.ts'

const textEncoder = new TextEncoder()
/** Up to this length a loop beats the call of `set` and the view that it needs. */
const copiedByHandMax = 48
/** Smaller memory is not worth the call that gives it back. */
const ownBytesMin = 32 * 1024

/** Bytes that the varint of `value` (an unsigned 32-bit number) takes. */
export function varintLength(value: number): number {
  if (value < 0x80) return 1
  if (value < 0x4000) return 2
  if (value < 0x200000) return 3
  return value < 0x10000000 ? 4 : 5
}

/** Writes the varint of `value` (an unsigned 32-bit number) at `start`. Returns where it ends. */
export function putVarint(bytes: Uint8Array, start: number, value: number): number {
  let offset = start
  let rest = value >>> 0
  while (rest >= 128) {
    bytes[offset++] = (rest & 127) | 128
    rest >>>= 7
  }
  bytes[offset++] = rest
  return offset
}

/** Bytes of a length-delimited field with that number and payload, tag and length included. */
export function fieldLength(fieldNumber: number, payloadBytes: number): number {
  return varintLength(fieldNumber << 3) + varintLength(payloadBytes) + payloadBytes
}

/**
 * Appends protobuf fields to one growing buffer. Nested messages are opened and closed: `const mark = w.open(field)`,
 * write the children, `w.close(mark)`; the length is patched in place, and moved only if it needs another width.
 */
export class WireWriter {
  #bytes: Uint8Array
  #view: DataView
  /** Bytes written so far; also the offset where the next byte goes. */
  length = 0

  constructor(capacityBytes = 1024) {
    this.#bytes = new Uint8Array(capacityBytes)
    this.#view = new DataView(this.#bytes.buffer)
  }

  /** The backing buffer: valid up to `length`, until the next write grows it. */
  get buffer(): Uint8Array {
    return this.#bytes
  }

  /** Forgets what was written and keeps the memory. */
  reset(): this {
    this.length = 0
    return this
  }

  /** Drops everything from `length` on: undoes writes back to a remembered length. */
  truncate(length: number): void {
    this.length = length
  }

  /** Takes `[start, end)` out of what was written; what follows moves up. */
  remove(start: number, end: number): void {
    this.#bytes.copyWithin(start, end, this.length)
    this.length -= end - start
  }

  /** A copy of what was written, of exactly that size. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.length)
  }

  /** What was written, without a copy; the writer must not be used afterwards except after `release`. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.length)
  }

  /** Hands the buffer over and starts with a fresh one, so the bytes given away never change. */
  release(capacityBytes = 1024): Uint8Array {
    const out = this.#bytes.subarray(0, this.length)
    this.#bytes = new Uint8Array(capacityBytes)
    this.#view = new DataView(this.#bytes.buffer)
    this.length = 0
    return out
  }

  ensure(moreBytes: number): void {
    const needed = this.length + moreBytes
    if (needed <= this.#bytes.length) return
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2))
    grown.set(this.#bytes.subarray(0, this.length))
    this.#replace(grown)
  }

  /** Forgets what was written, and gives memory beyond `bytesMax` back at once: V8 would find it in its next full collection only. */
  resetWithin(bytesMax: number, capacityBytes = 1024): void {
    this.length = 0
    if (this.#bytes.length > bytesMax) this.#replace(new Uint8Array(capacityBytes))
  }

  #replace(bytes: Uint8Array): void {
    if (this.#bytes.length >= ownBytesMin) (this.#bytes.buffer as ArrayBuffer).transfer(0)
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer)
  }

  byte(value: number): void {
    this.ensure(1)
    this.#bytes[this.length++] = value
  }

  /** An unsigned 32-bit varint. */
  varint32(value: number): void {
    this.ensure(5)
    const bytes = this.#bytes
    let rest = value >>> 0
    let offset = this.length
    while (rest >= 128) {
      bytes[offset++] = (rest & 127) | 128
      rest >>>= 7
    }
    bytes[offset++] = rest
    this.length = offset
  }

  /** A 64-bit varint; negative values take ten bytes, as int64 and enum fields do. */
  varint64(value: bigint): void {
    this.varint64Halves(Number(BigInt.asUintN(32, value)), Number(BigInt.asUintN(32, value >> 32n)))
  }

  /** The same from two unsigned halves, without a `bigint`. */
  varint64Halves(lowHalf: number, highHalf: number): void {
    this.ensure(10)
    let low = lowHalf >>> 0
    let high = highHalf >>> 0
    const bytes = this.#bytes
    let offset = this.length
    while (high !== 0 || low >= 128) {
      bytes[offset++] = (low & 127) | 128
      low = ((low >>> 7) | (high << 25)) >>> 0
      high >>>= 7
    }
    bytes[offset++] = low
    this.length = offset
  }

  fixed32(value: number): void {
    this.ensure(4)
    this.#view.setUint32(this.length, value >>> 0, true)
    this.length += 4
  }

  fixed64(value: bigint): void {
    this.ensure(8)
    this.#view.setBigUint64(this.length, BigInt.asUintN(64, value), true)
    this.length += 8
  }

  /** The same from two unsigned halves, without a `bigint`. */
  fixed64Halves(low: number, high: number): void {
    this.ensure(8)
    this.#view.setUint32(this.length, low, true)
    this.#view.setUint32(this.length + 4, high, true)
    this.length += 8
  }

  double(value: number): void {
    this.ensure(8)
    this.#view.setFloat64(this.length, value, true)
    this.length += 8
  }

  raw(bytes: Uint8Array, start = 0, end: number = bytes.length): void {
    const length = end - start
    this.ensure(length)
    if (length <= copiedByHandMax) {
      const target = this.#bytes
      let at = this.length
      for (let offset = start; offset < end; offset++) target[at++] = bytes[offset]!
    } else copyRange(bytes, this.#bytes, this.length, start, end)
    this.length += length
  }

  tag(fieldNumber: number, wireType: number): void {
    this.varint32((fieldNumber << 3) | wireType)
  }

  uint32Field(fieldNumber: number, value: number): void {
    this.tag(fieldNumber, wireVarint)
    this.varint32(value)
  }

  varint64Field(fieldNumber: number, value: bigint): void {
    this.tag(fieldNumber, wireVarint)
    this.varint64(value)
  }

  boolField(fieldNumber: number, value: boolean): void {
    this.tag(fieldNumber, wireVarint)
    this.byte(value ? 1 : 0)
  }

  fixed32Field(fieldNumber: number, value: number): void {
    this.tag(fieldNumber, wireFixed32)
    this.fixed32(value)
  }

  fixed64Field(fieldNumber: number, value: bigint): void {
    this.tag(fieldNumber, wireFixed64)
    this.fixed64(value)
  }

  doubleField(fieldNumber: number, value: number): void {
    this.tag(fieldNumber, wireFixed64)
    this.double(value)
  }

  bytesField(fieldNumber: number, bytes: Uint8Array, start = 0, end: number = bytes.length): void {
    this.tag(fieldNumber, wireBytes)
    this.varint32(end - start)
    this.raw(bytes, start, end)
  }

  /** A string field, encoded as UTF-8 without an intermediate buffer. */
  stringField(fieldNumber: number, text: string): void {
    const mark = this.open(fieldNumber)
    // Three bytes per UTF-16 unit is the most that UTF-8 takes.
    this.ensure(text.length * 3)
    this.length += textEncoder.encodeInto(text, this.#bytes.subarray(this.length)).written
    this.close(mark)
  }

  /** Writes the tag of a nested message and one byte of room for its length. Returns the mark that `close` takes. */
  open(fieldNumber: number): number {
    this.tag(fieldNumber, wireBytes)
    this.byte(0)
    return this.length
  }

  /** Patches the length of the message opened at `mark`; children move only when the length needs more than one byte. */
  close(mark: number): void {
    const length = this.length - mark
    const width = varintLength(length)
    if (width > 1) {
      this.ensure(width - 1)
      this.#bytes.copyWithin(mark + width - 1, mark, this.length)
      this.length += width - 1
    }
    const bytes = this.#bytes
    let offset = mark - 1
    let rest = length
    while (rest >= 128) {
      bytes[offset++] = (rest & 127) | 128
      rest >>>= 7
    }
    bytes[offset] = rest
  }

  /** As `open`, with room for a length of two bytes: for messages that nearly always have 128 bytes or more. */
  openWide(fieldNumber: number): number {
    this.tag(fieldNumber, wireBytes)
    this.ensure(2)
    this.length += 2
    return this.length
  }

  /** Patches the length of the message opened wide at `mark`; children move unless the length has two bytes. */
  closeWide(mark: number): void {
    const length = this.length - mark
    if (length >= 0x80 && length < 0x4000) {
      this.#bytes[mark - 2] = (length & 127) | 128
      this.#bytes[mark - 1] = length >>> 7
      return
    }
    this.#bytes.copyWithin(mark - 1, mark, this.length)
    this.length--
    this.close(mark - 1)
  }
}
