/**
 * Kills the agent at random moments under load, with its queue on disk and a backend that is up, slow or down, and checks
 * what arrived: `node scripts/kill-storm.ts [kills] [seed] [command] [--pause ms] [--durability level]`, 100 kills by default, 3,000 for the long
 * form. It runs `bin/sluice`, so the build if there is one. With a command, such as the path of a Collector that has
 * file_storage, that agent is stormed instead, for comparison. `--pause` is what each of the four senders waits between two
 * requests, so that a long storm leaves the machine to others.
 *
 * Passes where no item is missing that was acknowledged, and where what came twice after each kill was in no more requests than
 * the agent has consumers: those that the backend had in hand, or whose answer was not yet on the agent's disk. That an answer had
 * been read is known where the agent sent the next request on the same connection; such are told apart, and rare.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import net, { type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { gunzipSync } from 'node:zlib'
import { inspectLog } from '../src/storage/inspect-log.ts'
import { nodeFileSystem } from '../src/storage/node-file-system.ts'
import { SeededRandom } from '../src/testkit/seeded-random.ts'
import { spanBatch, spanNumbers } from '../src/testkit/span-batches.ts'

const { values, positionals } = parseArgs({
  options: { pause: { type: 'string' }, durability: { type: 'string', default: '' } },
  allowPositionals: true,
})
const killCount = Number(positionals[0] ?? 100)
const seed = Number(positionals[1] ?? 1)
/** Another agent that reads the same file; its own account is not looked at. */
const peer = positionals[2]
const pauseMs = Number(values.pause ?? 0)
const durability = values.durability === '' ? '' : `, durability: ${values.durability}`
const random = new SeededRandom(seed)
const consumerCount = 10
const modes = ['up', 'slow', 'down'] as const
let mode: (typeof modes)[number] = 'up'

const sluice = fileURLToPath(new URL('../bin/sluice', import.meta.url))
const directory = mkdtempSync(join(tmpdir(), 'sluice-kill-storm-'))
const configFile = join(directory, 'agent.yaml')

/** One that came to the backend. */
interface Arrival {
  readonly life: number
  answeredMs: number | undefined
  /** The agent went on on its connection, so it has read the answer. */
  isAnswerRead: boolean
}

const receivedCounts = new Map<number, number>()
/** The request in which each item came first. What comes again may come in several smaller ones. */
const firstArrivals = new Map<number, Arrival>()
/** Those of which something came again. */
const repeatedArrivals = new Set<Arrival>()
const lastOnConnection = new WeakMap<net.Socket, Arrival>()
/** What a connection brings may be read when the agent that sent it is dead. */
const lifeOf = new WeakMap<net.Socket, number>()
let currentLife = -1
/** By life. */
const killedMs: number[] = []
/** At the kill of each life: what the backend had and had not answered. */
let underWayCount = 0
const open = new Set<Arrival>()

const sink = http.createServer(async (request, response) => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  if (mode === 'down') return void response.writeHead(503).end()
  const life = lifeOf.get(request.socket) ?? currentLife
  const arrival: Arrival = { life, answeredMs: undefined, isAnswerRead: false }
  const before = lastOnConnection.get(request.socket)
  if (before !== undefined) before.isAnswerRead = true
  lastOnConnection.set(request.socket, arrival)
  open.add(arrival)
  const take = () => {
    for (const number of spanNumbers([gunzipSync(Buffer.concat(chunks))])) {
      const count = receivedCounts.get(number) ?? 0
      const first = firstArrivals.get(number)
      if (first !== undefined) repeatedArrivals.add(first)
      else firstArrivals.set(number, arrival)
      receivedCounts.set(number, count + 1)
      outstanding.delete(number)
    }
    open.delete(arrival)
    arrival.answeredMs = performance.now()
    response.writeHead(200).end()
  }
  if (mode === 'slow') setTimeout(take, 50 + random.below(200))
  else take()
})
sink.on('connection', socket => lifeOf.set(socket, currentLife))
await new Promise<void>(resolve => sink.listen(0, '127.0.0.1', resolve))
const sinkPort = (sink.address() as AddressInfo).port
const agentPort = await freePort()

writeFileSync(
  configFile,
  `
receivers:
  otlp: {protocols: {http: {endpoint: 127.0.0.1:${agentPort}}}}
extensions:
  file_storage: {directory: ${join(directory, 'queue')}, create_directory: true}
exporters:
  otlp_http:
    endpoint: http://127.0.0.1:${sinkPort}
    retry_on_failure: {initial_interval: 100ms, max_interval: 500ms}
    sending_queue: {storage: file_storage, queue_size: 1000000, num_consumers: ${consumerCount}${durability}}
service:
  extensions: [file_storage]
  telemetry: {metrics: {level: none}}
  pipelines:
    traces: {receivers: [otlp], exporters: [otlp_http]}
`,
)

let acknowledgedCount = 0
/** Acknowledged, and not seen at the backend yet. */
const outstanding = new Set<number>()
const listenTimesMs: number[] = []
let sentCount = 0
let isLoading = true

const agentPool = new http.Agent({ keepAlive: true, maxSockets: 8 })
const load = Promise.all(Array.from({ length: 4 }, sendForEver))
let ledgerLines = 0
let lastOutput = ''

// As any agent that has run for a while: with what it compiled left for the next start.
const first = await startAgent()
await wait(1500)
first.kill('SIGTERM')
await ended(first)
listenTimesMs.length = 0
ledgerLines = 0

for (let kill = 0; kill < killCount; kill++) {
  mode = random.pick(modes)
  const agent = await startAgent()
  await wait(random.below(700))
  if (agent.exitCode !== null) throw new Error(`the agent ended by itself with ${agent.exitCode}: ${lastOutput}`)
  killedMs.push(performance.now())
  agent.kill('SIGKILL')
  underWayCount += open.size
  open.clear()
  await ended(agent)
  await lookAtDisk(kill + 1)
  if ((kill + 1) % 10 === 0)
    console.log(`${kill + 1} kills, ${acknowledgedCount} items acknowledged, ${receivedCounts.size} arrived`)
}
isLoading = false
mode = 'up'
const last = await startAgent()
await load
// As long as something arrives: how fast that is depends on the machine.
let seen = -1
for (let quietMs = 0; quietMs < 20_000 && outstanding.size > 0; quietMs += 100) {
  if (receivedCounts.size !== seen) quietMs = 0
  seen = receivedCounts.size
  await wait(100)
}
await wait(500)
last.kill('SIGTERM')
await ended(last)
sink.closeAllConnections()
sink.close()
agentPool.destroy()

const missing = [...outstanding]
/** Repeated, though the agent knew that the backend had it. */
const knownArrivals = [...repeatedArrivals].filter(({ life, answeredMs, isAnswerRead }) => {
  const killMs = killedMs[life]
  if (answeredMs === undefined || killMs === undefined) return false
  return isAnswerRead && answeredMs < killMs
})
const knownForMs = knownArrivals.map(({ life, answeredMs = 0 }) => (killedMs[life] ?? 0) - answeredMs)
const repeatedItems = [...receivedCounts.values()].filter(count => count > 1).length
listenTimesMs.sort((a, b) => a - b)
const at = (share: number) =>
  Math.round(listenTimesMs[Math.min(listenTimesMs.length - 1, Math.floor(listenTimesMs.length * share))] ?? 0)
console.log(`seed ${seed}: ${killCount} kills, ${sentCount} items sent, ${acknowledgedCount} acknowledged`)
console.log(
  `missing ${missing.length}, repeated ${repeatedItems} items in ${repeatedArrivals.size} requests: ${knownArrivals.length} of them after the agent ` +
    `had read the answer${knownForMs.length > 0 ? ` (${Math.round(Math.max(...knownForMs))} ms before the kill)` : ''}; the backend had ${underWayCount} in hand at the kills`,
)
console.log(
  `from start of the process to listening: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms; ledger balanced at the end: ${ledgerLines > 0}`,
)
if (missing.length === 0) rmSync(directory, { recursive: true, force: true })
else console.log(`first missing ${missing.slice(0, 20).join(', ')}; the queue is kept in ${directory}`)
const isBalanced = peer !== undefined || ledgerLines > 0
const repeatedByLife = Map.groupBy(repeatedArrivals, ({ life }) => life)
const repeatedMost = Math.max(0, ...[...repeatedByLife.values()].map(({ length }) => length))
console.log(`after one kill at most ${repeatedMost} requests came twice, of ${consumerCount} consumers`)
const isOnlyUnderWay = peer !== undefined || repeatedMost <= consumerCount
process.exitCode = missing.length === 0 && isOnlyUnderWay && isBalanced ? 0 : 1

async function startAgent(): Promise<ChildProcess> {
  currentLife = killedMs.length
  const startedMs = performance.now()
  const agent = spawn(peer ?? sluice, ['--config', configFile], { stdio: ['ignore', 'pipe', 'pipe'] })
  lastOutput = ''
  const take = (text: Buffer) => {
    lastOutput = (lastOutput + text).slice(-4096)
    checkLedger(text.toString())
  }
  agent.stdout.on('data', take)
  agent.stderr.on('data', take)
  while (!(await isListening())) {
    if (agent.exitCode !== null) {
      await wait(100)
      throw new Error(`the agent ended by itself with ${agent.exitCode}: ${lastOutput}`)
    }
    await wait(5)
  }
  listenTimesMs.push(performance.now() - startedMs)
  return agent
}

/** Between two lives: what was acknowledged has arrived or waits on disk. */
async function lookAtDisk(life: number): Promise<void> {
  if (peer !== undefined) return
  const queue = join(directory, 'queue', 'exporter.otlp_http.traces')
  const waiting = new Set<number>()
  await inspectLog(nodeFileSystem, queue, {
    record(record) {
      for (const number of spanNumbers([record.payload])) waiting.add(number)
      return true
    },
    damaged() {},
  }).catch(() => undefined)
  const gone = [...outstanding].filter(number => !waiting.has(number))
  if (gone.length > 0)
    throw new Error(`${gone.length} items are gone after life ${life}, from ${gone[0]} on; see ${queue}`)
}

/** The agent's last line: both sides of its equation must be equal. */
function checkLedger(text: string): void {
  const line = /^traces: (.*) = (.*)$/m.exec(text)
  if (line === null) return
  const sum = (side: string) =>
    [...side.replace(/\([^)]*\)/g, '').matchAll(/(\d+) /g)].reduce((total, [, n]) => total + Number(n), 0)
  if (sum(line[1] ?? '') === sum(line[2] ?? '')) ledgerLines++
  else console.log(`the ledger does not balance: ${line[0]}`)
}

function isListening(): Promise<boolean> {
  return new Promise(resolve => {
    const socket = net.connect(agentPort, '127.0.0.1', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

async function sendForEver(): Promise<void> {
  while (isLoading) {
    const count = 1 + random.below(20)
    const first = sentCount
    sentCount += count
    const isAccepted = await post(Buffer.from(spanBatch(first, count, 200).bytes))
    if (isAccepted) acknowledge(first, count)
    if (pauseMs > 0 || !isAccepted) await wait(isAccepted ? pauseMs : 10)
  }
}

/** The backend may have had them before the sender had its answer. */
function acknowledge(first: number, count: number): void {
  acknowledgedCount += count
  for (let number = first; number < first + count; number++) if (!receivedCounts.has(number)) outstanding.add(number)
}

function post(body: Buffer): Promise<boolean> {
  return new Promise(resolve => {
    const headers = { 'content-type': 'application/x-protobuf', 'content-length': body.length }
    const settings = {
      port: agentPort,
      host: '127.0.0.1',
      path: '/v1/traces',
      method: 'POST',
      headers,
      agent: agentPool,
    }
    const request = http.request({ ...settings, timeout: 5000 }, response => {
      response.resume()
      response.on('end', () => resolve(response.statusCode === 200))
      response.on('error', () => resolve(false))
      response.on('aborted', () => resolve(false))
    })
    request.on('error', () => resolve(false))
    request.on('timeout', () => request.destroy())
    request.end(body)
  })
}

/** Not one that the system gives out: between two lives it would be given to somebody else's listener or connection. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000)
    const server = net.createServer()
    const isFree = await new Promise<boolean>(resolve => {
      server.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true))
    })
    await new Promise(resolve => server.close(resolve))
    if (isFree) return port
  }
}

function ended(agent: ChildProcess): Promise<void> {
  return new Promise(resolve => {
    if (agent.stdout?.destroyed !== false && (agent.exitCode !== null || agent.signalCode !== null)) resolve()
    else agent.once('close', () => resolve())
  })
}

function wait(durationMs: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, durationMs))
}
