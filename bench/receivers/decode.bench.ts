// Nanoseconds per span of reading foreign formats into OTLP bytes, beside JSON.parse, protobufjs and the official thrift
// library on the same requests in the same run.
//
//   node bench/receivers/decode.bench.ts [--spans 128] [--seconds 1]
import { parseArgs } from 'node:util'
import { jsonToOtlp } from '../../src/pdata/json-to-otlp.ts'
import { otlpToJson } from '../../src/pdata/otlp-to-json.ts'
import { decodePostSpans } from '../../src/receivers/jaeger/proto-batch.ts'
import { decodeThriftBatch, decodeThriftMessage } from '../../src/receivers/jaeger/thrift-batch.ts'
import { decodeV2Json } from '../../src/receivers/zipkin/v2-json.ts'
import { decodeV2Proto } from '../../src/receivers/zipkin/v2-proto.ts'
import { jaegerBatch, postSpansRequest } from '../../src/testkit/jaeger-oracle.ts'
import { requestTypes } from '../../src/testkit/otlp-oracle.ts'
import { decodeThrift } from '../../src/testkit/thrift-oracle.ts'
import { listOfSpans } from '../../src/testkit/zipkin-oracle.ts'
import { buildBody, seededRandom } from '../rig/corpus.ts'
import { jaegerBodies, zipkinBodies } from './foreign-bodies.ts'

const { values } = parseArgs({
  options: { spans: { type: 'string', default: '128' }, seconds: { type: 'string', default: '1' } },
})
const spanCount = Number(values.spans)
/** Short rounds, many of them: the best one met a quiet moment of the machine. */
const roundCount = 25
const roundMs = (Number(values.seconds) * 1000) / roundCount
const limits = { spansMax: 100_000, elementsMax: 1_000_000, parseStringTags: false }

const zipkin = zipkinBodies(spanCount)
const jaeger = jaegerBodies(spanCount)
const otlp = buildBody('S', spanCount, seededRandom(7)).bytes
const otlpJson = Buffer.from(otlpToJson('traces', otlp))
const otlpType = requestTypes.traces

const groups: Record<string, readonly [bytes: Uint8Array, work: Record<string, (bytes: Uint8Array) => unknown>]> = {
  'Zipkin v2 JSON': [
    zipkin.json,
    {
      'to OTLP bytes': bytes => decodeV2Json(bytes, limits),
      'JSON.parse alone': bytes => JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString()),
    },
  ],
  'Zipkin v2 protobuf': [
    zipkin.proto,
    {
      'to OTLP bytes': bytes => decodeV2Proto(bytes, limits),
      'protobufjs decode alone': bytes => listOfSpans.decode(bytes),
    },
  ],
  'Jaeger thrift, binary': [
    jaeger.binary,
    {
      'to OTLP bytes': bytes => decodeThriftBatch(bytes, limits),
      'the thrift library alone': bytes => decodeThrift('binary', jaegerBatch, bytes),
    },
  ],
  'Jaeger thrift, compact': [
    jaeger.compact,
    {
      'to OTLP bytes': bytes => decodeThriftMessage(bytes, 'compact', limits),
      'the thrift library alone': bytes => decodeThrift('compact', jaegerBatch, bytes, 'emitBatch'),
    },
  ],
  'Jaeger api_v2': [
    jaeger.proto,
    {
      'to OTLP bytes': bytes => decodePostSpans(bytes, limits),
      'protobufjs decode alone': bytes => postSpansRequest.decode(bytes),
    },
  ],
  'OTLP/JSON in': [
    otlpJson,
    {
      'to OTLP bytes': bytes => jsonToOtlp('traces', bytes),
      'JSON.parse alone': bytes => JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString()),
      'JSON.parse, protobufjs fromObject and encode': bytes =>
        otlpType
          .encode(otlpType.fromObject(JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString())))
          .finish(),
    },
  ],
  'OTLP/JSON out': [
    otlp,
    {
      'from OTLP bytes': bytes => otlpToJson('traces', bytes),
      'protobufjs decode, toObject, JSON.stringify': bytes =>
        JSON.stringify(otlpType.toObject(otlpType.decode(bytes), { longs: String, enums: Number, bytes: String })),
    },
  ],
}

for (const [title, [bytes, work]] of Object.entries(groups)) {
  console.log(`${title}, ${(bytes.length / spanCount).toFixed(0)} bytes a span, ${spanCount} spans a request`)
  const best = new Map(Object.keys(work).map(name => [name, Number.POSITIVE_INFINITY]))
  // Rounds alternate, so that a noisy neighbour meets all of them.
  for (let round = 0; round < roundCount; round++) {
    for (const [name, run] of Object.entries(work)) best.set(name, Math.min(best.get(name)!, nanoseconds(bytes, run)))
  }
  for (const [name, ns] of best) console.log(`  ${ns.toFixed(0).padStart(7)} ns  ${name}`)
}

/** Nanoseconds per span of one round. */
function nanoseconds(bytes: Uint8Array, run: (bytes: Uint8Array) => unknown): number {
  const started = performance.now()
  let count = 0
  let elapsedMs = 0
  do {
    for (let i = 0; i < 4; i++) run(bytes)
    count += 4
    elapsedMs = performance.now() - started
  } while (elapsedMs < roundMs)
  return (elapsedMs * 1e6) / count / spanCount
}
