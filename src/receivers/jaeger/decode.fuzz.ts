import { validateRequest } from '../../pdata/validate.ts'
import { batchToProto, jaegerBatch, randomBatch } from '../../testkit/jaeger-oracle.ts'
import { SeededRandom } from '../../testkit/seeded-random.ts'
import { encodeThrift } from '../../testkit/thrift-oracle.ts'
import type { DecodedSpans } from './decoded-spans.ts'
import { decodePostSpans } from './proto-batch.ts'
import { decodeThriftBatch, decodeThriftMessage } from './thrift-batch.ts'

const limits = { spansMax: 10_000, elementsMax: 100_000 }

/**
 * Breaks Jaeger payloads made from `seed` and reads them all four ways. Throws on any error but `ThriftError` and
 * `WireError`, and where something was taken that is not a valid OTLP request. Returns how many inputs were taken.
 */
export function fuzzJaeger(seed: number, count: number): number {
  const random = new SeededRandom(seed)
  let taken = 0
  let payloads: Uint8Array[] = []
  for (let i = 0; i < count; i++) {
    if (i % 64 === 0) {
      const batch = randomBatch(random, 3)
      payloads = [
        encodeThrift('binary', jaegerBatch, batch),
        encodeThrift('binary', jaegerBatch, batch, 'emitBatch'),
        encodeThrift('compact', jaegerBatch, batch, 'emitBatch'),
        batchToProto(batch),
      ]
    }
    const way = random.below(4)
    const bytes = random.chance(0.05) ? random.bytes(random.below(64)) : mutated(random, payloads[way]!)
    if (isTaken(way, bytes)) taken++
  }
  return taken
}

function isTaken(way: number, bytes: Uint8Array): boolean {
  try {
    validateRequest('traces', decode(way, bytes).bytes)
    return true
  } catch (error) {
    const { name } = error as Error
    if (name !== 'ThriftError' && name !== 'WireError') throw error
    return false
  } finally {
    // A receiver gives the memory back: what a decoder still holds of it must not matter to the next request.
    if (bytes.buffer.byteLength === bytes.length) (bytes.buffer as ArrayBuffer).transfer(0)
  }
}

function decode(way: number, bytes: Uint8Array): DecodedSpans {
  if (way === 0) return decodeThriftBatch(bytes, limits)
  if (way === 3) return decodePostSpans(bytes, limits)
  return decodeThriftMessage(bytes, way === 1 ? 'binary' : 'compact', limits)
}

function mutated(random: SeededRandom, bytes: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(bytes.subarray(0, random.chance(0.2) ? random.below(bytes.length + 1) : bytes.length))
  for (let left = random.below(5); left > 0 && copy.length > 0; left--) {
    copy[random.below(copy.length)] = random.chance(0.3) ? 255 : random.below(256)
  }
  return copy
}
