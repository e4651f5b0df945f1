import cluster, { type Worker } from 'node:cluster'
import type { Shard } from '../component/component.ts'
import type { LoadRequest } from '../config/load.ts'
import { AgentRun, type RunSettings } from '../service/run-agent.ts'
import type { FromShard, ToShard } from '../service/shards/messages.ts'
import type { ShardProcess } from '../service/shards/shard-end.ts'
import { type ParentLine, ShardSide } from '../service/shards/shard-side.ts'
import { settleMemory } from './settle-memory.ts'

/** Set for the processes that run a shard: `1/4`. */
const shardVariable = 'SLUICE_SHARD'

/** Which shard this process shall be; undefined where it is the first process, whatever its environment says. */
export function shardOf(env: LoadRequest['env']): Shard | undefined {
  const [index, count] = (env[shardVariable] ?? '').split('/').map(Number)
  return cluster.isWorker && index !== undefined && count !== undefined ? { index, count } : undefined
}

/**
 * Starts this program again as a shard. `node:cluster` accepts in the first process and gives connections out in turn:
 * docs/decisions/shards-take-turns.md.
 */
export function shardStarter(count: number): (index: number) => ShardProcess {
  cluster.schedulingPolicy = cluster.SCHED_RR
  cluster.setupPrimary({ exec: process.argv[1]!, args: process.argv.slice(2) })
  return index => shardProcess(cluster.fork({ [shardVariable]: `${index}/${count}` }))
}

function shardProcess(worker: Worker): ShardProcess {
  worker.on('error', () => {}) // a message to a process that is gone: its exit is told
  // Whoever ends the first process at once, by a second signal, means all of them.
  process.once('exit', () => worker.process.kill('SIGKILL'))
  return {
    pid: worker.process.pid ?? 0,
    send(message) {
      if (worker.isConnected()) worker.send(message)
    },
    kill: () => void worker.process.kill('SIGKILL'),
    onMessage: receive => void worker.on('message', receive),
    onExit: exited => void worker.on('exit', (code, signal) => exited(signal ?? `code ${code}`)),
  }
}

/**
 * Runs one shard until the first process says so or is gone; gives the exit code. Signals are the first process's: a
 * terminal and a service manager send them to all processes at once.
 */
export async function runShardProcess(settings: RunSettings, shard: Shard): Promise<number> {
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => {})
  const side = new ShardSide(shard, parentLine(), settings.clock)
  const run = new AgentRun({ ...settings, sharing: side, print: () => {} })
  const orphaned = whenParentIsGone()
  const crashed = new Promise<Error>(resolve => {
    process.on('uncaughtException', resolve)
    process.on('unhandledRejection', reason => resolve(reason instanceof Error ? reason : new Error(String(reason))))
  })
  try {
    await run.start()
    settleMemory()
    await side.serve(run)
  } catch (error) {
    await side.failed(error)
    return 1
  }
  const fatal = run.fatalError.then(error => side.fatal(error).then(() => side.ended))
  const ended = await Promise.race([side.ended, orphaned, crashed, fatal])
  if (ended instanceof Error) run.logger.error('the shard cannot go on, it drains and ends', { error: ended })
  await run.shutdown()
  await side.end(run)
  return ended instanceof Error ? 1 : 0
}

/** Without the first process nobody accepts any more: what was accepted is drained. */
function whenParentIsGone(): Promise<void> {
  // Otherwise the process would end at that moment, whatever it holds.
  cluster.worker!.exitedAfterDisconnect = true
  return new Promise(resolve => process.once('disconnect', resolve))
}

function parentLine(): ParentLine {
  process.on('error', () => {}) // a message to a parent that is gone
  return {
    send: (message: FromShard) =>
      new Promise(resolve => {
        if (process.connected) process.send!(message, undefined, undefined, () => resolve())
        else resolve()
      }),
    listen: receive => void process.on('message', message => receive(message as ToShard)),
  }
}
