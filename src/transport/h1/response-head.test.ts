import t from 'tap'
import { fuzzHttp1Answers } from './http1-answers.fuzz.ts'
import { parseResponseHead } from './response-head.ts'

function parse(lines: string) {
  return parseResponseHead(`${lines}\r\n\r\n`, 20)
}

t.test('a head says how its body ends and whether the connection goes on', async t => {
  for (const [lines, framing, keepsAlive] of [
    ['HTTP/1.1 200 OK\r\ncontent-length: 3', 'length', true],
    ['HTTP/1.1 200 OK\r\ncontent-length: 0', 'none', true],
    ['HTTP/1.1 200\r\nContent-Length: 3', 'length', true],
    ['HTTP/1.1 200 \r\nContent-Length: \t3 \t', 'length', true],
    ['HTTP/1.1 200 Tr\xe8s bien\r\nTransfer-Encoding: Chunked', 'chunked', true],
    ['HTTP/1.1 200 OK\r\nx: y', 'close', false],
    ['HTTP/1.1 204 No Content\r\nx: y', 'none', true],
    ['HTTP/1.1 304 Not Modified\r\ncontent-length: 3', 'none', true],
    ['HTTP/1.1 503 Busy\r\ncontent-length: 3\r\nconnection: x, Close', 'length', false],
    ['HTTP/1.0 200 OK\r\ncontent-length: 3', 'length', false],
    ['HTTP/1.0 200 OK\r\ncontent-length: 3\r\nconnection: Keep-Alive', 'length', true],
  ] as const) {
    const head = parse(lines)
    t.same([head.framing, head.keepsAlive], [framing, keepsAlive], lines.split('\r\n').join(' | '))
  }
  t.equal(parse('HTTP/1.1 200 OK\r\nkeep-alive: timeout=5, max=100').keepAliveMs, 5000)
  t.equal(parse('HTTP/1.1 200 OK\r\nkeep-alive: max=100').keepAliveMs, -1)
  t.equal(parse('HTTP/1.1 200 OK\r\nA: 1\r\na: 2').header('a'), '1, 2')
})

for (const lines of [
  '',
  'SSH-2.0-OpenSSH',
  'HTTP/2 200 OK',
  'HTTP/1.2 200 OK',
  'HTTP/1.1  200 OK',
  'HTTP/1.1 20 OK',
  'HTTP/1.1 2000 OK',
  'HTTP/1.1 0200 OK',
  'HTTP/1.1 200OK',
  'HTTP/1.1\t200 OK',
  'HTTP/1.1 200 O\0K',
  'HTTP/1.1 200 OK\ncontent-length: 3',
  'HTTP/1.1 200 OK\r\ncontent-length: 3\r\ncontent-length: 3',
  'HTTP/1.1 200 OK\r\ncontent-length: 3, 3',
  'HTTP/1.1 200 OK\r\ncontent-length: -3',
  'HTTP/1.1 200 OK\r\ncontent-length: 0x3',
  'HTTP/1.1 200 OK\r\ncontent-length:',
  'HTTP/1.1 200 OK\r\ncontent-length : 3',
  'HTTP/1.1 200 OK\r\ncontent-length: 3\r\ntransfer-encoding: chunked',
  'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntransfer-encoding: chunked',
  'HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked',
  'HTTP/1.1 200 OK\r\ntransfer-encoding: identity',
  'HTTP/1.0 200 OK\r\ntransfer-encoding: chunked',
  'HTTP/1.1 200 OK\r\n folded: x',
  'HTTP/1.1 200 OK\r\na: b\r\n c',
  'HTTP/1.1 200 OK\r\na: b\rc',
  'HTTP/1.1 200 OK\r\na\0: b',
  'HTTP/1.1 200 OK\r\n: b',
  'HTTP/1.1 200 OK\r\nno colon',
  `HTTP/1.1 200 OK${'\r\na: b'.repeat(21)}`,
]) {
  t.test(`refuses ${JSON.stringify(lines.slice(0, 70))}`, async t => {
    t.throws(() => parse(lines), { name: 'Http1Error' })
  })
}

t.test('what is taken means the same to another parser, in whatever pieces it comes', async t => {
  t.ok((await fuzzHttp1Answers(1, 1500)) > 500)
})
