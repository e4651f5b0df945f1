import { isHex } from './text-bytes.ts'

const percent = 0x25
const plus = 0x2b
const space = 0x20

const hexValue = (byte: number) => (byte <= 0x39 ? byte - 0x30 : (byte | 0x20) - 0x57)

const backslash = 0x5c

/** Bytes of JSON's escape of one ASCII character at `at`, such as `\u003d`, however often it was escaped; 0 where none stands. */
export function unicodeEscapeLength(bytes: Uint8Array, at: number, end: number): number {
  let to = at
  while (to < end && bytes[to] === backslash && to - at < 8) to++
  if (to === at || to + 5 > end || bytes[to] !== 0x75 || bytes[to + 1] !== 0x30 || bytes[to + 2] !== 0x30) return 0
  const high = bytes[to + 3]!
  return high >= 0x32 && high <= 0x37 && isHex(bytes[to + 4]!) ? to + 5 - at : 0
}

/** Percent-encoded text, decoded, with the way back from its offsets to those of the original. */
export class PercentText {
  bytes = new Uint8Array(1024)
  length = 0
  /** By offset in `bytes`, and one more: where it stood. */
  #origins = new Int32Array(1025)

  /** Decodes `bytes[start, end)`; false where nothing in it is encoded. */
  decode(bytes: Uint8Array, start: number, end: number): boolean {
    const size = end - start
    if (this.bytes.length < size) {
      this.bytes = new Uint8Array(size * 2)
      this.#origins = new Int32Array(size * 2 + 1)
    }
    const out = this.bytes
    const origins = this.#origins
    let escapes = 0
    let spaces = 0
    let pluses = 0
    let length = 0
    for (let offset = start; offset < end; ) {
      const byte = bytes[offset]!
      origins[length] = offset
      if (byte === percent && offset + 2 < end && isHex(bytes[offset + 1]!) && isHex(bytes[offset + 2]!)) {
        out[length++] = hexValue(bytes[offset + 1]!) * 16 + hexValue(bytes[offset + 2]!)
        escapes++
        offset += 3
        continue
      }
      const escaped = byte === backslash ? unicodeEscapeLength(bytes, offset, end) : 0
      if (escaped > 0) {
        const last = offset + escaped
        out[length++] = hexValue(bytes[last - 2]!) * 16 + hexValue(bytes[last - 1]!)
        escapes++
        offset = last
        continue
      }
      if (byte === space) spaces++
      if (byte === plus) pluses++
      out[length++] = byte
      offset++
    }
    origins[length] = end
    this.length = length
    // In a form, spaces are plus signs.
    if (pluses > 0 && spaces <= 2) {
      for (let i = 0; i < length; i++) if (out[i] === plus && bytes[origins[i]!] === plus) out[i] = space
      return true
    }
    return escapes > 0
  }

  /** Where the decoded byte at `offset` stood. */
  origin(offset: number): number {
    return this.#origins[offset]!
  }
}
