import { BatchMemory } from '../pdata/batch-memory.ts'
import { type ContentEncoding, type InflateLimits, inflate, type Reservation } from '../transport/inflate.ts'

/**
 * A body without its compression. The compressed bytes are nobody's after that: their memory is given back at once.
 * `prefixBytes` is how many bytes before them share it. Throws or rejects as `inflate` does.
 */
export function inflatedBody(
  encoding: ContentEncoding,
  bytes: Uint8Array,
  limits: InflateLimits,
  reservation: Reservation,
  prefixBytes: number,
): Uint8Array | Promise<Uint8Array> {
  if (encoding === 'identity') return bytes
  const letGo = (inflated: Uint8Array) => {
    BatchMemory.of(bytes, prefixBytes)?.release(bytes)
    return inflated
  }
  const inflated = inflate(encoding, bytes, limits, reservation)
  return inflated instanceof Promise ? inflated.then(letGo) : letGo(inflated)
}
