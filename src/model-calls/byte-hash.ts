export const hashSeed = 0x811c9dc5 | 0

/**
 * 32 bits of a range of bytes, chained from `hash`: MurmurHash3's body over four bytes at a time, length included, so that
 * ranges hashed one after the other cannot trade bytes. Source: https://github.com/aappleby/smhasher (public domain).
 */
export function hashRange(hash: number, view: DataView, start: number, end: number): number {
  let value = hash
  let offset = start
  for (; offset + 4 <= end; offset += 4) value = mix(value, view.getInt32(offset, true))
  let rest = 0
  for (let shift = 0; offset < end; offset++, shift += 8) rest |= view.getUint8(offset) << shift
  value = mix(value, rest) ^ (end - start)
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b)
  return value ^ (value >>> 13)
}

function mix(hash: number, word: number): number {
  let value = Math.imul(word, 0xcc9e2d51)
  value = hash ^ Math.imul((value << 15) | (value >>> 17), 0x1b873593)
  return (Math.imul((value << 13) | (value >>> 19), 5) + 0xe6546b64) | 0
}

/** The same of a text as UTF-8, from `hashSeed` on. */
export function hashName(name: string): number {
  const { buffer, byteOffset, length } = new TextEncoder().encode(name)
  return hashRange(hashSeed, new DataView(buffer, byteOffset, length), 0, length)
}
