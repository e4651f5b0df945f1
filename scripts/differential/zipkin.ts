// Sends the same Zipkin payloads through a real Collector and through our decoders and prints where they differ.
// Run: node scripts/differential/zipkin.ts <otelcol binary> [count]
import { jsonToOtlp } from '../../src/pdata/json-to-otlp.ts'
import { decodeV1Json } from '../../src/receivers/zipkin/v1-json.ts'
import { decodeV1Thrift } from '../../src/receivers/zipkin/v1-thrift.ts'
import { decodeV2Json } from '../../src/receivers/zipkin/v2-json.ts'
import { decodeV2Proto } from '../../src/receivers/zipkin/v2-proto.ts'
import { SeededRandom } from '../../src/testkit/seeded-random.ts'
import { encodeThriftList } from '../../src/testkit/thrift-oracle.ts'
import {
  randomV1Spans,
  randomZipkinSpans,
  spansToProto,
  v1ToJson,
  type ZipkinSpan,
  zipkinV1Span,
} from '../../src/testkit/zipkin-oracle.ts'
import { CollectorPeer } from './collector-peer.ts'
import { Tally } from './compare.ts'

const [binary = '/tmp/peers/otelcol', countText = '300'] = process.argv.slice(2)
const count = Number(countText)
const ports = { plain: 29411, parsed: 29412 }

/** Where we mean to differ, and why: the README of the receiver says it to users. */
const explained: readonly (readonly [RegExp, string])[] = [
  [/^\.record\.attributes\."zipkin\.(shared|debug)"/, 'shared and debug are kept as attributes'],
  [/^\.record\.attributes:.*zipkin\.(shared|debug)/, 'shared and debug are kept as attributes'],
  [
    /^\.record\.attributes\..*\.(stringValue: "9223372036854775808" here|intValue: undefined here, "9223372036854775807" there)/,
    'an integer beyond 64 bits stays text instead of being clamped',
  ],
  [
    /^\.record\.attributes\."otel\.zipkin\.absentField\.startTime"/,
    'protobuf: a missing timestamp is marked as it is in JSON',
  ],
  [
    /^\.record\.status\.message: .* here, undefined/,
    'the text of an error tag is the status message too; v1: a status message that looks like a number is kept with parse_string_tags too',
  ],
  [/^\.group[.:].*resource/, 'each span has its own resource tags; tags without a service stay on the resource'],
]

/** Tags whose other values only we keep; the README says which. */
function plausible(spans: ZipkinSpan[]): ZipkinSpan[] {
  for (const { tags = {}, kind } of spans) {
    if (tags['span.kind'] !== undefined && kind === undefined) tags['span.kind'] = 'internal'
    // Two ways to say one thing, where the Collector takes either by chance.
    if (tags['otel.library.name'] !== undefined) delete tags['otel.scope.name']
    if (tags['otel.scope.name'] === undefined && tags['otel.library.name'] === undefined)
      delete tags['otel.scope.version']
  }
  return spans
}

const random = new SeededRandom(4711)
const v2 = Array.from({ length: count }, () => plausible(randomZipkinSpans(random, 1))).filter(
  spans => spans.length > 0,
)
const v1 = Array.from({ length: count }, () => randomV1Spans(random, false, 1)).filter(spans => spans.length > 0)
const v1Text = Array.from({ length: count }, () => randomV1Spans(random, true, 1)).filter(spans => spans.length > 0)
const json = (value: unknown) => Buffer.from(JSON.stringify(value))
const settings = { spansMax: 1e6, elementsMax: 1e6, parseStringTags: false }
const ways = [
  {
    name: 'v2 JSON',
    port: ports.plain,
    path: '/api/v2/spans',
    type: 'application/json',
    bodies: v2.map(json),
    decode: (bytes: Uint8Array) => decodeV2Json(bytes, settings),
  },
  {
    name: 'v2 JSON, parse_string_tags',
    port: ports.parsed,
    path: '/api/v2/spans',
    type: 'application/json',
    bodies: v2.map(json),
    decode: (bytes: Uint8Array) => decodeV2Json(bytes, { ...settings, parseStringTags: true }),
  },
  {
    name: 'v2 protobuf',
    port: ports.plain,
    path: '/api/v2/spans',
    type: 'application/x-protobuf',
    bodies: v2.map(spansToProto),
    decode: (bytes: Uint8Array) => decodeV2Proto(bytes, settings),
  },
  {
    name: 'v1 JSON',
    port: ports.plain,
    path: '/api/v1/spans',
    type: 'application/json',
    bodies: v1Text.map(spans => json(v1ToJson(spans))),
    decode: (bytes: Uint8Array) => decodeV1Json(bytes, settings),
  },
  {
    name: 'v1 JSON, parse_string_tags',
    port: ports.parsed,
    path: '/api/v1/spans',
    type: 'application/json',
    bodies: v1Text.map(spans => json(v1ToJson(spans))),
    decode: (bytes: Uint8Array) => decodeV1Json(bytes, { ...settings, parseStringTags: true }),
  },
  {
    name: 'v1 thrift',
    port: ports.plain,
    path: '/api/v1/spans',
    type: 'application/x-thrift',
    bodies: v1.map(spans => encodeThriftList(zipkinV1Span, spans)),
    decode: (bytes: Uint8Array) => decodeV1Thrift(bytes, settings),
  },
]

const peer = new CollectorPeer(
  binary,
  `  zipkin:
    endpoint: 127.0.0.1:${ports.plain}
  zipkin/parsed:
    endpoint: 127.0.0.1:${ports.parsed}
    parse_string_tags: true`,
  ['zipkin', 'zipkin/parsed'],
)
try {
  await peer.ready()
  let seen = 0
  for (const { name, port, path, type, bodies, decode } of ways) {
    const ours: Uint8Array[] = []
    let refused = 0
    for (const body of bodies) {
      const response = await fetch(`http://127.0.0.1:${port}${path}`, {
        method: 'POST',
        headers: { 'content-type': type },
        body: body as Uint8Array<ArrayBuffer>,
      })
      const text = await response.text()
      if (response.status === 202) ours.push(decode(body).bytes)
      else if (refused++ === 0) console.log(`${name}: refused there: ${response.status} ${text.slice(0, 200)}`)
    }
    const lines = (await peer.lines()).slice(seen)
    seen += lines.length
    const tally = new Tally(explained)
    tally.compare(
      ours,
      lines.map(line => jsonToOtlp('traces', Buffer.from(line))),
    )
    tally.print(`${name} (${refused} refused there)`)
  }
} finally {
  peer.stop()
}
