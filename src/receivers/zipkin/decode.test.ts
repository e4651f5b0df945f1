import t from 'tap'
import { decodePlain, type Plain } from '../../testkit/otlp-oracle.ts'
import { SeededRandom } from '../../testkit/seeded-random.ts'
import { encodeThriftList } from '../../testkit/thrift-oracle.ts'
import { randomV1Spans, randomZipkinSpans, spansToProto, v1ToJson, zipkinV1Span } from '../../testkit/zipkin-oracle.ts'
import { fuzzZipkin } from './decode.fuzz.ts'
import { decodeV1Json } from './v1-json.ts'
import { decodeV1Thrift } from './v1-thrift.ts'
import { decodeV2Json } from './v2-json.ts'
import { decodeV2Proto } from './v2-proto.ts'

const settings = { spansMax: 1000, elementsMax: 10_000, parseStringTags: false }
const json = (value: unknown) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value))
const plain = (decoded: { bytes: Uint8Array }) => decodePlain('traces', decoded.bytes)
interface Request {
  resourceSpans: { resource: Plain; scopeSpans: { scope?: Plain; spans: Plain[] }[] }[]
}
const ids = { traceId: '0af7651916cd43dd8448eb211c80319c', id: 'b7ad6b7169203331' }
const decode = (spans: object[], parseStringTags = false) =>
  plain(decodeV2Json(json(spans), { ...settings, parseStringTags })) as unknown as Request
/** One span with a time, without what every span here has. */
function one(fields: object, parseStringTags = false): Plain {
  const { traceId, spanId, startTimeUnixNano, endTimeUnixNano, ...rest } = decode(
    [{ ...ids, timestamp: 1, ...fields }],
    parseStringTags,
  ).resourceSpans[0]!.scopeSpans[0]!.spans[0]!
  return rest
}
const text = (key: string, stringValue: string) => ({ key, value: { stringValue } })

t.test('JSON and protobuf of the same spans become the same OTLP', async t => {
  const random = new SeededRandom(5)
  for (let i = 0; i < 100; i++) {
    // Go without what the two formats say differently: the order of tags in a map.
    const spans = randomZipkinSpans(random).map(span => ({ ...span, ...(span.traceId.length === 16 ? {} : {}) }))
    t.same(plain(decodeV2Json(json(spans), settings)), plain(decodeV2Proto(spansToProto(spans), settings)))
  }
})

t.test('v1 in JSON and in thrift become the same OTLP', async t => {
  const random = new SeededRandom(6)
  for (let i = 0; i < 60; i++) {
    const spans = randomV1Spans(random, true)
    t.same(
      plain(decodeV1Json(json(v1ToJson(spans)), settings)),
      plain(decodeV1Thrift(encodeThriftList(zipkinV1Span, spans), settings)),
    )
  }
})

t.test('a whole span', async t => {
  const request = decode([
    {
      ...ids,
      parentId: '1',
      kind: 'SERVER',
      name: 'get /',
      timestamp: 1700000000000001,
      duration: 9007199254740993n.toString().length,
      localEndpoint: { serviceName: 'shop', ipv4: '10.0.0.7', port: 80 },
      remoteEndpoint: { serviceName: 'cart', ipv6: '2001:db8::1', port: 65535 },
      annotations: [{ timestamp: 1700000000000002, value: 'ws' }],
      tags: { 'http.method': 'GET', 'service.version': '1.2', 'otel.scope.name': 'lib', 'otel.scope.version': '3' },
      debug: true,
      shared: true,
    },
  ])
  t.same(request, {
    resourceSpans: [
      {
        resource: { attributes: [text('service.version', '1.2'), text('service.name', 'shop')] },
        scopeSpans: [
          {
            scope: { name: 'lib', version: '3' },
            spans: [
              {
                traceId: ids.traceId,
                spanId: ids.id,
                parentSpanId: '0000000000000001',
                name: 'get /',
                kind: 2,
                startTimeUnixNano: '1700000000000001000',
                endTimeUnixNano: '1700000000000017000',
                attributes: [
                  text('network.local.address', '10.0.0.7'),
                  { key: 'net.host.port', value: { intValue: '80' } },
                  text('service.peer.name', 'cart'),
                  text('network.peer.address', '2001:db8::1'),
                  { key: 'net.peer.port', value: { intValue: '65535' } },
                  text('http.method', 'GET'),
                  { key: 'zipkin.shared', value: { boolValue: true } },
                  { key: 'zipkin.debug', value: { boolValue: true } },
                ],
                events: [{ timeUnixNano: '1700000000000002000', name: 'ws' }],
              },
            ],
          },
        ],
      },
    ],
  })
})

for (const [what, fields, expected] of [
  ['a 64-bit trace id', { traceId: '8448eb211c80319c' }, {}],
  ['a span that is its own parent', { parentId: ids.id }, {}],
  ['the internal kind', { tags: { 'span.kind': 'internal' } }, { kind: 1 }],
  ['a kind that OTLP does not have', { tags: { 'span.kind': 'x' } }, { attributes: [text('span.kind', 'x')] }],
  ['an error', { tags: { error: 'true' } }, { status: { code: 2 } }],
  [
    'an error with a message',
    { tags: { error: 'no', 'otel.status_code': 'ERROR' } },
    { status: { code: 2, message: 'no' }, attributes: [text('error', 'no')] },
  ],
  [
    'an event as other exporters write it',
    {
      annotations: [
        { timestamp: 0, value: '{"e": {"n": 3}}' },
        { timestamp: 0, value: '"e":{"n":4}' },
        { timestamp: 0, value: '{"e":1}' },
      ],
    },
    {
      events: [
        { name: 'e', attributes: [{ key: 'n', value: { intValue: '3' } }] },
        { name: 'e', attributes: [{ key: 'n', value: { intValue: '4' } }] },
        { name: '{"e":1}' },
      ],
    },
  ],
  ['an error with text', { tags: { error: 'false' } }, { status: { code: 2 }, attributes: [text('error', 'false')] }],
  [
    'a status',
    { tags: { 'otel.status_code': 'OK', 'otel.status_description': 'd' } },
    { status: { code: 1, message: 'd' } },
  ],
  ['a status in the old words', { tags: { 'otel.status_code': 'STATUS_CODE_ERROR' } }, { status: { code: 2 } }],
  [
    'a description alone',
    { tags: { 'otel.status_description': 'd' } },
    { attributes: [text('otel.status_description', 'd')] },
  ],
  ['tracestate', { tags: { 'w3c.tracestate': 'a=b' } }, { traceState: 'a=b' }],
  ['a key twice', '{"a":"1","b":"2","a":"3"}', { attributes: [text('b', '2'), text('a', '3')] }],
  ['escapes', '{"\\u0061\\"":"\\ud83c\\udf89\\n"}', { attributes: [text('a"', '🎉\n')] }],
  [
    'an annotation that only looks like one of ours',
    {
      annotations: [
        { timestamp: 0, value: 'a|b|c' },
        { timestamp: 0, value: 'a|{}' },
      ],
    },
    { events: [{ name: 'a|b|c' }, { name: 'a|{}' }] },
  ],
  [
    'attributes of an event',
    {
      annotations: [
        { timestamp: 1, value: 'e|{"n":9007199254740993,"f":1.5,"s":"a|b","l":[1,{"k":null}],"x":null}|3' },
      ],
    },
    {
      events: [
        {
          timeUnixNano: '1000',
          name: 'e',
          droppedAttributesCount: 3,
          attributes: [
            { key: 'n', value: { intValue: '9007199254740993' } },
            { key: 'f', value: { doubleValue: 1.5 } },
            text('s', 'a|b'),
            {
              key: 'l',
              value: {
                arrayValue: { values: [{ intValue: '1' }, { kvlistValue: { values: [{ key: 'k', value: {} }] } }] },
              },
            },
          ],
        },
      ],
    },
  ],
  [
    'a link',
    { tags: { 'otlp.link.0': `${ids.traceId}|${ids.id}|a=b|{"k":"v"}|1`, 'otlp.link.1': 'x|y|z|{}|0' } },
    {
      links: [
        {
          traceId: ids.traceId,
          spanId: ids.id,
          traceState: 'a=b',
          attributes: [text('k', 'v')],
          droppedAttributesCount: 1,
        },
      ],
      attributes: [text('otlp.link.1', 'x|y|z|{}|0')],
    },
  ],
] as const) {
  t.test(`${what} is mapped`, async t => {
    if (typeof fields !== 'string') t.same(one(fields), expected)
    else {
      const request = plain(decodeV2Json(json(`[{"traceId":"1","id":"2","timestamp":1,"tags":${fields}}]`), settings))
      t.match((request as unknown as Request).resourceSpans[0]!.scopeSpans[0]!.spans[0], expected)
    }
  })
}

t.test('parse_string_tags finds integers, doubles and booleans and leaves the rest', async t => {
  const tags = {
    a: '-5',
    b: '1.25',
    c: 'true',
    d: 'false',
    e: '',
    f: '1e3',
    g: '9223372036854775808',
    h: '-9223372036854775808',
    i: '1.',
    j: '-',
    k: 'tru3',
    l: '007',
  }
  t.same(one({ tags }, true)['attributes'], [
    { key: 'a', value: { intValue: '-5' } },
    { key: 'b', value: { doubleValue: 1.25 } },
    { key: 'c', value: { boolValue: true } },
    { key: 'd', value: { boolValue: false } },
    text('e', ''),
    text('f', '1e3'),
    text('g', '9223372036854775808'),
    { key: 'h', value: { intValue: '-9223372036854775808' } },
    text('i', '1.'),
    text('j', '-'),
    text('k', 'tru3'),
    { key: 'l', value: { intValue: '7' } },
  ])
})

t.test('a span without a time says so', async t => {
  const span = decode([{ ...ids, duration: 5 }]).resourceSpans[0]!.scopeSpans[0]!.spans[0]!
  t.match(span, {
    endTimeUnixNano: '5000',
    attributes: [{ key: 'otel.zipkin.absentField.startTime', value: { boolValue: true } }],
  })
})

t.test('spans of one resource and scope in a row share them', async t => {
  const span = (id: string, serviceName: string, scope: string) => ({
    traceId: '1',
    id,
    timestamp: 1,
    localEndpoint: { serviceName },
    tags: { 'otel.scope.name': scope },
  })
  const request = decode([span('1', 'a', 'x'), span('2', 'a', 'x'), span('3', 'a', 'y'), span('4', 'b', 'y')])
  t.same(
    request.resourceSpans.map(({ resource, scopeSpans }) => [
      (resource['attributes'] as { value: Plain }[])[0]!.value['stringValue'],
      scopeSpans[0]!.scope!['name'],
      scopeSpans[0]!.spans.map(({ spanId }) => Number(spanId)),
    ]),
    [
      ['a', 'x', [1, 2]],
      ['a', 'y', [3]],
      ['b', 'y', [4]],
    ],
  )
})

for (const [what, body] of [
  ['an object', '{}'],
  ['a span without an id', [{ traceId: '1' }]],
  ['a trace id of zero', [{ traceId: '0', id: '1' }]],
  ['an id that is not hexadecimal', [{ traceId: '1', id: 'xyz' }]],
  ['an id that is too long', [{ traceId: '1', id: '12345678901234567' }]],
  ['a number as a tag', [{ ...ids, tags: { a: 1 } }]],
  ['a time as text', [{ ...ids, timestamp: '1' }]],
  ['a time with a fraction', [{ ...ids, timestamp: 1.5 }]],
  ['a negative duration', [{ ...ids, duration: -1 }]],
  ['a port above 16 bits', [{ ...ids, localEndpoint: { port: 65536 } }]],
  ['one key twice', '[{"traceId":"1","id":"2","id":"3"}]'],
  ['text after the list', '[] x'],
] as const) {
  t.test(`refuses ${what}`, async t => {
    t.throws(() => decodeV2Json(json(body), settings), { name: 'JsonError', reason: 'malformed' })
  })
}

t.test('limits hold at their value and refuse one more', async t => {
  const spans = ['1', '2'].map(id => ({
    traceId: '1',
    id,
    tags: { a: 'b' },
    annotations: [{ timestamp: 1, value: 'x' }],
  }))
  const formats = [
    [decodeV2Json, json(spans), 4],
    [decodeV2Proto, spansToProto(spans), 4],
    [decodeV1Json, json(spans.map(({ tags, ...span }) => span)), 4],
    [
      decodeV1Thrift,
      encodeThriftList(
        zipkinV1Span,
        spans.map((_, i) => ({ traceId: 1n, id: BigInt(i), annotations: [{ timestamp: 1n, value: 'x' }] })),
      ),
      4,
    ],
  ] as const
  for (const [decoder, bytes, elements] of formats) {
    t.equal(decoder(bytes, { ...settings, spansMax: 2, elementsMax: elements }).spanCount, 2)
    t.throws(() => decoder(bytes, { ...settings, spansMax: 1, elementsMax: elements }), {
      reason: 'budget',
    } as unknown as Error)
    t.throws(() => decoder(bytes, { ...settings, spansMax: 2, elementsMax: elements - 1 }), {
      reason: 'budget',
    } as unknown as Error)
  }
})

t.test('broken input is refused with its place, and what is taken is valid', async t => {
  t.ok(fuzzZipkin(1, 4000) > 400)
})

t.test('v1 in JSON: the address of the other side with true as its value, as py_zipkin writes it', async t => {
  const endpoint = { serviceName: 'db', ipv4: '10.0.0.9', port: 5432 }
  const span = { ...ids, name: 'q', timestamp: 1, binaryAnnotations: [{ key: 'sa', value: true, endpoint }] }
  const request = plain(decodeV1Json(json([span]), settings)) as unknown as Request
  t.match(request.resourceSpans[0]!.scopeSpans[0]!.spans[0], {
    attributes: [{ key: 'sa', value: { boolValue: true } }],
  })
  for (const value of [5, [], {}]) {
    const wrong = { ...span, binaryAnnotations: [{ key: 'sa', value }] }
    t.throws(() => decodeV1Json(json([wrong]), settings), { name: 'JsonError', reason: 'malformed' })
  }
  t.throws(() => decodeV1Json(json([{ ...span, annotations: [{ value: true }] }]), settings), { name: 'JsonError' })
})
