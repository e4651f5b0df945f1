/**
 * How long a queue on disk keeps a start waiting, beside an empty queue in the same run: of the log alone, the time until it
 * takes a batch and until all of its backlog is counted; of the whole agent, the time from its start to listening and to
 * its answer to a first request.
 *
 *   node bench/exporter-helper/recovery.bench.ts [--mebibytes 1024] [--rounds 5] [--directory DIR]
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { systemClock } from '../../src/clock/clock.ts'
import { nodeFileSystem } from '../../src/storage/node-file-system.ts'
import { SegmentLog } from '../../src/storage/segment-log.ts'
import { spanBatch } from '../../src/testkit/span-batches.ts'
import { freePort, listening, start, stop } from '../rig/agent-process.ts'
import { median } from '../rig/median.ts'

const { values } = parseArgs({
  options: {
    mebibytes: { type: 'string', default: '1024' },
    rounds: { type: 'string', default: '5' },
    directory: { type: 'string', default: tmpdir() },
  },
})
const { bytes: payload, itemCount } = spanBatch(0, 10, 330)
const recordCount = Math.floor((Number(values.mebibytes) * 1024 * 1024) / payload.length)
const parent = mkdtempSync(join(values.directory, 'sluice-recovery-bench-'))
const launcher = fileURLToPath(new URL('../../bin/sluice', import.meta.url))
const names = ['empty', 'full'] as const
/** As file_storage names the directory of this exporter's queue. */
const queueOf = (name: string) => join(parent, name, 'exporter.otlp_http.traces')

function create(directory: string): SegmentLog {
  return new SegmentLog({
    fileSystem: nodeFileSystem,
    directory,
    createsDirectory: true,
    syncLevel: 'written',
    segmentBytesMax: 16 << 20,
    clock: systemClock,
    events: { fault: console.error, healed() {}, damaged() {}, written() {} },
  })
}

const record = () => ({ kind: 0, wallMs: Date.now(), itemCount, units: 1, payload })

async function measureLog(name: string): Promise<void> {
  const startMs = performance.now()
  const opened = create(queueOf(name))
  await opened.open()
  await opened.append(record())
  const takesMs = performance.now() - startMs
  let records = 0
  const before = process.cpuUsage()
  await opened.scan(totals => {
    records += totals.records
  })
  const { user, system } = process.cpuUsage(before)
  console.log(
    `log, ${name}: takes a batch after ${takesMs.toFixed(0)} ms; ${records} requests counted after ${(performance.now() - startMs).toFixed(0)} ms ` +
      `(${((user + system) / 1000).toFixed(0)} ms of CPU, behind the start)`,
  )
  await opened.close()
}

/** A backend that is away: what waits goes on waiting, so that each round finds the same. */
async function measureAgent(name: string): Promise<{ listensMs: number; answersMs: number }> {
  const port = await freePort()
  const configFile = join(parent, `${name}.yaml`)
  writeFileSync(
    configFile,
    `
receivers:
  otlp: {protocols: {http: {endpoint: 127.0.0.1:${port}}}}
extensions:
  file_storage: {directory: ${join(parent, name)}, create_directory: true}
exporters:
  otlp_http:
    endpoint: http://127.0.0.1:1
    sending_queue: {storage: file_storage, queue_size: 100000000}
service:
  extensions: [file_storage]
  telemetry: {metrics: {level: none}}
  pipelines:
    traces: {receivers: [otlp], exporters: [otlp_http]}
`,
  )
  const startMs = performance.now()
  const agent = start({ command: [launcher, '--config', configFile] })
  try {
    await listening(port, agent)
    const listensMs = performance.now() - startMs
    const response = await fetch(`http://127.0.0.1:${port}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-protobuf' },
      body: Buffer.from(payload),
    })
    if (response.status !== 200) throw new Error(`the first request got ${response.status}:\n${agent.output()}`)
    return { listensMs, answersMs: performance.now() - startMs }
  } finally {
    await stop(agent, 'SIGKILL')
  }
}

try {
  for (const name of names) mkdirSync(join(parent, name))
  const log = create(queueOf('full'))
  await log.open()
  for (let written = 0; written < recordCount; written += 400) {
    await Promise.all(Array.from({ length: Math.min(400, recordCount - written) }, () => log.append(record())))
  }
  await log.close()
  for (const name of names) await measureLog(name)
  const results = new Map(names.map(name => [name, [] as Awaited<ReturnType<typeof measureAgent>>[]]))
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const [name, list] of results) list.push(await measureAgent(name))
  }
  for (const [name, list] of results) {
    const listens = list.map(each => each.listensMs)
    const answers = median(list.map(each => each.answersMs))
    console.log(
      `agent, ${name}: listening ${median(listens).toFixed(0)} ms after its start (worst ${Math.max(...listens).toFixed(0)}, goal 500), ` +
        `first request acknowledged after ${answers.toFixed(0)} ms; ${list.length} rounds`,
    )
  }
} finally {
  rmSync(parent, { recursive: true, force: true })
}
