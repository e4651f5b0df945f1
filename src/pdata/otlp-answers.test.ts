import { fileURLToPath } from 'node:url'
import protobuf from 'protobufjs'
import t from 'tap'
import {
  decodeResponseJson,
  decodeResponseProtobuf,
  encodeResponseJson,
  encodeResponseProtobuf,
  fullSuccessJson,
  fullSuccessProtobuf,
} from './export-response.ts'
import { encodeStatusJson, encodeStatusProtobuf } from './rpc-status.ts'

const protoFolder = fileURLToPath(new URL('../../proto/', import.meta.url))
const root = new protobuf.Root()
root.resolvePath = (_origin, target) => (target.startsWith('google/protobuf/') ? target : protoFolder + target)
root.loadSync([
  'google/rpc/status.proto',
  'google/rpc/error_details.proto',
  'opentelemetry/proto/collector/logs/v1/logs_service.proto',
])
const decode = (name: string, bytes: Uint8Array) => {
  const type = root.lookupType(name)
  return type.toObject(type.decode(bytes), { longs: String })
}

const status = {
  code: 14,
  message: 'queue is full – come again',
  retryDelayMs: 1500.25,
  violations: [{ field: 'byte 17', description: 'a value was expected' }],
}

t.test('a status in protobuf is what protobufjs reads', async t => {
  const read = decode('google.rpc.Status', encodeStatusProtobuf(status))
  t.match(read, { code: 14, message: status.message })
  const [retry, bad] = read['details'] as { type_url: string; value: Uint8Array }[]
  t.equal(retry?.type_url, 'type.googleapis.com/google.rpc.RetryInfo')
  t.same(decode('google.rpc.RetryInfo', retry!.value), { retryDelay: { seconds: '1', nanos: 500250000 } })
  t.equal(bad?.type_url, 'type.googleapis.com/google.rpc.BadRequest')
  t.same(decode('google.rpc.BadRequest', bad!.value), { fieldViolations: status.violations })
  t.same(decode('google.rpc.Status', encodeStatusProtobuf({ code: 3, message: 'no' })), { code: 3, message: 'no' })
})

t.test('a status in JSON', async t => {
  t.same(JSON.parse(Buffer.from(encodeStatusJson(status)).toString()), {
    code: 14,
    message: status.message,
    details: [
      { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '1.500250000s' },
      { '@type': 'type.googleapis.com/google.rpc.BadRequest', fieldViolations: status.violations },
    ],
  })
  for (const [retryDelayMs, retryDelay] of [
    [1000, '1s'],
    [250, '0.250s'],
    [0, '0s'],
  ] as const) {
    t.match(JSON.parse(Buffer.from(encodeStatusJson({ code: 8, message: '', retryDelayMs })).toString()), {
      details: [{ retryDelay }],
    })
  }
})

t.test('a partial success goes out and comes back in both encodings', async t => {
  const partial = { rejectedCount: 5_000_000_000, message: 'zero ids' }
  const bytes = encodeResponseProtobuf(partial)
  t.same(decode('opentelemetry.proto.collector.logs.v1.ExportLogsServiceResponse', bytes), {
    partialSuccess: { rejectedLogRecords: '5000000000', errorMessage: 'zero ids' },
  })
  t.same(decodeResponseProtobuf(bytes), partial)
  for (const signal of ['traces', 'metrics', 'logs'] as const) {
    t.same(decodeResponseJson(signal, encodeResponseJson(signal, partial)), partial)
  }
  t.match(Buffer.from(encodeResponseJson('traces', partial)).toString(), /"rejectedSpans":"5000000000"/)
  t.same(decodeResponseJson('metrics', Buffer.from('{"partialSuccess":{"rejectedDataPoints":2}}')), {
    rejectedCount: 2,
    message: '',
  })
})

t.test('full success is nothing, and broken answers say so', async t => {
  t.equal(decodeResponseProtobuf(fullSuccessProtobuf), undefined)
  t.equal(decodeResponseJson('logs', fullSuccessJson), undefined)
  t.equal(decodeResponseJson('logs', Buffer.from('[]')), undefined)
  t.throws(() => decodeResponseProtobuf(Uint8Array.of(0x0a, 0x05)), { name: 'WireError' })
  t.throws(() => decodeResponseJson('logs', Buffer.from('<html>')), { name: 'SyntaxError' })
})
