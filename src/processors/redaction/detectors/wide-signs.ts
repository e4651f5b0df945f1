/** Length in bytes and the sign of ASCII in whose place it stands, 0 for none: `length << 8 | sign`. */
const sign = (length: number, ascii: number) => (length << 8) | ascii
const none = 0
const space = 0x20
const dash = 0x2d

/**
 * What the character at `at` stands for in numbers and addresses as word processors, phones and language models write them:
 * spaces that do not break or are thin, dashes of all widths, digits and signs of full width. Zero-width ones and soft
 * hyphens stand for nothing. 0 where it is any other character.
 */
export function wideSign(bytes: Uint8Array, at: number, end: number): number {
  const first = bytes[at]!
  if (first === 0xc2) {
    if (at + 1 >= end) return none
    return bytes[at + 1] === 0xa0 ? sign(2, space) : bytes[at + 1] === 0xad ? sign(2, 0) : none
  }
  if ((first !== 0xe2 && first !== 0xef) || at + 2 >= end) return none
  const second = bytes[at + 1]!
  const third = bytes[at + 2]!
  if (first === 0xef) {
    if (second === 0xbb) return third === 0xbf ? sign(3, 0) : none
    // U+FF01 to U+FF3F and U+FF41 to U+FF5E are ASCII at full width; of those digits, signs and @.
    return second === 0xbc && third >= 0x88 && third <= 0xa0 ? sign(3, third - 0x60) : none
  }
  if (second === 0x88) return third === 0x92 ? sign(3, dash) : none
  if (second !== 0x80) return none
  if (third >= 0x90 && third <= 0x95) return sign(3, dash)
  if (third === 0xaf || (third >= 0x80 && third <= 0x8a)) return sign(3, space)
  return third >= 0x8b && third <= 0x8f ? sign(3, 0) : none
}
