import t from 'tap'
import {
  decodeGrpcMessage,
  encodeGrpcMessage,
  formatGrpcTimeout,
  frameMessage,
  grpcStatusOfHttp,
  grpcStatusTrailers,
  parseGrpcTimeout,
  readUnaryMessage,
} from './grpc.ts'
import { headerIn } from './headers.ts'
import { decodeRpcStatus, encodeRpcStatus } from './rpc-status.ts'

t.test('a unary body is one message, exactly', async t => {
  const body = frameMessage(Buffer.from('abc'), true)
  t.same(readUnaryMessage(body, 3), { compressed: true, start: 5, end: 8 })
  for (const [name, bytes, expected] of [
    ['nothing', Buffer.alloc(0), 'empty'],
    ['four bytes', body.subarray(0, 4), 'cut_off'],
    ['one byte missing', body.subarray(0, 7), 'cut_off'],
    ['flag 2', Buffer.concat([Buffer.of(2), body.subarray(1)]), 'bad_flag'],
    ['two messages', Buffer.concat([body, body]), 'second_message'],
    ['half of a second', Buffer.concat([body, Buffer.of(0)]), 'second_message'],
    ['a length of four gigabytes', Buffer.of(0, 255, 255, 255, 255, 1), 'too_large'],
  ] as const) {
    t.equal(readUnaryMessage(bytes, 100), expected, name)
  }
  t.equal(readUnaryMessage(body, 2), 'too_large', 'one above the limit')
})

t.test('time-outs are read in every unit and written without losing a millisecond', async t => {
  for (const [value, expected] of [
    ['1H', 3_600_000],
    ['2M', 120_000],
    ['3S', 3000],
    ['40m', 40],
    ['5000u', 5],
    ['99999999n', 99.999999],
    ['123456789m', undefined],
    ['-1S', undefined],
    ['1.5S', undefined],
    ['10', undefined],
    ['', undefined],
    [undefined, undefined],
  ] as const) {
    t.equal(parseGrpcTimeout(value), expected, String(value))
  }
  for (const timeoutMs of [1, 999.2, 10_000, 99_999_999, 100_000_000, 1e12]) {
    const value = formatGrpcTimeout(timeoutMs)
    t.match(value, /^[0-9]{1,8}[HSm]$/)
    t.ok(parseGrpcTimeout(value)! >= timeoutMs, `${timeoutMs} -> ${value}`)
  }
})

t.test('messages survive their encoding, and hostile ones do no harm', async t => {
  for (const message of ['plain', '100% sure', 'naïve – ☂', 'line\nbreak', '']) {
    const encoded = encodeGrpcMessage(message)
    t.match(encoded, /^[\x20-\x7e]*$/)
    t.equal(decodeGrpcMessage(encoded), message.replace('\n', ' '))
  }
  t.equal(decodeGrpcMessage('bad % and %zz and %E'), 'bad % and %zz and %E')
  t.equal(decodeGrpcMessage('%ff%00x').length, 3)
  t.equal(decodeGrpcMessage('a'.repeat(1_000_000)).length, 1024)
})

t.test('a status with a delay carries RetryInfo, without one it carries none', async t => {
  const trailers = grpcStatusTrailers(14, 'come back', 1500)
  t.equal(headerIn(trailers, 'grpc-status'), '14')
  const details = Buffer.from(headerIn(trailers, 'grpc-status-details-bin')!, 'base64')
  t.same(decodeRpcStatus(details), { code: 14, message: 'come back', retryDelayMs: 1500 })
  t.equal(headerIn(grpcStatusTrailers(3, 'no'), 'grpc-status-details-bin'), undefined)
  // google.rpc.Status{code: 14, details: [Any{type_url, RetryInfo{Duration{seconds: 1, nanos: 500000000}}}]} by hand.
  const type = Buffer.from('type.googleapis.com/google.rpc.RetryInfo')
  const value = Buffer.of(0x12, 0x0a, 0x0a, 0x08, 0x08, 0x01, 0x10, 0x80, 0xca, 0xb5, 0xee, 0x01)
  const any = Buffer.concat([Buffer.of(0x0a, type.length), type, value])
  const expected = Buffer.concat([Buffer.of(0x08, 14, 0x1a, any.length), any])
  t.same(Buffer.from(encodeRpcStatus({ code: 14, message: '', retryDelayMs: 1500 })), expected)
})

t.test('a broken status is no advice', async t => {
  t.equal(decodeRpcStatus(Buffer.of(0x08)), undefined)
  t.same(decodeRpcStatus(Buffer.alloc(0)), { code: 0, message: '', retryDelayMs: undefined })
  const past = encodeRpcStatus({ code: 14, message: '', retryDelayMs: 1000 })
  const seconds = past.lastIndexOf(0x08)
  const negative = Buffer.concat([past.subarray(0, seconds + 1), Buffer.of(0xff)])
  t.equal(decodeRpcStatus(negative), undefined)
})

t.test('an HTTP status without a gRPC status maps as gRPC says', async t => {
  const mapped = [400, 401, 403, 404, 429, 502, 503, 504, 500, 200].map(grpcStatusOfHttp)
  t.same(mapped, [13, 16, 7, 12, 14, 14, 14, 14, 2, 2])
})
