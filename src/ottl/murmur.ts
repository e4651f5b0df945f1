/** MurmurHash3 with seed 0, as hex of its little-endian bytes. Source: the reference description of Austin Appleby. */
export function murmur3Hash32(bytes: Buffer): string {
  let hash = 0
  const mixed = (block: number) => {
    const scrambled = Math.imul(block, 0xcc9e2d51)
    return Math.imul((scrambled << 15) | (scrambled >>> 17), 0x1b873593)
  }
  const blocks = bytes.length >> 2
  for (let i = 0; i < blocks; i++) {
    hash ^= mixed(bytes.readInt32LE(i * 4))
    hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64) | 0
  }
  let tail = 0
  for (let i = bytes.length - 1; i >= blocks * 4; i--) tail = (tail << 8) | bytes[i]!
  if (bytes.length % 4 > 0) hash ^= mixed(tail)
  hash ^= bytes.length
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  hash ^= hash >>> 16
  const out = Buffer.alloc(4)
  out.writeInt32LE(hash)
  return out.toString('hex')
}

const c1 = 0x87c37b91114253d5n
const c2 = 0x4cf5ad432745937fn
const wrap = (value: bigint) => BigInt.asUintN(64, value)
const rotate = (value: bigint, bits: bigint) => wrap((value << bits) | (value >> (64n - bits)))

function finish(value: bigint): bigint {
  let mixed = wrap((value ^ (value >> 33n)) * 0xff51afd7ed558ccdn)
  mixed = wrap((mixed ^ (mixed >> 33n)) * 0xc4ceb9fe1a85ec53n)
  return mixed ^ (mixed >> 33n)
}

/** The variant of 128 bits for machines of 64. */
export function murmur3Hash128(bytes: Buffer): string {
  const length = BigInt(bytes.length)
  const blocks = bytes.length >> 4
  const padded = Buffer.concat([bytes, Buffer.alloc(16)])
  const low = (block: bigint) => wrap(rotate(wrap(block * c1), 31n) * c2)
  const high = (block: bigint) => wrap(rotate(wrap(block * c2), 33n) * c1)
  let h1 = 0n
  let h2 = 0n
  for (let i = 0; i < blocks; i++) {
    h1 = wrap((rotate(h1 ^ low(bytes.readBigUInt64LE(i * 16)), 27n) + h2) * 5n + 0x52dce729n)
    h2 = wrap((rotate(h2 ^ high(bytes.readBigUInt64LE(i * 16 + 8)), 31n) + h1) * 5n + 0x38495ab5n)
  }
  // What is left over reads as if zeros followed.
  h2 ^= high(padded.readBigUInt64LE(blocks * 16 + 8))
  h1 ^= low(padded.readBigUInt64LE(blocks * 16))
  h1 = wrap((h1 ^ length) + (h2 ^ length))
  h2 = wrap(h1 + (h2 ^ length))
  h1 = finish(h1)
  h2 = finish(h2)
  h1 = wrap(h1 + h2)
  h2 = wrap(h2 + h1)
  const out = Buffer.alloc(16)
  out.writeBigUInt64LE(h1)
  out.writeBigUInt64LE(h2, 8)
  return out.toString('hex')
}
