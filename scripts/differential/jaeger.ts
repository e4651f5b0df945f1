// Sends the same Jaeger payloads through a real Collector and through our decoders and prints where they differ.
// Run: node scripts/differential/jaeger.ts <otelcol binary> [count]
import { createSocket } from 'node:dgram'
import { setTimeout as sleep } from 'node:timers/promises'
import grpc from '@grpc/grpc-js'
import { jsonToOtlp } from '../../src/pdata/json-to-otlp.ts'
import { decodePostSpans } from '../../src/receivers/jaeger/proto-batch.ts'
import { decodeThriftBatch, decodeThriftMessage } from '../../src/receivers/jaeger/thrift-batch.ts'
import { batchToProto, jaegerBatch, randomBatch } from '../../src/testkit/jaeger-oracle.ts'
import { SeededRandom } from '../../src/testkit/seeded-random.ts'
import { encodeThrift, type ThriftValue } from '../../src/testkit/thrift-oracle.ts'
import { CollectorPeer } from './collector-peer.ts'
import { Tally } from './compare.ts'

const [binary = '/tmp/peers/otelcol', count = '200'] = process.argv.slice(2)
const limits = { spansMax: 100_000, elementsMax: 1_000_000 }
const ports = { grpc: 24250, http: 24268, compact: 26831, binary: 26832 }
const random = new SeededRandom(42)

/** Where we mean to differ, and why: the README of the receiver says it to users. */
const explained: readonly (readonly [RegExp, string])[] = [
  [/^\.record\.flags/, 'the sampled flag is kept'],
  [/^\.record\.links/, 'a child_of reference to another trace is kept as a link, whatever its span id'],
  [/^\.record\.(attributes\."w3c\.tracestate"|traceState)/, 'thrift: tracestate is moved to its field'],
  [
    /^(\.scopeGroup|\.record\.attributes(\."otel\.scope\.(name|version)"|:))/,
    'thrift: the scope is moved to its fields',
  ],
]
const reserved =
  /^(span\.kind|error|otel\..*|http\.status_.*|w3c\.tracestate|event|hostname|host\.name|jaeger\.version)$/

/** Reserved tags only with the types that they have in reality; what we do with others is said in the README. */
function plausible(batch: ThriftValue): ThriftValue {
  const isPlausible = (tag: ThriftValue) =>
    !reserved.test(tag['key'] as string) ||
    (tag['key'] === 'error'
      ? true
      : tag['vType'] === 0 && (tag['key'] !== 'span.kind' || /^(server|client)$/.test(tag['vStr'] as string)))
  const list = (value: unknown) => (value as ThriftValue[]).filter(isPlausible)
  const process = batch['process'] as ThriftValue
  return {
    process: { ...process, tags: list(process['tags']) },
    spans: (batch['spans'] as ThriftValue[]).map(span => ({
      ...span,
      tags: list(span['tags']),
      logs: (span['logs'] as ThriftValue[]).map(log => ({ ...log, fields: list(log['fields']) })),
    })),
  }
}

const batches = Array.from({ length: Number(count) }, () => plausible(randomBatch(random))).filter(
  batch => (batch['spans'] as unknown[]).length > 0,
)

const client = new grpc.Client(`127.0.0.1:${ports.grpc}`, grpc.credentials.createInsecure())
const postSpans = (bytes: Uint8Array) =>
  new Promise<void>((resolve, reject) =>
    client.makeUnaryRequest(
      '/jaeger.api_v2.CollectorService/PostSpans',
      (body: Uint8Array) => Buffer.from(body),
      (body: Buffer) => body,
      bytes,
      error => (error ? reject(error) : resolve()),
    ),
  )
const udp = createSocket('udp4')
const datagram = async (port: number, bytes: Uint8Array) => {
  await new Promise(resolve => udp.send(bytes, port, '127.0.0.1', resolve))
  await sleep(5)
}
const post = async (bytes: Uint8Array) => {
  const response = await fetch(`http://127.0.0.1:${ports.http}/api/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-thrift' },
    body: bytes as Uint8Array<ArrayBuffer>,
  })
  if (response.status !== 202) throw new Error(`${response.status}: ${await response.text()}`)
}

const ways = {
  thrift_http: {
    encode: (batch: (typeof batches)[0]) => encodeThrift('binary', jaegerBatch, batch),
    send: post,
    decode: (bytes: Uint8Array) => decodeThriftBatch(bytes, limits),
  },
  thrift_compact: {
    encode: (batch: (typeof batches)[0]) => encodeThrift('compact', jaegerBatch, batch, 'emitBatch'),
    send: (bytes: Uint8Array) => datagram(ports.compact, bytes),
    decode: (bytes: Uint8Array) => decodeThriftMessage(bytes, 'compact', limits),
  },
  thrift_binary: {
    encode: (batch: (typeof batches)[0]) => encodeThrift('binary', jaegerBatch, batch, 'emitBatch'),
    send: (bytes: Uint8Array) => datagram(ports.binary, bytes),
    decode: (bytes: Uint8Array) => decodeThriftMessage(bytes, 'binary', limits),
  },
  grpc: { encode: batchToProto, send: postSpans, decode: (bytes: Uint8Array) => decodePostSpans(bytes, limits) },
}

const peer = new CollectorPeer(
  binary,
  `  jaeger:
    protocols:
      grpc: { endpoint: 127.0.0.1:${ports.grpc} }
      thrift_http: { endpoint: 127.0.0.1:${ports.http} }
      thrift_compact: { endpoint: 127.0.0.1:${ports.compact} }
      thrift_binary: { endpoint: 127.0.0.1:${ports.binary} }`,
  ['jaeger'],
)
try {
  await peer.ready()
  let seen = 0
  for (const [way, { encode, send, decode }] of Object.entries(ways)) {
    for (const batch of batches) await send(encode(batch))
    const lines = (await peer.lines()).slice(seen)
    seen += lines.length
    const tally = new Tally(explained)
    tally.compare(
      batches.map(batch => decode(encode(batch)).bytes),
      lines.map(line => jsonToOtlp('traces', Buffer.from(line))),
    )
    tally.print(way)
  }
} finally {
  peer.stop()
  udp.close()
  client.close()
}
