import { validateRequest } from '../../pdata/validate.ts'
import { SeededRandom } from '../../testkit/seeded-random.ts'
import { encodeThriftList } from '../../testkit/thrift-oracle.ts'
import { randomV1Spans, randomZipkinSpans, spansToProto, v1ToJson, zipkinV1Span } from '../../testkit/zipkin-oracle.ts'
import { decodeV1Json } from './v1-json.ts'
import { decodeV1Thrift } from './v1-thrift.ts'
import { decodeV2Json } from './v2-json.ts'
import { decodeV2Proto } from './v2-proto.ts'

const decoders = [decodeV2Json, decodeV2Proto, decodeV1Json, decodeV1Thrift]
const refusals = new Set(['JsonError', 'WireError', 'ThriftError'])

/**
 * Breaks Zipkin payloads made from `seed` and reads them in all four formats. Throws on any error that is not a refusal
 * with a place, and where something was taken that is not a valid OTLP request. Returns how many inputs were taken.
 */
export function fuzzZipkin(seed: number, count: number): number {
  const random = new SeededRandom(seed)
  let taken = 0
  let payloads: Uint8Array[] = []
  for (let i = 0; i < count; i++) {
    if (i % 64 === 0) {
      const spans = randomZipkinSpans(random, 3)
      payloads = [
        Buffer.from(JSON.stringify(spans)),
        spansToProto(spans),
        Buffer.from(JSON.stringify(v1ToJson(randomV1Spans(random, true, 3)))),
        encodeThriftList(zipkinV1Span, randomV1Spans(random, false, 3)),
      ]
    }
    const way = random.below(4)
    const bytes = random.chance(0.05) ? random.bytes(random.below(64)) : mutated(random, payloads[way]!)
    if (isTaken(way, bytes, random.chance(0.5))) taken++
  }
  return taken
}

function isTaken(way: number, bytes: Uint8Array, parseStringTags: boolean): boolean {
  try {
    const decoded = decoders[way]!(bytes, { spansMax: 10_000, elementsMax: 100_000, parseStringTags })
    const count = validateRequest('traces', decoded.bytes)
    if (count !== decoded.spanCount) throw new Error(`${count} spans instead of ${decoded.spanCount}`)
    return true
  } catch (error) {
    if (!refusals.has((error as Error).name)) throw error
    return false
  } finally {
    // A receiver gives the memory back: what a decoder still holds of it must not matter to the next request.
    if (bytes.buffer.byteLength === bytes.length) (bytes.buffer as ArrayBuffer).transfer(0)
  }
}

const structure = Buffer.from('{}[]",:\\|0-')

function mutated(random: SeededRandom, bytes: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(bytes.subarray(0, random.chance(0.1) ? random.below(bytes.length + 1) : bytes.length))
  for (let left = random.below(4); left > 0 && copy.length > 0; left--) {
    copy[random.below(copy.length)] = random.chance(0.6)
      ? structure[random.below(structure.length)]!
      : random.below(256)
  }
  return copy
}
