import { FakeSocket } from '../testkit/fake-socket.ts'
import { ManualClock } from '../testkit/manual-clock.ts'
import { rawFrame, rawHeaders, rawPost, rawPreface } from '../testkit/raw-http2.ts'
import { SeededRandom } from '../testkit/seeded-random.ts'
import { Http1ServerConnection } from './h1/http1-server-connection.ts'
import { FrameReader } from './h2/frame-reader.ts'
import { Http2ServerConnection } from './h2/http2-server-connection.ts'
import { defaultKeepalive, defaultLimits } from './limits.ts'
import type { CloseReason, Exchange, RequestHandler } from './server.ts'
import type { ServerConnection } from './server-connection.ts'

const limits = {
  ...defaultLimits,
  headerBytesMax: 4096,
  headerPairsMax: 20,
  streamsMax: 8,
  resetStreamsPerSecondMax: 20,
}

/** What came of one input: the bytes sent, and how each request ended. */
interface Outcome {
  readonly written: Buffer
  readonly log: string
  readonly reason: CloseReason | undefined
}

/** Answers at once, some before the body; counts what it is told, so that nothing is told twice. */
class CountingHandler implements RequestHandler {
  readonly log: string[] = []
  readonly #open = new Set<Exchange>()

  head(exchange: Exchange): number {
    this.#open.add(exchange)
    this.log.push(`${exchange.method} ${exchange.path}`)
    if (exchange.path.length % 7 === 3) {
      this.#settle(exchange, 'refused')
      exchange.respond(404, ['a', 'b'], Buffer.from('early'))
      return -1
    }
    // One limit or the other: which of two comes first may depend on the pieces.
    return this.#hasBudget(exchange) ? 10_000 : 400
  }

  #hasBudget(exchange: Exchange): boolean {
    return exchange.path.length % 2 === 0 || exchange.header('x-a') !== undefined
  }

  admit(exchange: Exchange, moreBytes: number): boolean {
    if (!this.#open.has(exchange)) throw new Error('admit after the end')
    const admitted = ((exchange.notes as number | undefined) ?? 0) + moreBytes
    exchange.notes = admitted
    return admitted < 450 || !this.#hasBudget(exchange)
  }

  body(exchange: Exchange, bytes: Uint8Array): void {
    this.#settle(exchange, `body ${bytes.length} ${bytes.reduce((sum, byte) => (sum * 31 + byte) >>> 0, 7)}`)
    const answer = Buffer.alloc(bytes.length % 100, 'x')
    if (exchange.protocol === 'h2') exchange.respond(200, ['content-type', 'text/plain'], answer, ['grpc-status', '0'])
    else exchange.respond(200, [], answer)
  }

  failed(exchange: Exchange, reason: string): void {
    this.#settle(exchange, reason)
    if (reason !== 'aborted') exchange.respond(413, [], Buffer.alloc(3))
  }

  get openCount(): number {
    return this.#open.size
  }

  #settle(exchange: Exchange, how: string): void {
    if (!this.#open.delete(exchange)) throw new Error(`told twice: ${how}`)
    this.log.push(how)
  }
}

async function feed(
  create: (socket: FakeSocket, host: ConstructorParameters<typeof Http1ServerConnection>[1]) => ServerConnection,
  pieces: readonly Uint8Array[],
): Promise<Outcome> {
  const socket = new FakeSocket()
  const handler = new CountingHandler()
  let reason: CloseReason | undefined
  const clock = new ManualClock()
  const close = (why: CloseReason) => {
    reason ??= why
    socket.end()
  }
  const settings = {
    listen: { host: '', port: 0 },
    http1: true,
    http2: true,
    limits,
    keepalive: defaultKeepalive,
    handler,
    clock,
    events: { connectionOpened() {}, connectionClosed() {}, requestRefused() {} },
  }
  const connection = create(socket, {
    settings,
    handler,
    remoteAddress: '',
    isPeerAuthorized: false,
    close,
    destroy: close,
  })
  for (const piece of pieces) connection.receive(piece, 0, piece.length)
  await new Promise(resolve => setImmediate(resolve))
  connection.closed()
  if (handler.openCount > 0) throw new Error(`${handler.openCount} requests were never settled`)
  return { written: socket.written, log: handler.log.join('\n'), reason }
}

function split(random: SeededRandom, bytes: Uint8Array, pieceBytesMax: number): Uint8Array[] {
  const pieces: Uint8Array[] = []
  for (let offset = 0; offset < bytes.length; ) {
    const end = Math.min(bytes.length, offset + 1 + random.below(pieceBytesMax))
    pieces.push(bytes.subarray(offset, end))
    offset = end
  }
  return pieces
}

async function compare(random: SeededRandom, bytes: Uint8Array, create: Parameters<typeof feed>[0]): Promise<Outcome> {
  const whole = await feed(create, [bytes])
  const cut = await feed(create, split(random, bytes, random.pick([1, 7, 60, 500])))
  if (whole.log !== cut.log) throw new Error(`pieces are read otherwise:\n${whole.log}\n--\n${cut.log}`)
  if (!whole.written.equals(cut.written)) throw new Error('pieces are answered otherwise')
  if (whole.reason !== cut.reason) throw new Error(`pieces end otherwise: ${whole.reason}, ${cut.reason}`)
  return whole
}

/**
 * Feeds connections with frames that are mostly right, in one piece and in many: the outcome must be the same, each
 * request settled once, and what is sent must be frames. Returns how many inputs were read to their end.
 */
export async function fuzzHttp2Server(seed: number, count: number): Promise<number> {
  const random = new SeededRandom(seed)
  let taken = 0
  for (let i = 0; i < count; i++) {
    const bytes = Buffer.concat([rawPreface, rawFrame(4, 0, 0), ...randomFrames(random)])
    for (let flips = random.chance(0.3) ? 1 + random.below(3) : 0; flips > 0; flips--) {
      bytes[24 + random.below(bytes.length - 24)] = random.below(256)
    }
    const outcome = await compare(random, bytes, (socket, host) => new Http2ServerConnection(socket.asSocket(), host))
    checkFrames(outcome.written)
    if (outcome.reason === undefined) taken++
  }
  return taken
}

function checkFrames(written: Buffer): void {
  let count = 0
  const sink = {
    frameStart: () => void count++,
    frame: () => void count++,
    dataStart: () => void count++,
    data: () => undefined,
    dataEnd: () => undefined,
  }
  const reader = new FrameReader(sink, 16_384)
  reader.push(written, 0, written.length)
  if (reader.isWaiting || count === 0) throw new Error('what was sent is not frames')
}

function randomFrames(random: SeededRandom): Buffer[] {
  const frames: Buffer[] = []
  let next = 1
  const recent = () => Math.max(1, next - 2 - 2 * random.below(3))
  for (let i = 1 + random.below(25); i > 0; i--) {
    switch (random.below(14)) {
      case 0:
      case 1:
      case 2:
      case 3: {
        frames.push(...requestFrames(random, next))
        next += 2
        break
      }
      case 4:
      case 5:
        frames.push(rawFrame(0, random.below(2), recent(), random.bytes(random.below(300))))
        break
      case 6:
        frames.push(rawFrame(3, 0, recent(), Buffer.of(0, 0, 0, random.below(14))))
        break
      case 7:
        frames.push(rawFrame(8, 0, random.chance(0.5) ? 0 : recent(), Buffer.of(0, 0, random.below(3), 1)))
        break
      case 8:
        frames.push(rawFrame(4, 0, 0, Buffer.of(0, random.below(7), 0, 0, random.below(256), random.below(256))))
        break
      case 9:
        frames.push(rawFrame(6, random.below(2), 0, random.bytes(8)))
        break
      case 10:
        frames.push(rawFrame(2, 0, recent(), Buffer.of(0, 0, 0, random.below(9), 1)))
        break
      case 11:
        frames.push(rawFrame(random.below(256), random.below(256), random.below(20), random.bytes(random.below(40))))
        break
      case 12:
        frames.push(rawFrame(1, 5, recent(), rawHeaders('trailer', 'x')))
        break
      default:
        frames.push(rawFrame(7, 0, 0, random.bytes(8 + random.below(10))))
    }
  }
  return frames
}

function requestFrames(random: SeededRandom, streamId: number): Buffer[] {
  const parts = [rawPost]
  if (random.chance(0.3)) parts.push(rawHeaders('x-a', 'b'.repeat(random.below(200))))
  // With incremental indexing, and from the dynamic table, sometimes beyond its end.
  if (random.chance(0.3)) parts.push(Buffer.of(0x40, 1, 0x61, 1, 0x62))
  if (random.chance(0.2)) parts.push(Buffer.of(0x80 | (62 + random.below(3))))
  const body = random.bytes(random.below(600))
  if (random.chance(0.2)) parts.push(rawHeaders('content-length', String(body.length + (random.chance(0.2) ? 1 : 0))))
  const block = Buffer.concat(parts)
  const isBare = random.chance(0.2)
  const cut = random.below(block.length)
  const frames = random.chance(0.3)
    ? [rawFrame(1, isBare ? 1 : 0, streamId, block.subarray(0, cut)), rawFrame(9, 4, streamId, block.subarray(cut))]
    : [rawFrame(1, isBare ? 5 : 4, streamId, block)]
  if (isBare) return frames
  const middle = random.below(body.length + 1)
  frames.push(rawFrame(0, 0, streamId, body.subarray(0, middle)))
  if (random.chance(0.8)) {
    const padding = random.below(20)
    const padded = Buffer.concat([Buffer.of(padding), body.subarray(middle), Buffer.alloc(padding)])
    frames.push(rawFrame(0, 9, streamId, padded))
  }
  return frames
}

const fields = [
  'content-length: 5\r\n',
  'content-length: 300\r\n',
  'transfer-encoding: chunked\r\n',
  'connection: close\r\n',
  'connection: keep-alive\r\n',
  'expect: 100-continue\r\n',
  'x-a: b\r\n',
  'x-b:\t c \r\n',
  'host: y\r\n',
  ' folded\r\n',
  'bad header\r\n',
]

/** The same of HTTP/1.1: requests sent ahead, chunks, broken bytes. */
export async function fuzzHttp1Server(seed: number, count: number): Promise<number> {
  const random = new SeededRandom(seed)
  let taken = 0
  for (let i = 0; i < count; i++) {
    const parts: Buffer[] = []
    for (let requests = 1 + random.below(4); requests > 0; requests--) parts.push(randomRequest(random))
    const bytes = Buffer.concat(parts)
    if (random.chance(0.3)) bytes[random.below(bytes.length)] = random.below(256)
    const outcome = await compare(random, bytes, (socket, host) => new Http1ServerConnection(socket.asSocket(), host))
    if (outcome.written.length > 0 && !/^HTTP\/1\.1 \d{3} /.test(outcome.written.toString('latin1'))) {
      throw new Error('what was sent is not HTTP')
    }
    if (outcome.reason === undefined) taken++
  }
  return taken
}

function randomRequest(random: SeededRandom): Buffer {
  const path = `/${'p'.repeat(random.below(12))}`
  let head = `${random.pick(['POST', 'GET', 'HEAD', 'POST'])} ${path} HTTP/1.${random.chance(0.1) ? 0 : 1}\r\nhost: x\r\n`
  const framing = random.below(3)
  const body = random.bytes(random.below(600))
  if (framing === 1) head += `content-length: ${body.length}\r\n`
  if (framing === 2) head += 'transfer-encoding: chunked\r\n'
  if (random.chance(0.2)) head += random.pick(fields)
  const parts = [Buffer.from(`${head}\r\n`)]
  if (framing === 1) parts.push(Buffer.from(body))
  if (framing === 2) {
    for (let offset = 0; offset < body.length; ) {
      const size = Math.min(body.length - offset, 1 + random.below(200))
      parts.push(Buffer.from(`${size.toString(16)}\r\n`), Buffer.from(body.subarray(offset, offset + size)))
      parts.push(Buffer.from('\r\n'))
      offset += size
    }
    parts.push(Buffer.from('0\r\n\r\n'))
  }
  return Buffer.concat(parts)
}
