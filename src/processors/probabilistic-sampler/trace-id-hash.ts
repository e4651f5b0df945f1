import type { Randomness } from '../../pdata/sampling-threshold.ts'

const offsetBasis = 0x811c9dc5
const prime = 0x01000193
const bucketMask = 0x3fff

/** FNV-1a over the seed's four bytes, little-endian; the start of every hash with that seed. Source: RFC 9923. */
export function seedHash(seed: number): number {
  let hash = offsetBasis
  for (let shift = 0; shift < 32; shift += 8) hash = Math.imul(hash ^ ((seed >>> shift) & 255), prime)
  return hash
}

/**
 * The Collector's hash of an id or an attribute as randomness: the inverted bucket in the 14 highest bits, so that both the
 * old rule (bucket below a bound) and the consistent one (randomness at least the threshold) decide alike; then 28 bits
 * mixed from the rest of the hash, then the bucket.
 */
export function hashRandomness(seed: number, bytes: Uint8Array, start: number, end: number, out: Randomness): void {
  let hash = seed
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ bytes[i]!, prime)
  const bucket = hash & bucketMask
  const inverted = bucketMask - bucket
  const unused = hash >>> 18
  const mixed = unused ^ (unused << 10)
  // 56 bits: inverted (14) | mixed (28) | bucket (14), cut after the 24 highest.
  out.high = ((inverted << 10) | (mixed >>> 18)) >>> 0
  out.low = (((mixed & 0x3ffff) << 14) | bucket) >>> 0
}

/** The threshold of a percentage in the hash's 14 bits; undefined where the share is too small for them. */
export function hashThresholdBits(percentage: number): bigint | undefined {
  // In single precision and cut off, as it always was: other sums would move traces between kept and dropped.
  const scaled = Math.trunc(Math.fround(Math.fround(Math.min(percentage, 100)) * Math.fround(163.84)))
  return scaled === 0 ? undefined : BigInt(0x4000 - scaled) << 42n
}
