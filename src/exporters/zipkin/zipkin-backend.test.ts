import { createServer } from 'node:http'
import t from 'tap'
import { parseConfig } from '../../config/parse-config.ts'
import { componentSettings } from '../../testkit/component-settings.ts'
import { encodePlain } from '../../testkit/otlp-oracle.ts'
import { listOfSpans, spansToProto, type ZipkinSpan } from '../../testkit/zipkin-oracle.ts'
import { zipkinExporterConfig } from './config.ts'
import { ipv6Bytes } from './encode-proto.ts'
import { ZipkinBackend } from './zipkin-backend.ts'

const ids = { traceId: Buffer.alloc(16, 1), spanId: Buffer.alloc(8, 2) }
const text = (key: string, stringValue: string) => ({ key, value: { stringValue } })
const request = (spans: object[], resource: object[] = [text('service.name', 'shop')], scope: object = {}) =>
  encodePlain('traces', { resourceSpans: [{ resource: { attributes: resource }, scopeSpans: [{ scope, spans }] }] })

type Tap = { teardown(action: () => void | Promise<void>): void }

/** A server that answers as it is told and remembers what came. */
async function setUp(t: Tap, keys = '') {
  const world = { status: 202, headers: {} as Record<string, string>, bodies: [] as Buffer[], types: [] as unknown[] }
  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = []
    incoming.on('data', chunk => chunks.push(chunk))
    incoming.on('end', () => {
      world.bodies.push(Buffer.concat(chunks))
      world.types.push(incoming.headers['content-type'])
      response.writeHead(world.status, world.headers).end()
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.close()
  })
  const { port } = server.address() as { port: number }
  const config = parseConfig(zipkinExporterConfig, `{endpoint: "http://127.0.0.1:${port}/api/v2/spans"${keys}}`)
  const backend = new ZipkinBackend(config, componentSettings('zipkin'))
  await backend.start()
  t.teardown(() => backend.shutdown())
  const send = (bytes: Uint8Array, itemCount = 1) =>
    backend.send(
      { signal: 'traces', parts: [bytes], itemCount, byteCount: bytes.length, metadata: undefined },
      { timeoutMs: 5000, signal: new AbortController().signal },
    )
  const sent = () => JSON.parse(world.bodies.at(-1)!.toString()) as ZipkinSpan[]
  return { world, send, sent }
}

t.test('a whole span in JSON', async t => {
  const { send, sent, world } = await setUp(t)
  const span = {
    ...ids,
    parentSpanId: Buffer.alloc(8, 3),
    name: 'GET /',
    kind: 3,
    startTimeUnixNano: '1700000000000001999',
    endTimeUnixNano: '1700000000000003000',
    traceState: 'a=b',
    attributes: [
      text('http.method', 'GET'),
      { key: 'n', value: { intValue: '9007199254740993' } },
      { key: 'd', value: { doubleValue: 0.5 } },
      { key: 'l', value: { arrayValue: { values: [{ intValue: '1' }, { boolValue: true }] } } },
      { key: 'b', value: { bytesValue: Buffer.from([0, 255]) } },
      text('network.peer.address', '2001:db8::1'),
      { key: 'net.peer.port', value: { intValue: '443' } },
      text('service.peer.name', 'cart'),
      text('network.local.address', '10.0.0.7'),
    ],
    events: [
      { timeUnixNano: '1700000000000002000', name: 'plain' },
      {
        timeUnixNano: '1700000000000002000',
        name: 'rich',
        attributes: [{ key: 'n', value: { intValue: '5' } }],
        droppedAttributesCount: 1,
      },
    ],
    links: [{ ...ids, traceState: 'x=y', attributes: [text('k', 'v')] }],
    status: { code: 2, message: 'no' },
  }
  t.same(await send(request([span], undefined, { name: 'lib', version: '1' })), {
    kind: 'accepted',
    rejectedCount: 0,
    message: '',
  })
  t.equal(world.types[0], 'application/json')
  t.same(sent(), [
    {
      traceId: '01'.repeat(16),
      parentId: '03'.repeat(8),
      id: '02'.repeat(8),
      kind: 'CLIENT',
      name: 'GET /',
      timestamp: 1700000000000001,
      duration: 1,
      localEndpoint: { serviceName: 'shop', ipv4: '10.0.0.7' },
      remoteEndpoint: { serviceName: 'cart', ipv6: '2001:db8::1', port: 443 },
      annotations: [
        { timestamp: 1700000000000002, value: 'plain' },
        { timestamp: 1700000000000002, value: 'rich|{"n":5}|1' },
      ],
      tags: {
        'otel.scope.name': 'lib',
        'otel.library.name': 'lib',
        'otel.scope.version': '1',
        'otel.library.version': '1',
        'http.method': 'GET',
        n: '9007199254740993',
        d: '0.5',
        l: '[1,true]',
        b: 'AP8=',
        error: 'true',
        'otel.status_code': 'ERROR',
        'otel.status_description': 'no',
        'w3c.tracestate': 'a=b',
        'otlp.link.0': `${'01'.repeat(16)}|${'02'.repeat(8)}|x=y|{"k":"v"}|0`,
      },
    },
  ])
})

for (const [what, resource, expected] of [
  [
    'service.name',
    [text('service.name', 'a'), text('faas.name', 'b')],
    { localEndpoint: { serviceName: 'a' }, tags: { 'faas.name': 'b' } },
  ],
  [
    'another name',
    [text('k8s.deployment.name', 'b')],
    { localEndpoint: { serviceName: 'b' }, tags: { 'otlp.service.name.source': 'k8s.deployment.name' } },
  ],
  [
    'the default name',
    [text('host.name', 'h')],
    { localEndpoint: { serviceName: '<missing service name>' }, tags: { 'host.name': 'h' } },
  ],
] as const) {
  t.test(`the service name: ${what}`, async t => {
    const { send, sent } = await setUp(t)
    await send(request([ids], [...resource]))
    t.match(sent()[0], expected)
  })
}

t.test('an error tag goes only with an error, and its text stays', async t => {
  const { send, sent } = await setUp(t)
  await send(
    request([
      { ...ids, attributes: [text('error', 'x')], status: { code: 1 } },
      { ...ids, attributes: [text('error', 'boom')], status: { code: 2 } },
    ]),
  )
  t.same(
    sent().map(({ tags }) => tags),
    [{ 'otel.status_code': 'OK' }, { error: 'boom', 'otel.status_code': 'ERROR' }],
  )
})

t.test('spans without ids stay behind and are counted, the others go', async t => {
  const { send, sent, world } = await setUp(t)
  t.match(await send(request([ids, { spanId: ids.spanId }]), 2), {
    kind: 'accepted',
    rejectedCount: 1,
    message: /1 spans/,
  })
  t.equal(sent().length, 1)
  t.match(await send(request([{ traceId: Buffer.alloc(16), spanId: ids.spanId }])), { rejectedCount: 1 })
  t.equal(world.bodies.length, 1, 'nothing to send is nothing sent')
})

t.test('the same spans in protobuf, as protobufjs reads them', async t => {
  const { send, world } = await setUp(t, ', format: proto')
  const spans = [
    {
      ...ids,
      kind: 2,
      name: 'x',
      startTimeUnixNano: '1000',
      endTimeUnixNano: '9000',
      attributes: [text('network.local.address', '::1'), text('k', 'v')],
      events: [{ timeUnixNano: '2000', name: 'e' }],
    },
  ]
  await send(request(spans))
  t.equal(world.types[0], 'application/x-protobuf')
  const expected = spansToProto([
    {
      traceId: '01'.repeat(16),
      id: '02'.repeat(8),
      kind: 'SERVER',
      name: 'x',
      timestamp: 1,
      duration: 8,
      localEndpoint: { serviceName: 'shop', ipv6: '::1' },
      annotations: [{ timestamp: 2, value: 'e' }],
      tags: { k: 'v' },
    },
  ])
  t.same(listOfSpans.decode(world.bodies[0]!).toJSON(), listOfSpans.decode(expected).toJSON())
})

t.test('answers decide what happens next', async t => {
  const { send, world } = await setUp(t)
  for (const [status, headers, expected] of [
    [200, {}, { kind: 'accepted' }],
    [400, {}, { kind: 'refused', refusal: { kind: 'permanent' } }],
    [413, {}, { kind: 'too_large' }],
    [503, { 'retry-after': '7' }, { kind: 'refused', refusal: { kind: 'overloaded', retryDelayMs: 7000 } }],
  ] as const) {
    world.status = status
    world.headers = headers
    const result = await send(request([ids]))
    t.equal(result.kind, expected.kind, String(status))
    if ('refusal' in expected && result.kind === 'refused') t.match({ ...result.refusal }, expected.refusal)
  }
})

t.test('IPv6 addresses in all their forms', async t => {
  for (const [address, hex] of [
    ['::', '0'.repeat(32)],
    ['::1', `${'0'.repeat(31)}1`],
    ['2001:db8::c001', '20010db800000000000000000000c001'],
    ['1:2:3:4:5:6:7:8', '00010002000300040005000600070008'],
    ['::ffff:1.2.3.4', '00000000000000000000ffff01020304'],
    ['fe80::1%eth0', 'fe800000000000000000000000000001'],
  ] as const) {
    t.equal(Buffer.from(ipv6Bytes(address)).toString('hex'), hex, address)
  }
})
