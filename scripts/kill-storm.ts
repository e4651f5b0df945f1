/**
 * Kills the agent at random moments under load, with its queue on disk and a backend that is up, slow or down, and checks
 * what arrived: `node scripts/kill-storm.ts [kills] [seed] [command] [options]`, 100 kills by default, 3,000 for the long
 * form. It runs `bin/sluice`, so the build if there is one. With a command, such as the path of a Collector that has
 * file_storage, that agent is stormed instead, for comparison. Options:
 *
 * - `--pause ms`: what each of the four senders waits between two requests, so that a long storm leaves the machine to others
 * - `--durability level`: of the sending queue
 * - `--protocol http|grpc`: of senders and backend
 * - `--compression gzip|zstd|none`: of what the agent sends; the gRPC backend takes no zstd
 * - `--dead`: a second exporter in the pipeline, whose backend never answers; its queue must hold all that was acknowledged
 * - `--reload`: before each second kill the file changes, so that some kills hit a reload
 * - `--replay`: the backend refuses some requests for good, and `sluice queue replay` is killed like the agent
 *
 * Passes where no item is missing that was acknowledged, and where what came twice after each kill was in no more requests than
 * the agent has consumers: those that the backend had in hand, or whose answer was not yet on the agent's disk. That an answer had
 * been read is known where the agent sent the next request on the same connection; such are told apart, and rare.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { deadLetterFolder, decodeDeadLetter } from '../src/exporter-helper/dead-letter.ts'
import { inspectLog } from '../src/storage/inspect-log.ts'
import { nodeFileSystem } from '../src/storage/node-file-system.ts'
import { SeededRandom } from '../src/testkit/seeded-random.ts'
import { spanBatch, spanNumbers } from '../src/testkit/span-batches.ts'
import { type BackendMode, type Protocol, StormBackend } from './storm/backend.ts'
import { createSender } from './storm/sender.ts'

const { values, positionals } = parseArgs({
  options: {
    pause: { type: 'string' },
    durability: { type: 'string', default: '' },
    protocol: { type: 'string', default: 'http' },
    compression: { type: 'string', default: 'gzip' },
    dead: { type: 'boolean', default: false },
    reload: { type: 'boolean', default: false },
    replay: { type: 'boolean', default: false },
  },
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
const modes: readonly BackendMode[] = values.replay ? ['up', 'slow', 'down', 'picky'] : ['up', 'slow', 'down']
const protocol = values.protocol as Protocol
if (values.replay && protocol === 'grpc') throw new Error('sluice queue replay sends to OTLP/HTTP')

const sluice = fileURLToPath(new URL('../bin/sluice', import.meta.url))
const directory = mkdtempSync(join(tmpdir(), 'sluice-kill-storm-'))
const configFile = join(directory, 'agent.yaml')

/** Acknowledged, and not seen at the backend yet. */
const outstanding = new Set<number>()
const backend = new StormBackend(random, number => outstanding.delete(number))
/** By life. */
const killedMs: number[] = []
/** What the backend had and had not answered at the kills. */
let underWayCount = 0

const exporter = protocol === 'http' ? 'otlp_http' : 'otlp_grpc'
const backendPort = await backend.start(protocol)
const agentPort = await freePort()
const sender = createSender(protocol, agentPort)
const queueDirectory = join(directory, 'queue', `exporter.${exporter}.traces`)
const deadLetters = join(queueDirectory, deadLetterFolder)
writeConfig(500)

/** An interval that no exporter has had before is a change that takes the exporter's successor to its queue. */
function writeConfig(maxIntervalMs: number): void {
  const settings = (port: number) => `
    endpoint: http://127.0.0.1:${port}
    compression: ${values.compression}
    retry_on_failure: {initial_interval: 100ms, max_interval: ${maxIntervalMs}ms}
    sending_queue: {storage: file_storage, queue_size: 1000000, num_consumers: ${consumerCount}${durability}}`
  writeFileSync(
    configFile,
    `
receivers:
  otlp: {protocols: {${protocol}: {endpoint: 127.0.0.1:${agentPort}}}}
extensions:
  file_storage: {directory: ${join(directory, 'queue')}, create_directory: true}
exporters:
  ${exporter}:${settings(backendPort)}
    tls: {insecure: true}${
      values.dead
        ? `
  ${exporter}/dead:${settings(1)}
    tls: {insecure: true}`
        : ''
    }
service:
  extensions: [file_storage]
  telemetry: {metrics: {level: none}}
  pipelines:
    traces: {receivers: [otlp], exporters: [${exporter}${values.dead ? `, ${exporter}/dead` : ''}]}
`,
  )
}

let acknowledgedCount = 0
/** Only kept with `--dead`. */
const acknowledged = new Set<number>()
const listenTimesMs: number[] = []
let sentCount = 0
let isLoading = true

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
  backend.mode = random.pick(modes)
  const agent = await startAgent()
  await wait(random.below(700))
  const replay = values.replay ? startReplay() : undefined
  if (replay !== undefined) await wait(random.below(300))
  if (values.reload && kill % 2 === 0) {
    writeConfig(500 + kill)
    agent.kill('SIGHUP')
    await wait(random.below(60))
  }
  if (agent.exitCode !== null) throw new Error(`the agent ended by itself with ${agent.exitCode}: ${lastOutput}`)
  killedMs.push(performance.now())
  agent.kill('SIGKILL')
  underWayCount += backend.open.size
  backend.open.clear()
  await ended(agent)
  replay?.kill('SIGKILL')
  if (replay !== undefined) await ended(replay)
  await lookAtDisk(kill + 1)
  if ((kill + 1) % 10 === 0)
    console.log(`${kill + 1} kills, ${acknowledgedCount} items acknowledged, ${backend.receivedCounts.size} arrived`)
}
isLoading = false
backend.mode = 'up'
const last = await startAgent()
await load
if (values.replay) execFileSync(sluice, ['queue', 'replay', queueDirectory, '--to', `http://127.0.0.1:${agentPort}`])
// As long as something arrives: how fast that is depends on the machine.
let seen = -1
for (let quietMs = 0; quietMs < 20_000 && outstanding.size > 0; quietMs += 100) {
  if (backend.receivedCounts.size !== seen) quietMs = 0
  seen = backend.receivedCounts.size
  await wait(100)
}
await wait(500)
last.kill('SIGTERM')
await ended(last)
backend.close()
sender.close()
if (values.dead) {
  const kept = new Set<number>()
  await numbersIn(join(directory, 'queue', `exporter.${exporter}.dead.traces`), kept)
  for (const number of acknowledged) if (!kept.has(number)) outstanding.add(number)
  console.log(`the queue of the dead backend holds ${kept.size} items`)
}

const missing = [...outstanding]
/** Repeated, though the agent knew that the backend had it. */
const knownArrivals = [...backend.repeatedArrivals].filter(({ life, answeredMs, isAnswerRead }) => {
  const killMs = killedMs[life]
  if (answeredMs === undefined || killMs === undefined) return false
  return isAnswerRead && answeredMs < killMs
})
const knownForMs = knownArrivals.map(({ life, answeredMs = 0 }) => (killedMs[life] ?? 0) - answeredMs)
const repeatedItems = [...backend.receivedCounts.values()].filter(count => count > 1).length
listenTimesMs.sort((a, b) => a - b)
const at = (share: number) =>
  Math.round(listenTimesMs[Math.min(listenTimesMs.length - 1, Math.floor(listenTimesMs.length * share))] ?? 0)
console.log(`seed ${seed}: ${killCount} kills, ${sentCount} items sent, ${acknowledgedCount} acknowledged`)
console.log(
  `missing ${missing.length}, repeated ${repeatedItems} items in ${backend.repeatedArrivals.size} requests: ${knownArrivals.length} of them after the agent ` +
    `had read the answer${knownForMs.length > 0 ? ` (${Math.round(Math.max(...knownForMs))} ms before the kill)` : ''}; the backend had ${underWayCount} in hand at the kills`,
)
console.log(
  `from start of the process to listening: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms; ledger balanced at the end: ${ledgerLines > 0}`,
)
if (missing.length === 0) rmSync(directory, { recursive: true, force: true })
else console.log(`first missing ${missing.slice(0, 20).join(', ')}; the queue is kept in ${directory}`)
const isBalanced = peer !== undefined || ledgerLines > 0
const repeatedByLife = Map.groupBy(backend.repeatedArrivals, ({ life }) => life)
const repeatedMost = Math.max(0, ...[...repeatedByLife.values()].map(({ length }) => length))
console.log(`after one kill at most ${repeatedMost} requests came twice, of ${consumerCount} consumers`)
// What a killed replay had sent comes again with the next. In a reload two exporters have requests under way.
const isOnlyUnderWay = peer !== undefined || values.replay || repeatedMost <= consumerCount * (values.reload ? 2 : 1)
process.exitCode = missing.length === 0 && isOnlyUnderWay && isBalanced ? 0 : 1

async function startAgent(): Promise<ChildProcess> {
  backend.life = killedMs.length
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
  const waiting = new Set<number>()
  await numbersIn(queueDirectory, waiting)
  await numbersIn(deadLetters, waiting, payload => decodeDeadLetter(payload)?.request ?? payload)
  const gone = [...outstanding].filter(number => !waiting.has(number))
  if (gone.length > 0)
    throw new Error(`${gone.length} items are gone after life ${life}, from ${gone[0]} on; see ${queueDirectory}`)
}

async function numbersIn(
  queue: string,
  into: Set<number>,
  requestOf = (payload: Uint8Array) => payload,
): Promise<void> {
  await inspectLog(nodeFileSystem, queue, {
    record({ payload }) {
      for (const number of spanNumbers([requestOf(payload)])) into.add(number)
      return true
    },
    damaged() {},
  }).catch(() => undefined)
}

function startReplay(): ChildProcess {
  const args = ['queue', 'replay', queueDirectory, '--to', `http://127.0.0.1:${agentPort}`]
  return spawn(sluice, args, { stdio: 'ignore' })
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
    const isAccepted = await sender.post(Buffer.from(spanBatch(first, count, 200).bytes))
    if (isAccepted) acknowledge(first, count)
    if (pauseMs > 0 || !isAccepted) await wait(isAccepted ? pauseMs : 10)
  }
}

/** The backend may have had them before the sender had its answer. */
function acknowledge(first: number, count: number): void {
  acknowledgedCount += count
  for (let number = first; number < first + count; number++) {
    if (values.dead) acknowledged.add(number)
    if (!backend.receivedCounts.has(number)) outstanding.add(number)
  }
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
