import type { WireWriter } from './wire-writer.ts'

const backslash = 0x5c
const zero = 0x30
const nine = 0x39
const textDecoder = new TextDecoder()

/** A JSON string's content whose escapes were checked. `JSON.parse` resolves them; surrogates pair up there. */
export function unescapedText(bytes: Uint8Array, start: number, end: number): string {
  return JSON.parse(textDecoder.decode(bytes.subarray(start - 1, end + 1))) as string
}

const simpleEscapes = new Map([
  [0x62, 0x08],
  [0x66, 0x0c],
  [0x6e, 0x0a],
  [0x72, 0x0d],
  [0x74, 0x09],
])

/** Appends a JSON string's content, whose escapes were checked, as UTF-8; a lone surrogate becomes U+FFFD. */
export function writeUnescaped(bytes: Uint8Array, start: number, end: number, writer: WireWriter): void {
  let runStart = start
  let offset = start
  while (offset < end) {
    if (bytes[offset] !== backslash) {
      offset++
      continue
    }
    writer.raw(bytes, runStart, offset)
    const kind = bytes[offset + 1]!
    if (kind === 0x75) {
      let code = hexUnit(bytes, offset + 2)
      offset += 6
      if (code >= 0xd800 && code < 0xe000) {
        const low =
          bytes[offset] === backslash && bytes[offset + 1] === 0x75 && offset < end ? hexUnit(bytes, offset + 2) : 0
        if (code < 0xdc00 && low >= 0xdc00 && low < 0xe000) {
          code = 0x10000 + ((code & 0x3ff) << 10) + (low & 0x3ff)
          offset += 6
        } else code = 0xfffd
      }
      writeCodePoint(code, writer)
    } else {
      writer.byte(simpleEscapes.get(kind) ?? kind)
      offset += 2
    }
    runStart = offset
  }
  writer.raw(bytes, runStart, end)
}

function hexUnit(bytes: Uint8Array, start: number): number {
  let code = 0
  for (let i = 0; i < 4; i++) {
    const byte = bytes[start + i]!
    code = (code << 4) | (byte <= nine ? byte - zero : (byte | 0x20) - 0x57)
  }
  return code
}

function writeCodePoint(code: number, writer: WireWriter): void {
  if (code < 0x80) {
    writer.byte(code)
  } else if (code < 0x800) {
    writer.byte(0xc0 | (code >> 6))
    writer.byte(0x80 | (code & 63))
  } else if (code < 0x10000) {
    writer.byte(0xe0 | (code >> 12))
    writer.byte(0x80 | ((code >> 6) & 63))
    writer.byte(0x80 | (code & 63))
  } else {
    writer.byte(0xf0 | (code >> 18))
    writer.byte(0x80 | ((code >> 12) & 63))
    writer.byte(0x80 | ((code >> 6) & 63))
    writer.byte(0x80 | (code & 63))
  }
}
