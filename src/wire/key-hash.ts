/** FNV-1a: what it begins with, and what each byte is multiplied with. */
export const fnvOffset = 0x811c9dc5 | 0
export const fnvPrime = 0x01000193

/** The hash of a key, as `JsonReader.keyHash` has it while reading. */
export function hashKey(key: string | Uint8Array): number {
  const bytes = typeof key === 'string' ? new TextEncoder().encode(key) : key
  let hash = fnvOffset
  for (const byte of bytes) hash = Math.imul(hash ^ byte, fnvPrime)
  return hash
}

/** The same of a range. */
export function hashRange(bytes: Uint8Array, start: number, end: number): number {
  let hash = fnvOffset
  for (let offset = start; offset < end; offset++) hash = Math.imul(hash ^ bytes[offset]!, fnvPrime)
  return hash
}
