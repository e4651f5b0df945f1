import type { JsonReader } from '../../wire/json-reader.ts'
import { WireWriter } from '../../wire/wire-writer.ts'

/**
 * The last string of a JSON reader as a range of UTF-8 bytes: of the document itself, unless it has escapes. Resolved
 * escapes stay where they are until `begin`.
 */
export class JsonText {
  readonly #scratch = new WireWriter(1024)
  bytes: Uint8Array = this.#scratch.buffer
  start = 0
  end = 0

  begin(): void {
    this.#scratch.reset()
  }

  /** Reads the next value, a string, and points to it. */
  read(reader: JsonReader): void {
    reader.string()
    if (!reader.stringHasEscapes) {
      this.bytes = reader.bytes
      this.start = reader.stringStart
      this.end = reader.stringEnd
      return
    }
    const scratch = this.#scratch
    this.start = scratch.length
    reader.copyString(scratch)
    // A buffer that had to grow is another one: earlier ranges keep theirs.
    this.bytes = scratch.buffer
    this.end = scratch.length
  }
}

/** Reads an id in hexadecimal of at most `size * 2` digits into `ids`, right-aligned. Throws where it is not one. */
export function readHexId(reader: JsonReader, ids: Uint8Array, at: number, size: number): void {
  reader.string()
  const { bytes, stringStart, stringEnd } = reader
  const digits = stringEnd - stringStart
  if (digits === 0 || digits > size * 2) throw reader.error(`an id of 1 to ${size * 2} hexadecimal digits was expected`)
  ids.fill(0, at, at + size)
  let check = 0
  let target = at + size - 1
  for (let offset = stringEnd - 1; offset >= stringStart; offset -= 2) {
    const low = hexValues[bytes[offset]!]!
    const high = offset > stringStart ? hexValues[bytes[offset - 1]!]! : 0
    check |= low | high
    ids[target--] = (high << 4) | low
  }
  if (check < 0) throw reader.error('an id in hexadecimal was expected', stringStart)
}

const hexValues = new Int8Array(256).fill(-1)
for (let i = 0; i < 16; i++) {
  const digit = i.toString(16)
  hexValues[digit.charCodeAt(0)] = i
  hexValues[digit.toUpperCase().charCodeAt(0)] = i
}
