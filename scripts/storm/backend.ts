import http from 'node:http'
import type net from 'node:net'
import type { AddressInfo } from 'node:net'
import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import grpc from '@grpc/grpc-js'
import type { SeededRandom } from '../../src/testkit/seeded-random.ts'
import { spanNumbers } from '../../src/testkit/span-batches.ts'

/** How the backend behaves during one life of the agent; `picky` refuses one request in three for good. */
export type BackendMode = 'up' | 'slow' | 'down' | 'picky'

export type Protocol = 'http' | 'grpc'

/** A request that came to the backend and was taken. */
export interface Arrival {
  /** Of the agent that sent it. */
  readonly life: number
  answeredMs: number | undefined
  /** The agent went on on its connection, so it has read the answer. Not known with gRPC. */
  isAnswerRead: boolean
}

type Answer = 'taken' | 'later' | 'never'

/** An OTLP server for numbered spans that remembers what came, how often, and from which life of the agent. */
export class StormBackend {
  mode: BackendMode = 'up'
  /** Counts up with each agent that is started. */
  life = -1
  /** By number of the span. */
  readonly receivedCounts = new Map<number, number>()
  /** Those of which something came again. */
  readonly repeatedArrivals = new Set<Arrival>()
  /** In hand: came and not answered. */
  readonly open = new Set<Arrival>()
  readonly #random: SeededRandom
  readonly #onTaken: (number: number) => void
  /** The request in which each item came first. What comes again may come in several smaller ones. */
  readonly #firstArrivals = new Map<number, Arrival>()
  readonly #lastOnConnection = new WeakMap<net.Socket, Arrival>()
  /** What a connection brings may be read when the agent that sent it is dead. */
  readonly #lifeOfConnection = new WeakMap<net.Socket, number>()
  readonly #lifeOfPeer = new Map<string, number>()
  #close: () => void = () => {}

  constructor(random: SeededRandom, onTaken: (number: number) => void) {
    this.#random = random
    this.#onTaken = onTaken
  }

  /** Resolves with the port. */
  async start(protocol: Protocol): Promise<number> {
    return protocol === 'http' ? this.#startHttp() : this.#startGrpc()
  }

  close(): void {
    this.#close()
  }

  async #startHttp(): Promise<number> {
    const server = http.createServer(async (request, response) => {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk as Buffer)
      const life = this.#lifeOfConnection.get(request.socket) ?? this.life
      const arrival: Arrival = { life, answeredMs: undefined, isAnswerRead: false }
      const before = this.#lastOnConnection.get(request.socket)
      if (before !== undefined) before.isAnswerRead = true
      this.#lastOnConnection.set(request.socket, arrival)
      const body = decompress(Buffer.concat(chunks), request.headers['content-encoding'])
      this.#decide(arrival, body, answer => {
        response.writeHead(answer === 'taken' ? 200 : answer === 'later' ? 503 : 400).end()
      })
    })
    server.on('connection', socket => this.#lifeOfConnection.set(socket, this.life))
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    this.#close = () => {
      server.closeAllConnections()
      server.close()
    }
    return (server.address() as AddressInfo).port
  }

  async #startGrpc(): Promise<number> {
    const server = new grpc.Server()
    const answers = { taken: grpc.status.OK, later: grpc.status.UNAVAILABLE, never: grpc.status.INVALID_ARGUMENT }
    const same = (bytes: Buffer) => bytes
    const handler: grpc.handleUnaryCall<Buffer, Buffer> = (call, callback) => {
      const peer = call.getPeer()
      const life = this.#lifeOfPeer.get(peer) ?? this.life
      this.#lifeOfPeer.set(peer, life)
      this.#decide({ life, answeredMs: undefined, isAnswerRead: false }, call.request, answer => {
        if (answer === 'taken') callback(null, Buffer.alloc(0))
        else callback({ code: answers[answer], details: answer })
      })
    }
    const path = '/opentelemetry.proto.collector.trace.v1.TraceService/Export'
    const rpc = { path, requestStream: false, responseStream: false } as const
    const codec = {
      requestSerialize: same,
      requestDeserialize: same,
      responseSerialize: same,
      responseDeserialize: same,
    }
    server.addService({ Export: { ...rpc, ...codec } }, { Export: handler })
    this.#close = () => server.forceShutdown()
    return new Promise((resolve, reject) => {
      server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, port) => {
        if (error !== null) reject(error)
        else resolve(port)
      })
    })
  }

  #decide(arrival: Arrival, body: Buffer, answer: (answer: Answer) => void): void {
    const isRefused = this.mode === 'picky' && this.#random.below(3) === 0
    if (this.mode === 'down' || isRefused) {
      answer(isRefused ? 'never' : 'later')
      return
    }
    this.open.add(arrival)
    const take = () => {
      this.#take(arrival, body)
      answer('taken')
    }
    if (this.mode === 'slow') setTimeout(take, 50 + this.#random.below(200))
    else take()
  }

  #take(arrival: Arrival, body: Buffer): void {
    for (const number of spanNumbers([body])) {
      const first = this.#firstArrivals.get(number)
      if (first !== undefined) this.repeatedArrivals.add(first)
      else this.#firstArrivals.set(number, arrival)
      this.receivedCounts.set(number, (this.receivedCounts.get(number) ?? 0) + 1)
      this.#onTaken(number)
    }
    this.open.delete(arrival)
    arrival.answeredMs = performance.now()
  }
}

function decompress(body: Buffer, encoding: string | undefined): Buffer {
  if (encoding === 'gzip') return gunzipSync(body)
  if (encoding === 'zstd') return zstdDecompressSync(body)
  return body
}
