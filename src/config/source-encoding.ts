import { isUtf8 } from 'node:buffer'

/** Bytes that are no text. The message names the line, for what stands behind "cannot read ...:". */
export class SourceEncodingError extends Error {
  override readonly name = 'SourceEncodingError'
}

/**
 * The text of a file: UTF-8, or UTF-16 where a byte order mark says so, as editors and shells of Windows write it. The mark is
 * left out. Anything else throws: replaced bytes would be other names and other passwords.
 */
export function decodeSource(bytes: Uint8Array): string {
  const encoding = utf16Of(bytes)
  if (encoding !== undefined) return decodeUtf16(bytes, encoding)
  if (!isUtf8(bytes)) throw new SourceEncodingError(`line ${firstBadLine(bytes)} is not UTF-8 text`)
  return new TextDecoder().decode(bytes)
}

function utf16Of(bytes: Uint8Array): 'utf-16le' | 'utf-16be' | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le'
  return bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : undefined
}

function decodeUtf16(bytes: Uint8Array, encoding: 'utf-16le' | 'utf-16be'): string {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes)
  } catch {
    throw new SourceEncodingError('it begins like UTF-16 text, and is none')
  }
}

function firstBadLine(bytes: Uint8Array): number {
  const newline = 10
  let line = 1
  let start = 0
  for (;;) {
    const end = bytes.indexOf(newline, start)
    if (end < 0 || !isUtf8(bytes.subarray(start, end))) return line
    line++
    start = end + 1
  }
}
