import { EventEmitter } from 'node:events'
import http from 'node:http'
import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { SeededRandom } from '../../testkit/seeded-random.ts'
import { Http1ClientConnection } from './http1-client-connection.ts'

/** What came of an answer: its parts, or why there is none. */
interface Outcome {
  readonly answer: string | undefined
  readonly failure: string | undefined
  /** With the head. */
  readonly answerBytes?: number
}

/**
 * Answers, whole and mutated, into our client and into node:http (llhttp). Whatever ours takes must mean the same there;
 * what was not mutated must be taken by both; and pieces must not matter. Returns how many were taken.
 */
export async function fuzzHttp1Answers(seed: number, count: number): Promise<number> {
  const random = new SeededRandom(seed)
  let taken = 0
  for (let round = 0; round < count; round++) {
    const valid = answerOf(random)
    const isMutated = random.chance(0.7)
    const bytes = isMutated ? mutated(random, valid) : valid
    const whole = play([bytes])
    const ours = play(Array.from(bytes, byte => Buffer.from([byte])))
    const inPieces = play(piecesOf(random, bytes))
    const context = `seed ${seed}, round ${round}: ${JSON.stringify(bytes.toString('latin1'))}`
    for (const other of [whole, inPieces]) {
      if (ours.answer === other.answer && ours.failure === other.failure) continue
      throw new Error(`pieces matter: ${JSON.stringify([ours, other])}; ${context}`)
    }
    if (!isMutated && ours.answer === undefined) throw new Error(`refused, ${ours.failure}; ${context}`)
    if (ours.answer === undefined) continue
    taken++
    // White space behind a value is none of it (RFC 9110, section 5.5); llhttp takes a tab there for another coding.
    if (/transfer-encoding:[^\r]*chunked[\t ]+\r/i.test(bytes.toString('latin1'))) continue
    // Behind the answer the other parser would look for another one.
    const answer = bytes.subarray(0, ours.answerBytes)
    let theirs = await playToNode(answer)
    // Chunk extensions and trailers are read over here and looked at there.
    if (theirs.answer === undefined) theirs = await playToNode(withoutExtras(answer))
    if (theirs.answer !== ours.answer)
      throw new Error(`theirs ${JSON.stringify(theirs)}, ours ${ours.answer}; ${context}`)
  }
  return taken
}

function answerOf(random: SeededRandom): Buffer {
  let interim = ''
  while (random.chance(0.1))
    interim += random.pick(['HTTP/1.1 100 Continue\r\n\r\n', 'HTTP/1.1 103 Early\r\na: b\r\n\r\n'])
  const status = random.pick([200, 200, 200, 204, 304, 400, 429, 503])
  const reason = random.pick([' OK', ' ', '', ' Too  Many', ' \xe9'])
  const body = Buffer.from(random.bytes(random.below(60)))
  const fields: string[] = []
  while (random.chance(0.5)) fields.push(`X-${random.below(5)}:${random.pick([' ', '', '\t '])}v${random.below(100)}`)
  if (random.chance(0.3)) fields.push(`Connection: ${random.pick(['close', 'keep-alive', 'Keep-Alive, x'])}`)
  const framing = status === 204 || status === 304 ? 'none' : random.pick(['length', 'length', 'chunked', 'close'])
  if (framing === 'length') fields.push(`Content-Length: ${body.length}`)
  if (framing === 'chunked') fields.push('Transfer-Encoding: chunked')
  const head = `${interim}HTTP/1.1 ${status}${reason}\r\n${random
    .shuffle(fields)
    .map(each => `${each}\r\n`)
    .join('')}\r\n`
  const pieces: Uint8Array[] = [Buffer.from(head, 'latin1')]
  if (framing === 'chunked') pieces.push(...chunked(random, body))
  else if (framing !== 'none') pieces.push(body)
  return Buffer.concat(pieces)
}

function chunked(random: SeededRandom, body: Buffer): Uint8Array[] {
  const pieces: Uint8Array[] = []
  for (let offset = 0; offset < body.length; ) {
    const end = Math.min(body.length, offset + 1 + random.below(20))
    pieces.push(Buffer.from(`${(end - offset).toString(16)}${random.chance(0.2) ? ';a=b' : ''}\r\n`))
    pieces.push(body.subarray(offset, end), Buffer.from('\r\n'))
    offset = end
  }
  pieces.push(Buffer.from(random.chance(0.2) ? '0\r\nx: y\r\n\r\n' : '0\r\n\r\n'))
  return pieces
}

/** A chunked answer without its extensions and trailers, others as they are: read the plain way. */
function withoutExtras(bytes: Buffer): Buffer {
  let start = 0
  while (/^HTTP\/1\.[01] 1/.test(bytes.toString('latin1', start, start + 10)))
    start = bytes.indexOf('\r\n\r\n', start) + 4
  start = bytes.indexOf('\r\n\r\n', start) + 4
  if (!/\r\ntransfer-encoding:/i.test(bytes.toString('latin1', 0, start))) return bytes
  const pieces: Uint8Array[] = [bytes.subarray(0, start)]
  for (;;) {
    const lineEnd = bytes.indexOf('\r\n', start)
    const size = bytes.toString('latin1', start, lineEnd).split(';')[0]!
    const end = lineEnd + 2 + Number.parseInt(size, 16)
    if (end === lineEnd + 2) return Buffer.concat([...pieces, Buffer.from('0\r\n\r\n')])
    pieces.push(Buffer.from(`${size}\r\n`), bytes.subarray(lineEnd + 2, end), Buffer.from('\r\n'))
    start = end + 2
  }
}

const telling = [
  '\r',
  '\n',
  ' ',
  '\t',
  ':',
  ',',
  '0',
  '1',
  'f',
  '\0',
  ';',
  'Content-Length: 1\r\n',
  'Transfer-Encoding: chunked\r\n',
]

function mutated(random: SeededRandom, bytes: Uint8Array): Buffer {
  let result: Buffer = Buffer.from(bytes)
  for (let i = 1 + random.below(3); i > 0; i--) {
    const at = random.below(result.length)
    const kind = random.below(4)
    if (kind === 3) {
      result = result.subarray(0, at)
      continue
    }
    const added = random.chance(0.7) ? Buffer.from(random.pick(telling)) : Buffer.from(random.bytes(1))
    const removed = kind === 0 ? 0 : 1 + random.below(2)
    result = Buffer.concat([
      result.subarray(0, at),
      kind === 1 ? Buffer.alloc(0) : added,
      result.subarray(at + removed),
    ])
  }
  return result
}

function piecesOf(random: SeededRandom, bytes: Buffer): Buffer[] {
  const pieces: Buffer[] = []
  for (let offset = 0; offset < bytes.length; ) {
    const end = Math.min(bytes.length, offset + 1 + random.below(random.pick([1, 5, 60])))
    pieces.push(bytes.subarray(offset, end))
    offset = end
  }
  return pieces
}

/** As much of a socket as the connection uses. */
class PlayedSocket extends EventEmitter {
  destroyed = false
  writableLength = 0
  setKeepAlive(): void {}
  write(): boolean {
    return true
  }
  destroy(): void {
    this.destroyed = true
  }
}

function play(pieces: readonly Buffer[]): Outcome {
  const socket = new PlayedSocket()
  let outcome = undefined as Outcome | undefined
  const connection = new Http1ClientConnection(socket as unknown as Socket, {
    responseBytesMax: 1000,
    idle: () => undefined,
    closed: () => undefined,
  })
  const settle = (next: Outcome) => {
    if (outcome !== undefined) throw new Error('told twice')
    outcome = next
  }
  connection.start([Buffer.from('x')], {
    answered: (head, body) =>
      settle({ answer: summary(head.status, head.names, head.values, body), failure: undefined }),
    failed: error => settle({ answer: undefined, failure: error.kind }),
  })
  let playedBytes = 0
  for (const piece of pieces) {
    if (socket.destroyed || outcome !== undefined) break
    connection.receive(piece, 0, piece.length)
    playedBytes += piece.length
  }
  if (!socket.destroyed) socket.emit('end')
  if (outcome === undefined) throw new Error('told nothing')
  return { ...outcome, answerBytes: playedBytes }
}

function playToNode(bytes: Buffer): Promise<Outcome> {
  return new Promise(resolve => {
    const failed = (error: Error) => resolve({ answer: undefined, failure: error.message })
    const stream = new Duplex({
      read() {},
      write(_bytes, _encoding, done) {
        done()
      },
    })
    const request = http.request({ method: 'POST', createConnection: () => stream as Socket }, answer => {
      const body: Buffer[] = []
      answer.on('data', chunk => body.push(chunk))
      answer.on('error', failed)
      answer.on('end', () => {
        const names = answer.rawHeaders.filter((_, i) => i % 2 === 0).map(name => name.toLowerCase())
        const values = answer.rawHeaders.filter((_, i) => i % 2 === 1)
        resolve({ answer: summary(answer.statusCode ?? 0, names, values, Buffer.concat(body)), failure: undefined })
      })
    })
    request.on('error', failed)
    request.on('socket', () => {
      stream.push(bytes)
      stream.push(null)
    })
    request.end()
  })
}

function summary(status: number, names: readonly string[], values: readonly string[], body: Uint8Array): string {
  return JSON.stringify([status, names, values, Buffer.from(body).toString('latin1')])
}
