// How fast the bundled agent listens, answers its first request, and what it holds when idle: beside a bare Node that
// listens on one port, and beside a Collector with the same file if one is built. Alternating, since the machine is shared.
//   node bench/startup/startup.bench.ts [rounds] [--no-idle] [--against another checkout's root]
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { spanBatch } from '../../src/testkit/span-batches.ts'
import { median } from '../rig/median.ts'

const { values, positionals } = parseArgs({
  options: { 'no-idle': { type: 'boolean', default: false }, against: { type: 'string' } },
  allowPositionals: true,
})
const root = join(dirname(fileURLToPath(import.meta.url)), '../..')
const rounds = Number(positionals[0] ?? 10)
const listenMsGoal = 150
const residentMbGoal = 70
const idleAfterMs = 2500
const port = 24_318

interface Subject {
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  readonly env?: Record<string, string>
  /** Gives no answer to a request. */
  readonly isDeaf?: boolean
  /** Compiled code that is there before each start is removed. */
  readonly isFirst?: boolean
}

const folder = mkdtempSync(join(tmpdir(), 'sluice-startup-'))
const config = join(folder, 'agent.yaml')
writeFileSync(
  config,
  `
receivers:
  otlp: {protocols: {http: {endpoint: 127.0.0.1:${port}}}}
extensions:
  file_storage: {directory: ${join(folder, 'queue')}, create_directory: true}
exporters:
  otlp_http:
    endpoint: http://127.0.0.1:1
    sending_queue: {storage: file_storage, queue_size: 1000000}
service:
  extensions: [file_storage]
  telemetry: {metrics: {level: none}}
  pipelines:
    traces: {receivers: [otlp], exporters: [otlp_http]}
`,
)
const body = Buffer.from(spanBatch(0, 10, 200).bytes)
const bare = `require('node:net').createServer().listen(${port}, '127.0.0.1')`
const collector = join(root, 'bench/out/otelcol')
const launcher = (of: string) => ({ command: join(of, 'bin/sluice'), args: ['--config', config] })

execFileSync(process.execPath, [join(root, 'scripts/build.ts')])
const subjects: Subject[] = [
  { name: 'bare node', command: process.execPath, args: ['-e', bare], isDeaf: true },
  { name: 'sluice', ...launcher(root) },
  {
    name: 'sluice, nothing compiled',
    ...launcher(root),
    env: { NODE_COMPILE_CACHE: join(folder, 'cache') },
    isFirst: true,
  },
]
if (values.against !== undefined) subjects.push({ name: 'the other checkout', ...launcher(values.against) })
if (existsSync(collector)) subjects.push({ name: 'Collector', command: collector, args: ['--config', config] })

interface Start {
  readonly listenMs: number
  readonly cpuMs: number
  readonly firstAnswerMs: number
  readonly residentMb: number
}

function listens(): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}

function wait(durationMs: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, durationMs))
}

function answer(): Promise<number | undefined> {
  return new Promise(resolve => {
    const headers = { 'content-type': 'application/x-protobuf', 'content-length': body.length }
    const request = http.request({ port, host: '127.0.0.1', path: '/v1/traces', method: 'POST', headers })
    request.on('response', response => resolve(response.resume().statusCode)).on('error', () => resolve(undefined))
    request.end(body)
  })
}

/** CPU of all its threads, in milliseconds. */
function cpuMsOf(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`)
  return (
    threads.reduce(
      (sum, id) => sum + Number(readFileSync(`/proc/${pid}/task/${id}/schedstat`, 'utf8').split(' ')[0]),
      0,
    ) / 1e6
  )
}

async function measure({ command, args, env, isDeaf = false, isFirst = false }: Subject): Promise<Start> {
  if (isFirst) rmSync(join(folder, 'cache'), { recursive: true, force: true })
  const startedMs = performance.now()
  const child: ChildProcess = spawn(command, [...args], { stdio: 'ignore', env: { ...process.env, ...env } })
  while (!(await listens())) await wait(1)
  const listenMs = performance.now() - startedMs
  const cpuMs = cpuMsOf(child.pid!)
  if (!isDeaf && (await answer()) !== 200) throw new Error(`${command}: the first request is refused`)
  const firstAnswerMs = performance.now() - startedMs
  await wait(values['no-idle'] ? 300 : idleAfterMs)
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8')
  const residentMb = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024
  // Not TERM: what waits for the backend that is not there would be tried until the end.
  child.kill('SIGKILL')
  await new Promise(resolve => child.once('exit', resolve))
  return { listenMs, cpuMs, firstAnswerMs, residentMb }
}

const starts = new Map<Subject, Start[]>(subjects.map(subject => [subject, []]))
// An agent that ran for a while has left its compiled code.
for (const subject of subjects.filter(({ isFirst }) => isFirst !== true)) {
  const child = spawn(subject.command, [...subject.args], { stdio: 'ignore' })
  await wait(1500)
  child.kill('SIGTERM')
  await new Promise(resolve => child.once('exit', resolve))
}
for (let round = 0; round < rounds; round++) {
  for (const subject of subjects) {
    rmSync(join(folder, 'queue'), { recursive: true, force: true })
    starts.get(subject)?.push(await measure(subject))
  }
}
for (const [{ name, isDeaf }, results] of starts) {
  const listenMs = results.map(result => result.listenMs)
  const of = (key: keyof Start) => median(results.map(result => result[key])).toFixed(0)
  console.log(
    `${name.padEnd(26)} listening after ${of('listenMs')} ms (best ${Math.min(...listenMs).toFixed(0)}), ${of('cpuMs')} ms of CPU` +
      `${isDeaf ? '' : `, first answer after ${of('firstAnswerMs')} ms`}${values['no-idle'] ? '' : `, ${of('residentMb')} MB`}`,
  )
}
console.log(`goal: ${listenMsGoal} ms, ${residentMbGoal} MB`)
rmSync(folder, { recursive: true })
