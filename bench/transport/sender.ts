// Sends batches and does nothing else: one side of bench/transport/send.ts. Prints its own CPU per batch as JSON.
//   node bench/transport/sender.ts --kind sockets|node|grpc-js|http|undici|node-http --port N --spans 8192 --parts 16 --batches 400
import http from 'node:http'
import { parseArgs } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import grpc from '@grpc/grpc-js'
import { systemClock } from '../../src/clock/clock.ts'
import type { ClientRequest, GrpcClientSettings } from '../../src/transport/client.ts'
import { HttpSocketClient } from '../../src/transport/h1/http-socket-client.ts'
import { GrpcSocketClient } from '../../src/transport/h2/grpc-socket-client.ts'
import { NodeGrpcClient } from '../../src/transport/node-grpc-client.ts'
import { UndiciClient } from '../../src/transport/undici-http-client.ts'
import { buildBody, seededRandom } from '../rig/corpus.ts'

const { values } = parseArgs({
  options: {
    kind: { type: 'string', default: 'sockets' },
    port: { type: 'string' },
    spans: { type: 'string', default: '8192' },
    parts: { type: 'string', default: '16' },
    batches: { type: 'string', default: '400' },
    inflight: { type: 'string', default: '4' },
  },
})
setFlagsFromString('--external-memory-accounted-in-global-limit')
const port = Number(values.port)
const random = seededRandom(3)
const partCount = Number(values.parts)
const parts = Array.from({ length: partCount }, () => buildBody('S', Number(values.spans) / partCount, random).bytes)

const common = { headers: [], connectTimeoutMs: 1000, responseBytesMax: 65_536, clock: systemClock }
const grpcSettings: GrpcClientSettings = {
  ...common,
  target: `127.0.0.1:${port}`,
  userAgent: 'bench',
  compression: 'identity',
  pingIntervalMs: 0,
  pingTimeoutMs: 0,
  pingWithoutCalls: false,
}
const path = '/opentelemetry.proto.collector.trace.v1.TraceService/Export'
const call: ClientRequest = { path, headers: [], parts, timeoutMs: 10_000 }
const post: ClientRequest = { ...call, path: '/v1/traces', headers: ['content-type', 'application/x-protobuf'] }

function createSend(): () => Promise<unknown> {
  if (values.kind === 'http' || values.kind === 'undici') {
    const endpoint = new URL(`http://127.0.0.1:${port}`)
    const settings = { ...common, endpoint, connectionsMax: 8, idleTimeoutMs: 60_000 }
    const client = values.kind === 'http' ? new HttpSocketClient(settings) : new UndiciClient(settings)
    return () => client.send(post)
  }
  if (values.kind === 'node-http') return sendWithNode
  if (values.kind === 'grpc-js') {
    const client = new grpc.Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure())
    const identity = (bytes: Buffer) => bytes
    return () =>
      new Promise((resolve, reject) => {
        const message = Buffer.concat(parts)
        client.makeUnaryRequest(path, identity, identity, message, (error, answer) =>
          error === null ? resolve(answer) : reject(error),
        )
      })
  }
  const client = values.kind === 'node' ? new NodeGrpcClient(grpcSettings) : new GrpcSocketClient(grpcSettings)
  return () => client.send(call)
}

const agent = new http.Agent({ keepAlive: true, maxSockets: 8 })

/** The least that node:http can do: one joined body, and the answer read to its end. */
function sendWithNode(): Promise<unknown> {
  const body = Buffer.concat(parts)
  const headers = { 'content-type': 'application/x-protobuf', 'content-length': body.length }
  return new Promise((resolve, reject) => {
    const request = http.request(
      { agent, host: '127.0.0.1', port, path: post.path, method: 'POST', headers },
      answer => {
        answer.on('end', resolve)
        answer.resume()
      },
    )
    request.on('error', reject)
    request.end(body)
  })
}

const send = createSend()
async function sendAll(count: number): Promise<void> {
  let left = count
  const worker = async () => {
    while (left-- > 0) await send()
  }
  await Promise.all(Array.from({ length: Number(values.inflight) }, worker))
}

await sendAll(Math.ceil(Number(values.batches) / 4))
const before = process.cpuUsage()
await sendAll(Number(values.batches))
const { user, system } = process.cpuUsage(before)
console.log(JSON.stringify({ usPerBatch: (user + system) / Number(values.batches) }))
process.exit(0)
