import t from 'tap'
import { encodePostSpans } from '../../src/exporters/jaeger/encode-proto.ts'
import { encodeDatagrams, encodeThriftBatch } from '../../src/exporters/jaeger/encode-thrift.ts'
import { jaegerBatches } from '../../src/exporters/jaeger/jaeger-batches.ts'
import { encodeZipkinProto } from '../../src/exporters/zipkin/encode-proto.ts'
import { zipkinSpans } from '../../src/exporters/zipkin/zipkin-spans.ts'
import { mergeRequests } from '../../src/pdata/merge.ts'
import { readTraces } from '../../src/pdata/trace-objects.ts'
import { decodePostSpans } from '../../src/receivers/jaeger/proto-batch.ts'
import { decodeThriftBatch, decodeThriftMessage } from '../../src/receivers/jaeger/thrift-batch.ts'
import { decodeV2Json } from '../../src/receivers/zipkin/v2-json.ts'
import { decodeV2Proto } from '../../src/receivers/zipkin/v2-proto.ts'
import { batchToProto, jaegerBatch, randomBatch } from '../../src/testkit/jaeger-oracle.ts'
import { randomRequest } from '../../src/testkit/request-variants.ts'
import { SeededRandom } from '../../src/testkit/seeded-random.ts'
import { encodeThrift } from '../../src/testkit/thrift-oracle.ts'
import { randomZipkinSpans } from '../../src/testkit/zipkin-oracle.ts'
import { differences, normalizedSpans } from './compare.ts'

const limits = { spansMax: 10_000, elementsMax: 1_000_000, parseStringTags: false }
const batchesOf = (otlp: Uint8Array) => jaegerBatches(readTraces(otlp), () => undefined)
const spansOf = (otlp: Uint8Array) => zipkinSpans(readTraces(otlp), 'unnamed').spans

/** Out in a foreign format and in again. */
const trips: Record<string, (otlp: Uint8Array) => Uint8Array> = {
  'jaeger over gRPC': otlp => decodePostSpans(encodePostSpans(batchesOf(otlp)), limits).bytes,
  'jaeger over HTTP': otlp =>
    mergeRequests(batchesOf(otlp).map(batch => decodeThriftBatch(encodeThriftBatch(batch), limits).bytes)),
  'jaeger over UDP': otlp =>
    mergeRequests(
      batchesOf(otlp).flatMap(batch =>
        encodeDatagrams(batch, 65_000).datagrams.map(
          ({ bytes }) => decodeThriftMessage(bytes, 'compact', limits).bytes,
        ),
      ),
    ),
  'zipkin in JSON': otlp => decodeV2Json(Buffer.from(JSON.stringify(spansOf(otlp))), limits).bytes,
  'zipkin in protobuf': otlp => decodeV2Proto(encodeZipkinProto(spansOf(otlp)), limits).bytes,
}

/** Equal as sets of spans, each with its resource and scope. */
const difference = (a: Uint8Array, b: Uint8Array) => differences(normalizedSpans(a), normalizedSpans(b))

for (const [way, trip] of Object.entries(trips)) {
  t.test(`${way}: what came through once comes through again unchanged`, async t => {
    const random = new SeededRandom(23)
    for (let i = 0; i < 60; i++) {
      const once = trip(randomRequest(random, 'traces', { repeatsMax: 2, fieldChance: 0.8 }))
      t.same(difference(trip(once), once), [])
    }
  })
}

t.test('Jaeger to OTLP and back to Jaeger is what it was', async t => {
  const random = new SeededRandom(29)
  for (let i = 0; i < 60; i++) {
    const batch = randomBatch(random)
    const otlp = decodeThriftBatch(encodeThrift('binary', jaegerBatch, batch), limits).bytes
    for (const way of ['jaeger over gRPC', 'jaeger over HTTP', 'jaeger over UDP'])
      t.same(difference(trips[way]!(otlp), otlp), [])
    t.same(difference(decodePostSpans(batchToProto(batch), limits).bytes, otlp), [])
  }
})

t.test('Zipkin to OTLP and back to Zipkin is what it was', async t => {
  const random = new SeededRandom(31)
  for (let i = 0; i < 60; i++) {
    const spans = randomZipkinSpans(random)
    const otlp = decodeV2Json(Buffer.from(JSON.stringify(spans)), limits).bytes
    const named = trips['zipkin in JSON']!(otlp)
    for (const way of ['zipkin in JSON', 'zipkin in protobuf']) t.same(difference(trips[way]!(named), named), [])
  }
})
