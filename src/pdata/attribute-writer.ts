import { isUtf8 } from 'node:buffer'
import { wireBytes } from '../wire/wire-type.ts'
import { putVarint, varintLength, type WireWriter } from '../wire/wire-writer.ts'
import { anyBool, anyBytes, anyDouble, anyInt, anyString, keyValueKey, keyValueValue } from './otlp-fields.ts'

const textEncoder = new TextEncoder()
const textDecoder = new TextDecoder()
const keyTag = (keyValueKey << 3) | 2
const valueTag = (keyValueValue << 3) | 2
const stringTag = (anyString << 3) | 2
const boolTag = anyBool << 3
const intTag = anyInt << 3
const doubleTag = (anyDouble << 3) | 1
const bytesTag = (anyBytes << 3) | 2

/** Most bytes of an attribute beside key and value: three tags, three lengths, and tag and length inside the value. */
const headerBytesMax = 24

/** Attributes of one record that are watched for keys that come twice. */
const watchedMax = 128

/**
 * Writes the attributes of a record from foreign formats, whose keys and values are ranges of bytes. Of two attributes
 * with one key the last stays, as OTLP wants keys unique; only the first 128 of a record are watched. Text that is not
 * UTF-8 is repaired with U+FFFD, since protobuf's readers refuse it.
 */
export class AttributeWriter {
  #writer: WireWriter | undefined
  #fieldTag = 0
  #isUtf8 = false
  /** Where the attribute being written begins. */
  #openStart = 0
  #count = 0
  readonly #starts = new Int32Array(watchedMax)
  readonly #ends = new Int32Array(watchedMax)
  readonly #keyStarts = new Int32Array(watchedMax)
  readonly #keyLengths = new Int32Array(watchedMax)
  /** Length and some bytes of each key: equal keys have equal signatures. */
  readonly #signatures = new Int32Array(watchedMax)
  /** Room for a scalar's AnyValue. */
  readonly #scalar = new Uint8Array(11)

  /** Begins a record: attributes go to `writer` as fields of that number, which is below 16. `isTextChecked` where all text is UTF-8. */
  begin(writer: WireWriter, fieldNumber: number, isTextChecked: boolean): void {
    this.#writer = writer
    this.#fieldTag = (fieldNumber << 3) | wireBytes
    this.#isUtf8 = isTextChecked
    this.#count = 0
  }

  string(key: Uint8Array, keyStart: number, keyEnd: number, text: Uint8Array, start: number, end: number): void {
    this.#bytes(key, keyStart, keyEnd, stringTag, text, start, end)
  }

  bytes(key: Uint8Array, keyStart: number, keyEnd: number, value: Uint8Array, start: number, end: number): void {
    this.#bytes(key, keyStart, keyEnd, bytesTag, value, start, end)
  }

  bool(key: Uint8Array, keyStart: number, keyEnd: number, value: boolean): void {
    const scalar = this.#scalar
    scalar[0] = boolTag
    scalar[1] = value ? 1 : 0
    this.#scalarValue(key, keyStart, keyEnd, 2)
  }

  /** A 64-bit integer in two's complement. */
  int(key: Uint8Array, keyStart: number, keyEnd: number, lowHalf: number, highHalf: number): void {
    const scalar = this.#scalar
    let low = lowHalf >>> 0
    let high = highHalf >>> 0
    let length = 1
    scalar[0] = intTag
    while (high !== 0 || low >= 128) {
      scalar[length++] = (low & 127) | 128
      low = ((low >>> 7) | (high << 25)) >>> 0
      high >>>= 7
    }
    scalar[length++] = low
    this.#scalarValue(key, keyStart, keyEnd, length)
  }

  /** The bits of a double. */
  double(key: Uint8Array, keyStart: number, keyEnd: number, low: number, high: number): void {
    const scalar = this.#scalar
    scalar[0] = doubleTag
    for (let i = 0; i < 4; i++) {
      scalar[1 + i] = low >>> (8 * i)
      scalar[5 + i] = high >>> (8 * i)
    }
    this.#scalarValue(key, keyStart, keyEnd, 9)
  }

  /** An attribute whose AnyValue is encoded already. */
  encoded(key: Uint8Array, keyStart: number, keyEnd: number, value: Uint8Array, start: number, end: number): void {
    const writer = this.#open(key, keyStart, keyEnd, end - start)
    writer.raw(value, start, end)
    this.#close(writer)
  }

  #scalarValue(key: Uint8Array, keyStart: number, keyEnd: number, length: number): void {
    const writer = this.#open(key, keyStart, keyEnd, length)
    writer.raw(this.#scalar, 0, length)
    this.#close(writer)
  }

  #bytes(
    key: Uint8Array,
    keyStart: number,
    keyEnd: number,
    tag: number,
    value: Uint8Array,
    start: number,
    end: number,
  ): void {
    const length = end - start
    const writer = this.#open(key, keyStart, keyEnd, 1 + varintLength(length) + length)
    const target = writer.buffer
    let at = writer.length
    target[at++] = tag
    at = putVarint(target, at, length)
    // Text is looked at while it is copied: nearly all of it is ASCII.
    const bits = copyRange(target, at, value, start, end)
    if (bits >= 0x80 && tag === stringTag && !this.#isUtf8 && !isUtf8(value.subarray(start, end))) {
      writer.truncate(this.#openStart)
      const repaired = repairText(value, start, end)
      this.#bytes(key, keyStart, keyEnd, tag, repaired, 0, repaired.length)
      return
    }
    writer.length = at + length
    this.#close(writer)
  }

  /** Writes everything before the AnyValue of `valueLength` bytes, and makes room for that. */
  #open(key: Uint8Array, keyStart: number, keyEnd: number, valueLength: number): WireWriter {
    const writer = this.#writer!
    const keyLength = keyEnd - keyStart
    const signature =
      keyLength === 0
        ? 0
        : keyLength ^ (key[keyStart]! << 16) ^ (key[keyEnd - 1]! << 24) ^ (key[(keyStart + keyEnd) >> 1]! << 11)
    const count = this.#count
    for (let i = 0; i < count; i++) {
      if (this.#signatures[i] === signature && this.#isKeyAt(i, key, keyStart, keyEnd)) {
        this.#drop(i)
        break
      }
    }
    writer.ensure(keyLength + valueLength + headerBytesMax)
    const target = writer.buffer
    const start = writer.length
    this.#openStart = start
    let at = start
    target[at++] = this.#fieldTag
    at = putVarint(target, at, 2 + varintLength(keyLength) + keyLength + varintLength(valueLength) + valueLength)
    target[at++] = keyTag
    at = putVarint(target, at, keyLength)
    if (this.#count < watchedMax) {
      this.#starts[this.#count] = start
      this.#keyStarts[this.#count] = at
      this.#keyLengths[this.#count] = keyLength
      this.#signatures[this.#count] = signature
    }
    const bits = copyRange(target, at, key, keyStart, keyEnd)
    if (bits >= 0x80 && !this.#isUtf8 && !isUtf8(key.subarray(keyStart, keyEnd))) {
      const repaired = repairText(key, keyStart, keyEnd)
      return this.#open(repaired, 0, repaired.length, valueLength)
    }
    at += keyLength
    target[at++] = valueTag
    writer.length = putVarint(target, at, valueLength)
    return writer
  }

  #close(writer: WireWriter): void {
    if (this.#count < watchedMax) this.#ends[this.#count++] = writer.length
  }

  #isKeyAt(index: number, key: Uint8Array, keyStart: number, keyEnd: number): boolean {
    const buffer = this.#writer!.buffer
    const length = keyEnd - keyStart
    if (this.#keyLengths[index] !== length) return false
    const start = this.#keyStarts[index]!
    for (let i = 0; i < length; i++) if (buffer[start + i] !== key[keyStart + i]) return false
    return true
  }

  /** Takes an attribute out again: one with the same key follows. */
  #drop(index: number): void {
    const start = this.#starts[index]!
    const end = this.#ends[index]!
    const length = end - start
    this.#writer!.remove(start, end)
    this.#count--
    for (let i = index; i < this.#count; i++) {
      this.#starts[i] = this.#starts[i + 1]! - length
      this.#ends[i] = this.#ends[i + 1]! - length
      this.#keyStarts[i] = this.#keyStarts[i + 1]! - length
      this.#keyLengths[i] = this.#keyLengths[i + 1]!
      this.#signatures[i] = this.#signatures[i + 1]!
    }
  }
}

/** Copies into a buffer that has the room, short ranges by hand; returns bytes with all bits that any of them has. */
function copyRange(target: Uint8Array, at: number, source: Uint8Array, start: number, end: number): number {
  if (end - start > 64) {
    target.set(source.subarray(start, end), at)
    return isAscii(source, start, end) ? 0 : 0x80
  }
  let bits = 0
  for (let i = start, to = at; i < end; i++, to++) {
    const byte = source[i]!
    target[to] = byte
    bits |= byte
  }
  return bits
}

/** A string field, its text repaired where it is not UTF-8. */
export function writeText(writer: WireWriter, fieldNumber: number, text: Uint8Array, start: number, end: number): void {
  if (isText(text, start, end)) writer.bytesField(fieldNumber, text, start, end)
  else writer.bytesField(fieldNumber, repairText(text, start, end))
}

function isText(bytes: Uint8Array, start: number, end: number): boolean {
  return isAscii(bytes, start, end) || isUtf8(bytes.subarray(start, end))
}

function isAscii(bytes: Uint8Array, start: number, end: number): boolean {
  for (let offset = start; offset < end; offset++) if (bytes[offset]! >= 0x80) return false
  return true
}

function repairText(bytes: Uint8Array, start: number, end: number): Uint8Array {
  return textEncoder.encode(textDecoder.decode(bytes.subarray(start, end)))
}
