import { SpanKind, SpanStatusCode, TraceFlags } from '@opentelemetry/api'
import { JsonTraceSerializer, ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import protobuf from 'protobufjs'
import t from 'tap'
import { jsonVariant } from '../testkit/otlp-json-variant.ts'
import { decodePlain, encodePlain, requestTypes } from '../testkit/otlp-oracle.ts'
import { randomRequest, walkedSignals } from '../testkit/request-variants.ts'
import { SeededRandom } from '../testkit/seeded-random.ts'
import { jsonLimits } from '../wire/json-reader.ts'
import { jsonToOtlp } from './json-to-otlp.ts'
import { fuzzOtlpJson } from './otlp-json.fuzz.ts'
import { otlpToJson } from './otlp-to-json.ts'

const toOtlp = (json: unknown) =>
  jsonToOtlp('traces', Buffer.from(typeof json === 'string' ? json : JSON.stringify(json)))
const spanOf = (span: unknown) => ({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] })
const attribute = (value: unknown) => spanOf({ attributes: [{ key: 'a', value }] })
const asSpan = (span: unknown) => decodePlain('traces', toOtlp(spanOf(span)))

for (const signal of walkedSignals) {
  t.test(`${signal}: protobuf to JSON and back is the same message`, async t => {
    const random = new SeededRandom(5)
    for (let i = 0; i < 150; i++) {
      const bytes = randomRequest(random, signal)
      const json = otlpToJson(signal, bytes)
      const expected = withoutUnknowns(decodePlain(signal, bytes))
      t.same(decodePlain(signal, jsonToOtlp(signal, json)), expected)
      t.same(JSON.parse(Buffer.from(json).toString()), JSON.parse(jsonVariant(signal, expected)))
    }
  })

  t.test(`${signal}: every spelling that a reader must take is read alike`, async t => {
    const random = new SeededRandom(17)
    for (let i = 0; i < 150; i++) {
      const expected = withoutUnknowns(decodePlain(signal, randomRequest(random, signal)))
      const json = jsonVariant(signal, expected, random)
      t.same(decodePlain(signal, jsonToOtlp(signal, Buffer.from(json))), expected, json)
    }
  })

  t.test(`${signal}: broken JSON is refused with a JsonError, and what is taken is valid`, async t => {
    t.ok(fuzzOtlpJson(signal, 1, 800) > 100)
  })
}

t.test('the official SDK: its JSON and its protobuf become the same bytes of meaning', async t => {
  const memory = new InMemorySpanExporter()
  const provider = new TracerProvider({
    resource: resourceFromAttributes({
      'service.name': 'shop',
      count: 3,
      big: 2 ** 53,
      ratio: 0.25,
      on: true,
      list: ['a', 'b'],
    }),
    spanProcessors: [new SimpleSpanProcessor({ exporter: memory })],
  })
  const span = provider
    .getTracer('library', '1.2.3', { schemaUrl: 'https://example.test/schema' })
    .startSpan('GET "/"', {
      kind: SpanKind.SERVER,
      links: [
        {
          context: {
            traceId: '0af7651916cd43dd8448eb211c80319c',
            spanId: 'b7ad6b7169203331',
            traceFlags: TraceFlags.SAMPLED,
          },
        },
      ],
    })
  span.setAttribute('text', 'naïve "quoted" \\ \n\u0001 🎉').setAttribute('negative', -5).setAttribute('tiny', 1e-9)
  span.addEvent('event', { 'http.status_code': 503 }).setStatus({ code: SpanStatusCode.ERROR, message: 'no' })
  span.end()
  await provider.forceFlush()
  const spans = memory.getFinishedSpans()
  const json = JsonTraceSerializer.serializeRequest(spans)!
  const protobuf = ProtobufTraceSerializer.serializeRequest(spans)!
  t.equal(spans.length, 1)
  t.same(decodePlain('traces', jsonToOtlp('traces', json)), decodePlain('traces', protobuf))
})

t.test('the text is lowerCamelCase, hex ids, decimal strings, integers for enums, without defaults', async t => {
  const bytes = encodePlain('traces', {
    resourceSpans: [
      {
        resource: {},
        scopeSpans: [
          {
            spans: [
              {
                traceId: Buffer.from('5b8efff798038103d269b633813fc60c', 'hex'),
                spanId: Buffer.from('eee19b7ec3c1b174', 'hex'),
                name: 'a/b',
                kind: 2,
                startTimeUnixNano: '1544712660000000001',
                droppedEventsCount: 4294967295,
                attributes: [
                  { key: 'i', value: { intValue: '-9223372036854775808' } },
                  { key: 'd', value: { doubleValue: Number.NaN } },
                  { key: 'f', value: { boolValue: false } },
                  { key: 'b', value: { bytesValue: Buffer.from('>>>???') } },
                  { key: 'e', value: { arrayValue: {} } },
                  { key: 'n' },
                ],
                status: { code: 2 },
                flags: 257,
              },
            ],
          },
        ],
      },
    ],
  })
  t.equal(
    Buffer.from(otlpToJson('traces', bytes)).toString(),
    '{"resourceSpans":[{"resource":{},"scopeSpans":[{"spans":[{"traceId":"5b8efff798038103d269b633813fc60c",' +
      '"spanId":"eee19b7ec3c1b174","name":"a/b","kind":2,"startTimeUnixNano":"1544712660000000001","attributes":[' +
      '{"key":"i","value":{"intValue":"-9223372036854775808"}},{"key":"d","value":{"doubleValue":"NaN"}},' +
      '{"key":"f","value":{"boolValue":false}},{"key":"b","value":{"bytesValue":"Pj4+Pz8/"}},' +
      '{"key":"e","value":{"arrayValue":{}}},{"key":"n"}],"droppedEventsCount":4294967295,"status":{"code":2},"flags":257}]}]}]}',
  )
  t.equal(Buffer.from(otlpToJson('logs', new Uint8Array(0))).toString(), '{}')
})

t.test('null is the default everywhere but in a list', async t => {
  t.same(
    asSpan({ name: null, kind: null, attributes: null, status: null, traceId: null, startTimeUnixNano: null }),
    asSpan({}),
  )
  t.same(toOtlp(attribute(null)), toOtlp(spanOf({ attributes: [{ key: 'a' }] })))
  t.throws(() => asSpan({ attributes: [null] }), { name: 'JsonError' })
  t.throws(() => toOtlp('null'), { name: 'JsonError' })
})

t.test('every enum of the three signals is read by each of its names, as the Collector reads it', async t => {
  let names = 0
  for (const signal of walkedSignals) {
    const visit = (type: protobuf.Type, wrap: (inner: unknown) => unknown, seen: readonly protobuf.Type[]) => {
      if (seen.includes(type)) return
      for (const field of type.fieldsArray) {
        const inside = (value: unknown) => wrap({ [field.name]: field.repeated ? [value] : value })
        if (field.resolvedType instanceof protobuf.Type) visit(field.resolvedType, inside, [...seen, type])
        if (!(field.resolvedType instanceof protobuf.Enum)) continue
        for (const [name, number] of Object.entries(field.resolvedType.values)) {
          const read = (value: unknown) => jsonToOtlp(signal, Buffer.from(JSON.stringify(inside(value))))
          t.same(read(name), read(number), `${type.name}.${field.name}: ${name}`)
          names++
        }
      }
    }
    visit(requestTypes[signal], inner => inner, [])
  }
  t.equal(names, 6 + 3 + 25 + 3 * 3)
})

for (const [what, json] of [
  ['a duplicate key', '{"resourceSpans":[],"resourceSpans":[]}'],
  ['both spellings of a key', '{"resourceSpans":[],"resource_spans":[]}'],
  ['two values of a oneof', attribute({ stringValue: 'a', intValue: 1 })],
  ['an enum by half of its name', spanOf({ kind: 'SERVER' })],
  ['an enum by the name of another', spanOf({ kind: 'STATUS_CODE_OK' })],
  ['an enum by a long text', spanOf({ kind: 'SPAN_KIND_SERVER'.repeat(9) })],
  ['an enum in quotes', spanOf({ kind: '2' })],
  ['an enum with a fraction', spanOf({ kind: 1.5 })],
  ['a trace id of 31 digits', spanOf({ traceId: '5b8efff798038103d269b633813fc60' })],
  ['a span id that is not hexadecimal', spanOf({ spanId: 'eee19b7ec3c1b17g' })],
  ['a span id in base64', spanOf({ spanId: '7uGbfsPBsXQ=' })],
  ['a negative time', spanOf({ startTimeUnixNano: -1 })],
  ['a time above 64 bits', spanOf({ startTimeUnixNano: '18446744073709551616' })],
  ['a string for a boolean', attribute({ boolValue: 'true' })],
  ['a number for a string', spanOf({ name: 1 })],
  ['an object for a list', spanOf({ attributes: {} })],
  ['broken base64', attribute({ bytesValue: 'a' })],
  ['base64 with padding in the middle', attribute({ bytesValue: 'YQ==YQ==' })],
  ['base64 with one sign of padding of two', attribute({ bytesValue: 'YQ=' })],
  ['text after the document', '{} {}'],
  ['an array as the document', '[]'],
] as const) {
  t.test(`refuses ${what}`, async t => {
    t.throws(() => toOtlp(json), { name: 'JsonError', reason: 'malformed' })
  })
}

t.test('snake_case keys are read and counted, unknown keys ignored and counted', async t => {
  const findings = { snakeCaseKeys: 0, unknownKeys: 0 }
  const json =
    '{"resource_spans":[{"scope_spans":[{"spans":[{"start_time_unix_nano":"1","x":[{"y":null}],"n\\u0061me":"a"}]}]}],"z":1}'
  const bytes = jsonToOtlp('traces', Buffer.from(json), jsonLimits, findings)
  t.same(decodePlain('traces', bytes), asSpan({ startTimeUnixNano: '1', name: 'a' }))
  t.same(findings, { snakeCaseKeys: 3, unknownKeys: 2 })
})

t.test('values nest to the depth limit and not one level more', async t => {
  const nested = (levels: number) => {
    let value: unknown = { intValue: 1 }
    for (let i = 1; i < levels; i++) value = { arrayValue: { values: [value] } }
    return Buffer.from(JSON.stringify(attribute(value)))
  }
  const bytes = jsonToOtlp('traces', nested(64))
  t.same(
    JSON.parse(Buffer.from(otlpToJson('traces', bytes)).toString()),
    JSON.parse(nested(64).toString().replaceAll('"intValue":1', '"intValue":"1"')),
  )
  t.throws(() => jsonToOtlp('traces', nested(200)), { name: 'JsonError', reason: 'budget' })
})

t.test('a list of numbers may be empty, and elements are bounded', async t => {
  const metrics = (counts: unknown) =>
    Buffer.from(
      JSON.stringify({
        resourceMetrics: [{ scopeMetrics: [{ metrics: [{ histogram: { dataPoints: [{ bucketCounts: counts }] } }] }] }],
      }),
    )
  const limits = { ...jsonLimits, elementsMax: 6 }
  t.same(
    jsonToOtlp('metrics', metrics([])),
    jsonToOtlp(
      'metrics',
      Buffer.from('{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"histogram":{"dataPoints":[{}]}}]}]}]}'),
    ),
  )
  jsonToOtlp('metrics', metrics([1, '2']), limits)
  t.throws(() => jsonToOtlp('metrics', metrics([1, '2', 3]), limits), { name: 'JsonError', reason: 'budget' })
})

t.test('profiles have no JSON here', async t => {
  t.throws(() => jsonToOtlp('profiles', Buffer.from('{}')), { name: 'JsonError' })
})

function withoutUnknowns<T>(value: T): T {
  if (Array.isArray(value)) return value.map(withoutUnknowns) as T
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, child]) => (key === '$unknowns' ? [] : [[key, withoutUnknowns(child)]])),
  ) as T
}
