import { gzipSync } from 'node:zlib'
import t from 'tap'
import { encodeResponseJson, encodeResponseProtobuf } from '../pdata/export-response.ts'
import { type ClientResponse, type GrpcResponse, TransportError, type TransportFailure } from '../transport/client.ts'
import { encodeRpcStatus } from '../transport/rpc-status.ts'
import { resultOfGrpc, resultOfHttp, resultOfTransportError } from './otlp-answers.ts'
import { proxyFromEnvironment } from './proxy-environment.ts'
import { parseRetryAfter } from './retry-after.ts'

const wallMs = Date.UTC(2026, 10, 21, 8, 0, 0)

function grpc(status: number, message = '', retryDelayMs?: number, body: Uint8Array = new Uint8Array(0)): GrpcResponse {
  return { status, message, retryDelayMs, body, header: () => undefined, trailer: () => undefined }
}

function http(status: number, headers: Record<string, string> = {}, body: Uint8Array | string = ''): ClientResponse {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body
  return { status, body: bytes, header: name => headers[name], trailer: () => undefined }
}

const ofHttp = (response: ClientResponse) => resultOfHttp('traces', 'http://b/v1/traces', response, wallMs)

// https://opentelemetry.io/docs/specs/otlp/#failures, written out from the specification
const retriedCodes = [1, 4, 10, 11, 14, 15]

for (let code = 1; code <= 16; code++) {
  t.test(`gRPC status ${code} is ${retriedCodes.includes(code) ? '' : 'not '}tried again`, async t => {
    const result = resultOfGrpc(grpc(code))
    t.match(result, { kind: 'refused', refusal: { grpcStatus: code } })
    t.equal(result.kind === 'refused' && result.refusal.kind !== 'permanent', retriedCodes.includes(code))
  })
}

t.test('RESOURCE_EXHAUSTED is tried again only with RetryInfo, after its delay', async t => {
  t.match(resultOfGrpc(grpc(8, 'busy')), { kind: 'refused', refusal: { kind: 'permanent' } })
  t.match(resultOfGrpc(grpc(8, 'busy', 0)), { refusal: { kind: 'overloaded', retryDelayMs: 0 } })
  t.match(resultOfGrpc(grpc(8, 'too large', 5000)), {
    kind: 'refused',
    refusal: { kind: 'overloaded', retryDelayMs: 5000 },
  })
})

t.test('RESOURCE_EXHAUSTED in the words of the gRPC libraries means too large', async t => {
  for (const message of [
    'grpc: received message larger than max (5000000 vs. 4194304)',
    'Received message larger than max (5000000 vs 4194304)',
    'gRPC message exceeds maximum size 4194304: 5000000',
    'CLIENT: Sent message larger than max (5 vs 4)',
  ]) {
    t.equal(resultOfGrpc(grpc(8, message)).kind, 'too_large', message)
  }
})

for (let status = 400; status < 600; status++) {
  const isRetried = [429, 502, 503, 504].includes(status)
  const result = ofHttp(http(status))
  if (status === 413) t.equal(result.kind, 'too_large', '413')
  else t.equal(result.kind === 'refused' && result.refusal.kind !== 'permanent', isRetried, `HTTP ${status}`)
}

t.test('redirects are final: OTLP has none', async t => {
  t.match(ofHttp(http(505)), { refusal: { kind: 'permanent', reason: 'backend_refused' } })
  for (const status of [301, 302, 307, 308]) t.match(ofHttp(http(status)), { refusal: { kind: 'permanent' } })
})

t.test('Retry-After counts on any status that is tried again, as seconds and as a date', async t => {
  for (const status of [429, 502, 503, 504]) {
    t.match(ofHttp(http(status, { 'retry-after': '7' })), { refusal: { retryDelayMs: 7000 } })
    t.match(ofHttp(http(status, { 'retry-after': 'Sat, 21 Nov 2026 08:00:30 GMT' })), {
      refusal: { retryDelayMs: 30_000 },
    })
  }
})

for (const [value, expected] of [
  ['0', 0],
  ['120', 120_000],
  [' 3 ', 3000],
  ['99999999', 3_600_000],
  ['Sat, 21 Nov 2026 08:02:00 GMT', 120_000],
  ['Saturday, 21-Nov-26 08:02:00 GMT', 120_000],
  ['Sat Nov 21 08:02:00 2026', 120_000],
  ['Sat, 21 Nov 2026 07:00:00 GMT', 0],
  ['-1', undefined],
  ['1.5', undefined],
  ['soon', undefined],
  ['Sat, 99 Nov 2026', undefined],
  ['2026-11-21T08:02:00Z', undefined],
  ['', undefined],
] as const) {
  t.equal(parseRetryAfter(value, wallMs), expected, `Retry-After: ${value}`)
}

t.test('a partial success is final, whatever it says', async t => {
  const partial = { rejectedCount: 3, message: 'bad' }
  const expected = { kind: 'accepted', ...partial }
  t.match(resultOfGrpc(grpc(0, '', undefined, encodeResponseProtobuf(partial))), expected)
  t.match(ofHttp(http(200, {}, encodeResponseProtobuf(partial))), expected)
  t.match(ofHttp(http(200, { 'content-type': 'application/json' }, encodeResponseJson('traces', partial))), expected)
})

t.test('a success with a body that nobody can read stays a success, and is mentioned', async t => {
  t.match(ofHttp(http(200, { 'content-type': 'application/json' }, '<html>')), {
    kind: 'accepted',
    message: /not an OTLP/,
  })
  t.match(resultOfGrpc(grpc(0, '', undefined, Buffer.from('<html>'))), { kind: 'accepted', message: /not an OTLP/ })
  t.strictSame(ofHttp(http(202)), { kind: 'accepted' })
})

t.test('shows what a refusal says: a Status, or the start of a page on one line', async t => {
  const status = encodeRpcStatus({ code: 3, message: 'no such tenant', retryDelayMs: undefined })
  const message = (response: ClientResponse) => {
    const result = ofHttp(response)
    return result.kind === 'accepted' ? '' : result.refusal.message
  }
  t.equal(
    message(http(400, { 'content-type': 'application/x-protobuf' }, status)),
    'http://b/v1/traces answered 400: no such tenant',
  )
  const json = { 'content-type': 'application/json; charset=utf-8' }
  t.match(message(http(400, json, '{"code":3,"message":"no such tenant"}')), /: no such tenant$/)
  const page = `<html>\n<body>\u0007 Bad gateway ${'x'.repeat(10_000)}`
  t.match(message(http(502, { 'content-type': 'text/html' }, page)), /502: <html> <body> Bad gateway x+\.\.\.$/)
  t.ok(message(http(502, { 'content-type': 'text/html' }, page)).length < 300)
})

for (const [kind, expected] of [
  ['connect', 'retryable'],
  ['lost', 'retryable'],
  ['timeout', 'retryable'],
  ['aborted', 'retryable'],
  ['response_too_large', 'permanent'],
  ['protocol', 'retryable'],
] as const satisfies readonly (readonly [TransportFailure, string])[]) {
  t.match(resultOfTransportError(new TransportError(kind, 'x')), {
    refusal: { kind: expected, reason: `backend_${kind}` },
  })
}

t.test('an answer that is broken behind its status counts by that status', async t => {
  const ofBroken = (status: number) => resultOfTransportError(new TransportError('protocol', 'x', undefined, status))
  t.match(ofBroken(200), { kind: 'accepted', message: /success, but is broken: x/ })
  t.match(ofBroken(503), { kind: 'refused', refusal: { kind: 'overloaded', httpStatus: 503 } })
  t.match(ofBroken(400), { kind: 'refused', refusal: { kind: 'permanent', httpStatus: 400 } })
  t.match(ofBroken(413), { kind: 'too_large' })
})

t.test('a compressed answer is read, though nobody asked for one', async t => {
  const partial = { rejectedCount: 3, message: 'bad' }
  const zipped = (body: Uint8Array) => gzipSync(body) as Uint8Array
  const gzip = { 'content-encoding': 'gzip' }
  t.match(ofHttp(http(200, gzip, zipped(encodeResponseProtobuf(partial)))), { kind: 'accepted', ...partial })
  const status = encodeRpcStatus({ code: 3, message: 'no such tenant', retryDelayMs: undefined })
  t.match(ofHttp(http(400, gzip, zipped(status))), { refusal: { message: /no such tenant/ } })
  t.match(ofHttp(http(200, gzip, Buffer.from('none'))), { kind: 'accepted', message: /not an OTLP/ })
  const bomb = zipped(Buffer.alloc(8 << 20))
  t.match(
    ofHttp(http(200, gzip, bomb)),
    { kind: 'accepted', message: /not an OTLP/ },
    'nothing is inflated without end',
  )
})

t.throws(() => resultOfTransportError(new TypeError('a bug')), TypeError, 'a bug stays a bug')

t.test('takes the proxy from the environment as others do', async t => {
  const environment = {
    HTTPS_PROXY: 'http://p:3128',
    http_proxy: 'q:8080',
    NO_PROXY: 'internal.net, .corp:4318, *.lan',
  }
  const proxyOf = (url: string) => proxyFromEnvironment(new URL(url), environment)
  t.equal(proxyOf('https://backend/'), 'http://p:3128')
  t.equal(proxyOf('http://backend/'), 'http://q:8080')
  for (const url of ['http://internal.net/', 'http://a.internal.net/', 'http://x.corp:4318', 'http://a.lan']) {
    t.equal(proxyOf(url), undefined, url)
  }
  t.equal(proxyOf('http://x.corp:80'), 'http://q:8080')
  t.equal(proxyOf('http://localhost:4318'), undefined)
  t.equal(proxyFromEnvironment(new URL('http://a'), { HTTP_PROXY: 'http://p', NO_PROXY: '*' }), undefined)
})

t.test('a redirect says where to, and no message shows user, password or query of a URL', async t => {
  const answered = http(301, { location: 'https://c.example/v1/traces?key=s3cret' })
  const result = resultOfHttp('traces', 'http://user:s3cret@b:4318/v1/traces?key=s3cret', answered, wallMs)
  t.match(result, {
    refusal: {
      kind: 'permanent',
      message:
        'http://b:4318/v1/traces answered 301, to https://c.example/v1/traces; write that address in the configuration',
    },
  })
})
