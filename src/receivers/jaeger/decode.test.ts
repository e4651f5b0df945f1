import t from 'tap'
import { batchToProto, jaegerBatch, postSpansRequest, randomBatch } from '../../testkit/jaeger-oracle.ts'
import { decodePlain, type Plain } from '../../testkit/otlp-oracle.ts'
import { SeededRandom } from '../../testkit/seeded-random.ts'
import { encodeThrift, type ThriftValue } from '../../testkit/thrift-oracle.ts'
import { fuzzJaeger } from './decode.fuzz.ts'
import { decodePostSpans } from './proto-batch.ts'
import { decodeThriftBatch, decodeThriftMessage } from './thrift-batch.ts'

const limits = { spansMax: 1000, elementsMax: 10_000 }
const plain = (decoded: { bytes: Uint8Array }) => decodePlain('traces', decoded.bytes)

t.test('the three encodings of one batch become the same OTLP', async t => {
  const random = new SeededRandom(3)
  for (let i = 0; i < 60; i++) {
    const batch = randomBatch(random)
    const expected = plain(decodeThriftBatch(encodeThrift('binary', jaegerBatch, batch), limits))
    for (const dialect of ['binary', 'old binary', 'compact'] as const) {
      const message = encodeThrift(dialect, jaegerBatch, batch, 'emitBatch')
      t.same(plain(decodeThriftMessage(message, dialect === 'compact' ? 'compact' : 'binary', limits)), expected)
    }
    t.same(plain(decodePostSpans(batchToProto(batch), limits)), expected)
  }
})

t.test('what cannot be read is refused with its place, and nothing else happens', async t => {
  t.ok(fuzzJaeger(1, 3000) > 200)
})

const span = (fields: Partial<ThriftValue>) => ({
  traceIdLow: 1n,
  traceIdHigh: 0n,
  spanId: 2n,
  parentSpanId: 0n,
  operationName: 'op',
  flags: 0,
  startTime: 1_700_000_000_000_001n,
  duration: 5n,
  ...fields,
})
const tag = (key: string, value: string | boolean | bigint | Buffer) => {
  if (typeof value === 'string') return { key, vType: 0, vStr: value }
  if (typeof value === 'boolean') return { key, vType: 2, vBool: value }
  if (typeof value === 'bigint') return { key, vType: 3, vLong: value }
  return { key, vType: 4, vBinary: value }
}
const request = (spans: ThriftValue[], process: ThriftValue = { serviceName: 'shop' }) =>
  plain(decodeThriftBatch(encodeThrift('binary', jaegerBatch, { process, spans }), limits)) as {
    resourceSpans: { resource: Plain; scopeSpans: { scope?: Plain; spans: Plain[] }[] }[]
  }
const one = (fields: Partial<ThriftValue>) => request([span(fields)]).resourceSpans[0]!.scopeSpans[0]!.spans[0]!

t.test('ids, times in nanoseconds, binary and 64-bit values arrive whole', async t => {
  const big = 2n ** 63n - 1n
  t.same(
    one({ traceIdHigh: -1n, parentSpanId: 3n, flags: 1, tags: [tag('b', Buffer.from([0, 255])), tag('n', -big)] }),
    {
      traceId: 'ffffffffffffffff0000000000000001',
      spanId: '0000000000000002',
      parentSpanId: '0000000000000003',
      name: 'op',
      startTimeUnixNano: '1700000000000001000',
      endTimeUnixNano: '1700000000000006000',
      flags: 1,
      attributes: [
        { key: 'b', value: { bytesValue: '00ff' } },
        { key: 'n', value: { intValue: String(-big) } },
      ],
    },
  )
})

for (const [what, tags, expected] of [
  ['a true error tag', [tag('error', true)], { status: { code: 2 } }],
  ['a false error tag', [tag('error', false)], { attributes: [{ key: 'error', value: { boolValue: false } }] }],
  ['an error tag of text', [tag('error', 'true')], { attributes: [{ key: 'error', value: { stringValue: 'true' } }] }],
  [
    'error and description',
    [tag('otel.status_description', 'no'), tag('error', true)],
    { status: { code: 2, message: 'no' } },
  ],
  ['a status code in lower case', [tag('otel.status_code', 'ok')], { status: { code: 1 } }],
  ['an error wins over the status code', [tag('otel.status_code', 'OK'), tag('error', true)], { status: { code: 2 } }],
  [
    'a description alone',
    [tag('otel.status_description', 'x')],
    { attributes: [{ key: 'otel.status_description', value: { stringValue: 'x' } }] },
  ],
  [
    'http 404 of a client',
    [tag('http.status_code', 404n), tag('span.kind', 'client')],
    { kind: 3, status: { code: 2 }, attributes: [{ key: 'http.status_code', value: { intValue: '404' } }] },
  ],
  [
    'http 404 of a server',
    [tag('http.status_code', 404n), tag('span.kind', 'server')],
    { kind: 2, attributes: [{ key: 'http.status_code', value: { intValue: '404' } }] },
  ],
  [
    'http 503 as text',
    [tag('http.status_code', '503')],
    { status: { code: 2 }, attributes: [{ key: 'http.status_code', value: { stringValue: '503' } }] },
  ],
  [
    'a kind that OTLP does not have',
    [tag('span.kind', 'broker')],
    { attributes: [{ key: 'span.kind', value: { stringValue: 'broker' } }] },
  ],
  ['tracestate', [tag('w3c.tracestate', 'a=b')], { traceState: 'a=b' }],
  [
    'one key twice',
    [tag('k', 'a'), tag('l', 'b'), tag('k', 7n)],
    {
      attributes: [
        { key: 'l', value: { stringValue: 'b' } },
        { key: 'k', value: { intValue: '7' } },
      ],
    },
  ],
] as const) {
  t.test(`${what} is mapped`, async t => {
    const { traceId, spanId, name, startTimeUnixNano, endTimeUnixNano, ...rest } = one({ tags: [...tags] })
    t.same(rest, expected)
  })
}

t.test('a parent is inferred from references, other references become links', async t => {
  const own = { traceIdLow: 1n, traceIdHigh: 0n }
  const link = (traceId: string, spanId: string, type: string) => ({
    traceId,
    spanId,
    attributes: [{ key: 'opentracing.ref_type', value: { stringValue: type } }],
  })
  const id = (text: string) => text.padStart(32, '0')
  const references = [
    { refType: 1, ...own, spanId: 5n },
    { refType: 0, traceIdLow: 9n, traceIdHigh: 0n, spanId: 6n },
    { refType: 0, ...own, spanId: 7n },
  ]
  t.match(one({ references }), {
    parentSpanId: '0000000000000007',
    links: [link(id('1'), '0000000000000005', 'follows_from'), link(id('9'), '0000000000000006', 'child_of')],
  })
  t.match(one({ references: references.slice(0, 1) }), {
    parentSpanId: '0000000000000005',
    links: [link(id('1'), '0000000000000005', 'follows_from')],
  })
})

t.test('logs become events, and only a text names them', async t => {
  const logs = [
    { timestamp: 1n, fields: [tag('event', 'retry'), tag('n', 1n)] },
    { timestamp: 2n, fields: [tag('event', 3n)] },
  ]
  t.same(one({ logs })['events'], [
    { timeUnixNano: '1000', name: 'retry', attributes: [{ key: 'n', value: { intValue: '1' } }] },
    { timeUnixNano: '2000', attributes: [{ key: 'event', value: { intValue: '3' } }] },
  ])
})

t.test('spans are grouped by scope in runs, and nothing stays behind of a span that moves', async t => {
  const scoped = (name: string, spanId: bigint) =>
    span({ spanId, tags: [tag('otel.scope.name', name), tag('otel.scope.version', '1'), tag('k', name)] })
  const { scopeSpans } = request([scoped('a', 1n), scoped('a', 2n), scoped('b', 3n), span({ spanId: 4n })])
    .resourceSpans[0]!
  t.same(
    scopeSpans.map(group => [group.scope, group.spans.map(({ spanId }) => spanId)]),
    [
      [{ name: 'a', version: '1' }, ['0000000000000001', '0000000000000002']],
      [{ name: 'b', version: '1' }, ['0000000000000003']],
      [undefined, ['0000000000000004']],
    ],
  )
})

t.test('the process is the resource', async t => {
  const resource = (tags: ThriftValue[], serviceName = 'shop') =>
    (
      request([span({})], { serviceName, tags }).resourceSpans[0]!.resource['attributes'] as {
        key: string
        value: Plain
      }[]
    ).map(({ key, value }) => `${key}=${value['stringValue']}`)
  t.same(resource([tag('hostname', 'h'), tag('jaeger.version', 'Node-3')]), [
    'service.name=shop',
    'opencensus.exporterversion=Jaeger-Node-3',
    'host.name=h',
  ])
  t.same(resource([tag('hostname', 'h'), tag('host.name', 'i')], 'OTLPResourceNoServiceName'), [
    'host.name=i',
    'hostname=h',
  ])
})

t.test('text that is not UTF-8 is repaired, since OTLP does not have it', async t => {
  const bytes = encodeThrift('binary', jaegerBatch, {
    process: { serviceName: 'XXXX' },
    spans: [span({ operationName: 'YYYY' })],
  })
  const broken = Buffer.from(bytes)
  broken.fill(0xff, bytes.indexOf('XXXX'), bytes.indexOf('XXXX') + 4)
  broken.fill(0xff, bytes.indexOf('YYYY'), bytes.indexOf('YYYY') + 4)
  t.match(JSON.stringify(plain(decodeThriftBatch(broken, limits))), /"stringValue":"\ufffd{4}".*"name":"\ufffd{4}"/)
})

t.test('spans of a process of their own get a resource of their own', async t => {
  const bytes = postSpansRequest
    .encode(
      postSpansRequest.fromObject({
        batch: {
          process: { serviceName: 'main' },
          spans: ['a', 'b', '', 'a'].map((serviceName, i) => ({
            traceId: Buffer.alloc(16, 1),
            spanId: Buffer.alloc(8, i + 1),
            ...(serviceName === '' ? {} : { process: { serviceName } }),
          })),
        },
      }),
    )
    .finish()
  const { resourceSpans } = plain(decodePostSpans(bytes, limits)) as ReturnType<typeof request>
  t.same(
    resourceSpans.map(group => [
      (group.resource['attributes'] as { value: Plain }[])[0]!.value['stringValue'],
      group.scopeSpans.flatMap(({ spans }) => spans.map(({ spanId }) => (spanId as string).slice(-2))),
    ]),
    [
      ['main', ['03']],
      ['a', ['01', '04']],
      ['b', ['02']],
    ],
  )
})

t.test('limits hold at their value and refuse one more', async t => {
  const batch = {
    process: { serviceName: 's' },
    spans: [span({ tags: [tag('a', true)] }), span({ tags: [tag('a', true)] })],
  }
  const thrift = encodeThrift('binary', jaegerBatch, batch)
  const proto = batchToProto(batch)
  t.equal(decodeThriftBatch(thrift, { ...limits, spansMax: 2 }).spanCount, 2)
  t.throws(() => decodeThriftBatch(thrift, { ...limits, spansMax: 1 }), { name: 'ThriftError', reason: 'budget' })
  t.equal(decodePostSpans(proto, { spansMax: 2, elementsMax: 2 }).spanCount, 2)
  t.throws(() => decodePostSpans(proto, { spansMax: 1, elementsMax: 2 }), { name: 'WireError', reason: 'budget' })
  t.throws(() => decodePostSpans(proto, { spansMax: 2, elementsMax: 1 }), { name: 'WireError', reason: 'budget' })
  t.equal(decodeThriftBatch(thrift, limits, { depthMax: 5, elementsMax: 4 }).spanCount, 2)
  t.throws(() => decodeThriftBatch(thrift, limits, { depthMax: 4, elementsMax: 4 }), {
    name: 'ThriftError',
    reason: 'budget',
  })
  t.throws(() => decodeThriftBatch(thrift, limits, { depthMax: 5, elementsMax: 3 }), {
    name: 'ThriftError',
    reason: 'budget',
  })
})

for (const [what, bytes] of [
  ['an empty datagram', Buffer.alloc(0)],
  ['another method', encodeThrift('compact', jaegerBatch, { process: { serviceName: 's' }, spans: [] }, 'emitBotch')],
  [
    'a message of the binary protocol',
    encodeThrift('binary', jaegerBatch, { process: { serviceName: 's' }, spans: [] }, 'emitBatch'),
  ],
  ['a batch without a process', encodeThrift('compact', jaegerBatch, { spans: [] }, 'emitBatch')],
  [
    'a list that is larger than the message',
    Buffer.from('8221010965 6d69744261746368 1c 1c 18 01 73 00 19 fc ffffff0f'.replaceAll(' ', ''), 'hex'),
  ],
] as const) {
  t.test(`refuses ${what}`, async t => {
    t.throws(() => decodeThriftMessage(bytes, 'compact', limits), { name: 'ThriftError', reason: 'malformed' })
  })
}
