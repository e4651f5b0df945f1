import { isUtf8 } from 'node:buffer'
import { wireBytes } from '../wire/wire-type.ts'
import { varintLength, type WireWriter } from '../wire/wire-writer.ts'
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

/** Attributes of one record that are watched for keys that come twice. */
const watchedMax = 128

/**
 * Writes the attributes of a record from foreign formats, whose keys and values are ranges of bytes. Of two attributes
 * with one key the last stays, as OTLP wants keys unique; only the first 128 of a record are watched. Text that is not
 * UTF-8 is repaired with U+FFFD, since protobuf's readers refuse it.
 */
export class AttributeWriter {
  #writer: WireWriter | undefined
  #fieldNumber = 0
  #isUtf8 = false
  #count = 0
  readonly #starts = new Int32Array(watchedMax)
  readonly #ends = new Int32Array(watchedMax)
  readonly #keyStarts = new Int32Array(watchedMax)
  readonly #keyLengths = new Int32Array(watchedMax)
  /** Length and some bytes of each key: equal keys have equal signatures. */
  readonly #signatures = new Int32Array(watchedMax)
  /** Room for a scalar's AnyValue. */
  readonly #scalar = new Uint8Array(11)

  /** Begins a record: attributes go to `writer` as fields of that number. `isTextChecked` where all text is UTF-8. */
  begin(writer: WireWriter, fieldNumber: number, isTextChecked: boolean): void {
    this.#writer = writer
    this.#fieldNumber = fieldNumber
    this.#isUtf8 = isTextChecked
    this.#count = 0
  }

  string(key: Uint8Array, keyStart: number, keyEnd: number, text: Uint8Array, start: number, end: number): void {
    if (this.#isUtf8 || isText(text, start, end)) {
      this.#bytes(key, keyStart, keyEnd, stringTag, text, start, end)
      return
    }
    const repaired = repairText(text, start, end)
    this.#bytes(key, keyStart, keyEnd, stringTag, repaired, 0, repaired.length)
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
    writer.byte(tag)
    writer.varint32(length)
    writer.raw(value, start, end)
    this.#close(writer)
  }

  /** Writes everything before the AnyValue of `valueLength` bytes. */
  #open(key: Uint8Array, keyStart: number, keyEnd: number, valueLength: number): WireWriter {
    if (!this.#isUtf8 && !isText(key, keyStart, keyEnd)) {
      const repaired = repairText(key, keyStart, keyEnd)
      return this.#openAt(repaired, 0, repaired.length, valueLength)
    }
    return this.#openAt(key, keyStart, keyEnd, valueLength)
  }

  #openAt(key: Uint8Array, keyStart: number, keyEnd: number, valueLength: number): WireWriter {
    const writer = this.#writer!
    const keyLength = keyEnd - keyStart
    const signature =
      keyLength === 0
        ? 0
        : keyLength ^ (key[keyStart]! << 16) ^ (key[keyEnd - 1]! << 24) ^ (key[(keyStart + keyEnd) >> 1]! << 11)
    for (let i = 0; i < this.#count; i++) {
      if (this.#signatures[i] === signature && this.#isKeyAt(i, key, keyStart, keyEnd)) {
        this.#drop(i)
        break
      }
    }
    const start = writer.length
    writer.tag(this.#fieldNumber, wireBytes)
    writer.varint32(2 + varintLength(keyLength) + keyLength + varintLength(valueLength) + valueLength)
    writer.byte(keyTag)
    writer.varint32(keyLength)
    if (this.#count < watchedMax) {
      this.#starts[this.#count] = start
      this.#keyStarts[this.#count] = writer.length
      this.#keyLengths[this.#count] = keyLength
      this.#signatures[this.#count] = signature
    }
    writer.raw(key, keyStart, keyEnd)
    writer.byte(valueTag)
    writer.varint32(valueLength)
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

/** A string field, its text repaired where it is not UTF-8. */
export function writeText(writer: WireWriter, fieldNumber: number, text: Uint8Array, start: number, end: number): void {
  if (isText(text, start, end)) writer.bytesField(fieldNumber, text, start, end)
  else writer.bytesField(fieldNumber, repairText(text, start, end))
}

function isText(bytes: Uint8Array, start: number, end: number): boolean {
  for (let offset = start; offset < end; offset++) {
    if (bytes[offset]! >= 0x80) return isUtf8(bytes.subarray(offset, end))
  }
  return true
}

function repairText(bytes: Uint8Array, start: number, end: number): Uint8Array {
  return textEncoder.encode(textDecoder.decode(bytes.subarray(start, end)))
}
