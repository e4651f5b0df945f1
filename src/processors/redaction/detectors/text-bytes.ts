/** Byte classes and escape-aware boundaries of text that may sit inside JSON, URLs or log lines. */
export const byteDigit = 1
export const byteLower = 2
export const byteUpper = 4
export const byteHex = 8
export const byteAlnum = 7
/** Letters, digits, `_` and `-`. */
export const byteToken = 16
/** What the local part of an e-mail address may hold here. */
export const byteLocal = 32
/** Host labels: letters, digits, `-`. */
export const byteLabel = 64
/** White space, line breaks included. */
export const byteSpace = 128

export const byteClasses = /* @__PURE__ */ (() => {
  const classes = new Uint8Array(256)
  const add = (characters: string, bit: number) => {
    for (const character of characters) classes[character.charCodeAt(0)]! |= bit
  }
  const lower = 'abcdefghijklmnopqrstuvwxyz'
  const digits = '0123456789'
  add(digits, byteDigit | byteHex | byteToken | byteLocal | byteLabel)
  add(lower, byteLower | byteToken | byteLocal | byteLabel)
  add(lower.toUpperCase(), byteUpper | byteToken | byteLocal | byteLabel)
  add('abcdefABCDEF', byteHex)
  add('_-', byteToken)
  add("._%+'-&~!#$*", byteLocal)
  add('-', byteLabel)
  add(' \t\n\r\v\f', byteSpace)
  return classes
})()

export const isDigit = (byte: number) => byte >= 0x30 && byte <= 0x39
export const isAlnum = (byte: number) => (byteClasses[byte]! & byteAlnum) !== 0
export const isHex = (byte: number) => (byteClasses[byte]! & byteHex) !== 0
export const isSpace = (byte: number) => (byteClasses[byte]! & byteSpace) !== 0
/** Letters and digits, `+` and `/`. */
export const isBase64 = (byte: number) => isAlnum(byte) || byte === 0x2f || byte === 0x2b
export const isTokenByte = (byte: number) => (byteClasses[byte]! & byteToken) !== 0

const backslash = 0x5c
const percent = 0x25

/**
 * How many bytes before `at` belong to an escape that ends there: `\n`, `\"`, `A`, `\x41`, `%20`. The text really
 * begins at `at`, although the byte before it looks like part of a word.
 */
export function escapeEndingAt(bytes: Uint8Array, start: number, at: number): number {
  const before = at - start
  if (before < 2) return 0
  if (bytes[at - 2] === backslash && isSimpleEscape(bytes[at - 1]!)) return 2
  if (before >= 3 && bytes[at - 3] === percent && isHex(bytes[at - 2]!) && isHex(bytes[at - 1]!)) return 3
  if (before >= 4 && bytes[at - 4] === backslash && bytes[at - 3] === 0x78 && isHex(bytes[at - 1]!)) return 4
  // The end of a colour, ESC[31m.
  if (bytes[at - 1] === 0x6d && isColourEnd(bytes, start, at - 1)) return 1
  if (before >= 6 && bytes[at - 6] === backslash && bytes[at - 5] === 0x75 && hexRun(bytes, at - 4, 4)) return 6
  return 0
}

function isColourEnd(bytes: Uint8Array, start: number, at: number): boolean {
  let offset = at - 1
  while (offset > start && at - offset < 16 && (isDigit(bytes[offset]!) || bytes[offset] === 0x3b)) offset--
  if (offset <= start || bytes[offset] !== 0x5b) return false
  const before = bytes[offset - 1]!
  return before === 0x1b || before === 0x62 || before === 0x33
}

function isSimpleEscape(byte: number): boolean {
  // n r t b f v a e 0 and the quotes
  return (
    byte === 0x6e ||
    byte === 0x72 ||
    byte === 0x74 ||
    byte === 0x62 ||
    byte === 0x66 ||
    byte === 0x76 ||
    byte === 0x22 ||
    byte === 0x27 ||
    byte === 0x2f
  )
}

function hexRun(bytes: Uint8Array, at: number, count: number): boolean {
  for (let i = 0; i < count; i++) if (!isHex(bytes[at + i]!)) return false
  return true
}

/**
 * Whether a word may begin at `at`: nothing alphanumeric before it, unless that is the end of an escape. `_` joins it to what
 * stands before that; alone it only sets off, as in `_this_`.
 */
export function beginsWord(bytes: Uint8Array, start: number, at: number): boolean {
  let from = at
  while (from > start && bytes[from - 1] === 0x5f) from--
  return from <= start || !isAlnum(bytes[from - 1]!) || escapeEndingAt(bytes, start, from) > 0
}

/**
 * Where the text of a run that begins at `at` really begins: the run may have swallowed the tail of an escape, as the
 * `20` of `%20`, the `0020` of `\u0020` or the `n` of `\n`.
 */
export function afterEscape(bytes: Uint8Array, start: number, at: number, end: number): number {
  if (at > start) {
    const before = bytes[at - 1]!
    if (before === 0x5b || before === 0x3b) {
      let offset = at
      while (offset < end && offset - at < 8 && isDigit(bytes[offset]!)) offset++
      if (bytes[offset] === 0x6d && offset < end && isColourEnd(bytes, start, offset)) return offset + 1
    }
    if (before === percent && at + 2 <= end && isHex(bytes[at]!) && isHex(bytes[at + 1]!)) return at + 2
    if (at - 1 > start && bytes[at - 2] === percent && isHex(before) && isHex(bytes[at]!) && !isDigit(before))
      return at + 1
    if (before === backslash) {
      if (bytes[at] === 0x75 && at + 5 <= end && hexRun(bytes, at + 1, 4)) return at + 5
      if (bytes[at] === 0x78 && at + 3 <= end && hexRun(bytes, at + 1, 2)) return at + 3
      if (isSimpleEscape(bytes[at]!)) return at + 1
    }
    if (before === 0x75 && at - 1 > start && bytes[at - 2] === backslash && at + 4 <= end && hexRun(bytes, at, 4)) {
      return at + 4
    }
  }
  return at
}

/** Whether a word may end before `at`; `_` goes on with it only where more follows. */
export function endsWord(bytes: Uint8Array, at: number, end: number): boolean {
  let to = at
  while (to < end && bytes[to] === 0x5f) to++
  return to >= end || !isAlnum(bytes[to]!)
}

/** Case-folded comparison of ASCII text at `at`. `text` is lower case. */
export function matchesFolded(bytes: Uint8Array, at: number, end: number, text: string): boolean {
  if (at < 0 || at + text.length > end) return false
  for (let i = 0; i < text.length; i++) {
    const byte = bytes[at + i]!
    const folded = byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte
    if (folded !== text.charCodeAt(i)) return false
  }
  return true
}

export function matchesExact(bytes: Uint8Array, at: number, end: number, text: string): boolean {
  if (at < 0 || at + text.length > end) return false
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text.charCodeAt(i)) return false
  return true
}

/** Node's own, which its types leave out: it reads any bytes, without a Buffer around them first. */
const { latin1Slice } = Buffer.prototype as unknown as { latin1Slice(start: number, end: number): string }

/** ASCII text of a range; other bytes become the characters of their value. */
export function latin1(bytes: Uint8Array, start: number, end: number): string {
  return end <= start ? '' : latin1Slice.call(bytes, start, end)
}
