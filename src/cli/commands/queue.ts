import { systemClock } from '../../clock/clock.ts'
import { decodeDeadLetter } from '../../exporter-helper/dead-letter.ts'
import { otlpToJson } from '../../pdata/otlp-to-json.ts'
import { LockedError } from '../../storage/directory-lock.ts'
import { inspectLog } from '../../storage/inspect-log.ts'
import { nodeFileSystem } from '../../storage/node-file-system.ts'
import type { LogRecord } from '../../storage/record.ts'
import { SegmentLog } from '../../storage/segment-log.ts'
import { type CommandSpec, type Invocation, UsageError } from '../command.ts'
import { findQueues, type QueueDirectory } from '../queue-directories.ts'
import { alignColumns } from '../terminal.ts'

const actions = ['ls', 'show', 'replay', 'drop'] as const
type Action = (typeof actions)[number]

export const queueCommand: CommandSpec = {
  name: 'queue',
  summary: 'Look at queues and dead letters on disk, send them again, or drop them',
  description:
    'Works on the directory of a file_storage extension, or on one queue in it. ls and show change nothing and may be used while the agent runs. replay and drop work on dead letters, also beside a running agent; with --queued on the queue itself, which no agent may be using then.',
  operands: 'ls|show|replay|drop DIRECTORY',
  operandsMax: 2,
  completes: actions,
  options: [
    { name: 'queued', doc: 'What waits in the queue rather than the dead letters (show, replay, drop).' },
    { name: 'limit', value: 'COUNT', doc: 'show: at most so many requests (default 10).' },
    { name: 'to', value: 'URL', doc: 'replay: base URL of an OTLP/HTTP server (default http://127.0.0.1:4318).' },
    { name: 'yes', doc: 'drop: really.' },
    { name: 'format', value: 'FORMAT', choices: ['text', 'json'], doc: 'ls: how to print (default text).' },
  ],
  examples: [
    ['sluice queue ls /var/lib/sluice', 'What waits, and what was refused?'],
    ['sluice queue show /var/lib/sluice', 'Dead letters as OTLP/JSON, each with its reason.'],
    ['sluice queue replay /var/lib/sluice/exporter.otlp_http.traces', 'Send its dead letters through the agent again.'],
    ['sluice queue drop /var/lib/sluice --yes', 'Delete all dead letters.'],
  ],
  exitCodes: [
    [0, 'Done.'],
    [1, 'Some requests were refused again, and are kept.'],
    [2, 'There is no such queue, or an agent is using it.'],
  ],
  run: runQueue,
}

async function runQueue(invocation: Invocation): Promise<number> {
  const [action, path] = invocation.args.operands
  if (!isAction(action)) throw new UsageError('say what to do: ls, show, replay or drop')
  if (path === undefined) throw new UsageError('name the directory of a file_storage extension, or of one queue in it')
  const queues = findQueues(path)
  if (queues.length === 0) throw new UsageError(`there is no queue in ${path}`)
  switch (action) {
    case 'ls':
      return list(invocation, queues)
    case 'show':
      return show(invocation, queues)
    case 'replay':
      return change(invocation, queues, (queue, records) => replay(invocation, queue, records))
    case 'drop':
      if (!invocation.args.has('yes')) throw new UsageError('this deletes telemetry', 'add --yes')
      return change(invocation, queues, async (_queue, records) => records)
  }
}

function isAction(text: string | undefined): text is Action {
  return actions.some(action => action === text)
}

interface Totals {
  requests: number
  items: number
  bytes: number
  oldestMs: number
  damagedBytes: number
}

async function totalsOf(path: string | undefined): Promise<Totals> {
  const totals: Totals = { requests: 0, items: 0, bytes: 0, oldestMs: Number.POSITIVE_INFINITY, damagedBytes: 0 }
  if (path === undefined) return totals
  await inspectLog(nodeFileSystem, path, {
    record({ itemCount, payload, wallMs }) {
      totals.requests++
      totals.items += itemCount
      totals.bytes += payload.length
      totals.oldestMs = Math.min(totals.oldestMs, wallMs)
      return true
    },
    damaged(range) {
      if (!range.isTorn) totals.damagedBytes += range.bytes.length
    },
  })
  return totals
}

async function list({ world, args }: Invocation, queues: readonly QueueDirectory[]): Promise<number> {
  const rows = await Promise.all(
    queues.map(async queue => ({
      name: queue.name,
      waiting: await totalsOf(queue.path),
      dead: await totalsOf(queue.deadLetterPath),
    })),
  )
  if (args.value('format') === 'json') {
    const plain = rows.map(({ name, waiting, dead }) => ({
      name,
      waiting: jsonOf(waiting),
      dead_letters: jsonOf(dead),
    }))
    world.stdout.write(`${JSON.stringify(plain, undefined, 2)}\n`)
    return 0
  }
  const cells = rows.map(({ name, waiting, dead }) => [
    name,
    String(waiting.requests),
    String(waiting.items),
    String(waiting.bytes),
    waiting.requests === 0 ? '' : new Date(waiting.oldestMs).toISOString(),
    String(dead.requests),
    String(dead.items),
  ])
  const heading = ['QUEUE', 'REQUESTS', 'ITEMS', 'BYTES', 'OLDEST', 'DEAD LETTERS', 'THEIR ITEMS']
  world.stdout.write(`${alignColumns([heading, ...cells]).join('\n')}\n`)
  return 0
}

function jsonOf({ requests, items, bytes, oldestMs, damagedBytes }: Totals) {
  const oldest = requests === 0 ? null : new Date(oldestMs).toISOString()
  return { requests, items, bytes, oldest, damaged_bytes: damagedBytes }
}

/** Lines of OTLP/JSON on stdout; what they are, as comments on stderr, so that the lines can be piped on. */
async function show({ world, args }: Invocation, queues: readonly QueueDirectory[]): Promise<number> {
  const limit = Number(args.value('limit') ?? 10)
  if (!Number.isInteger(limit) || limit < 1) throw new UsageError('--limit takes a whole number from 1 up')
  let shown = 0
  for (const queue of queues) {
    const path = args.has('queued') ? queue.path : queue.deadLetterPath
    if (path === undefined) continue
    await inspectLog(nodeFileSystem, path, {
      record(record) {
        if (shown >= limit) return false
        shown++
        const { request, why } = contentOf(record, args.has('queued'))
        const at = new Date(record.wallMs).toISOString()
        world.stderr.write(`# ${queue.name} ${at}, ${record.itemCount} items${why}\n`)
        world.stdout.write(`${Buffer.from(otlpToJson(queue.signal, request)).toString('utf8')}\n`)
        return shown < limit
      },
      damaged: () => {},
    })
  }
  if (shown === 0) world.stderr.write(args.has('queued') ? 'nothing waits\n' : 'there are no dead letters\n')
  return 0
}

function contentOf(record: LogRecord, isQueued: boolean): { request: Uint8Array; why: string } {
  if (isQueued) return { request: record.payload, why: '' }
  const letter = decodeDeadLetter(record.payload)
  if (letter === undefined) return { request: new Uint8Array(0), why: ', unreadable' }
  return { request: letter.request, why: `, ${letter.reason}: ${letter.message}` }
}

/** Gives every record to `work`, and removes those that it returns. */
async function change(
  { world, args }: Invocation,
  queues: readonly QueueDirectory[],
  work: (queue: QueueDirectory, records: readonly LogRecord[]) => Promise<readonly LogRecord[]>,
): Promise<number> {
  let exitCode = 0
  for (const queue of queues) {
    const path = args.has('queued') ? queue.path : queue.deadLetterPath
    if (path === undefined) continue
    const log = await openExclusively(path)
    try {
      await log.scan(() => {})
      let all = 0
      let gone = 0
      for (let records = await log.read(1 << 20); records.length > 0; records = await log.read(1 << 20)) {
        const done = await work(queue, records)
        for (const record of done) log.ack(record.sequence)
        all += records.length
        gone += done.length
      }
      if (gone < all) exitCode = 1
      world.stdout.write(`${queue.name}: ${gone} of ${all} requests\n`)
    } finally {
      await log.close()
    }
  }
  return exitCode
}

async function openExclusively(directory: string): Promise<SegmentLog> {
  const log = new SegmentLog({
    fileSystem: nodeFileSystem,
    directory,
    createsDirectory: false,
    syncLevel: 'written',
    segmentBytesMax: 16 << 20,
    clock: systemClock,
    events: { fault() {}, healed() {}, damaged() {}, written() {} },
  })
  try {
    await log.open()
    return log
  } catch (error) {
    if (error instanceof LockedError) throw new UsageError(error.message, 'stop that agent, or try again in a moment')
    throw error
  }
}

const paths = {
  traces: '/v1/traces',
  metrics: '/v1/metrics',
  logs: '/v1/logs',
  profiles: '/v1development/profiles',
}

async function replay({ world, args }: Invocation, queue: QueueDirectory, records: readonly LogRecord[]) {
  const base = (args.value('to') ?? 'http://127.0.0.1:4318').replace(/\/+$/, '')
  const done: LogRecord[] = []
  for (const record of records) {
    const { request } = contentOf(record, args.has('queued'))
    const response = await fetch(`${base}${paths[queue.signal]}`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-protobuf' },
      body: Buffer.from(request),
    }).catch(error => {
      throw new UsageError(`nobody answers at ${base}: ${(error as Error).message}`)
    })
    await response.arrayBuffer()
    if (response.ok) done.push(record)
    else world.stderr.write(`refused with ${response.status}, kept\n`)
  }
  return done
}
