/** FNV-1a over a range of bytes, chained from `hash`. Source: RFC 9923. */
export function hashBytes(hash: number, bytes: Uint8Array, start: number, end: number): number {
  let value = hash
  for (let i = start; i < end; i++) value = Math.imul(value ^ bytes[i]!, 0x01000193)
  return Math.imul(value ^ 0xff, 0x01000193)
}

export const hashSeed = 0x811c9dc5 | 0
