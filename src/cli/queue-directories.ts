import { existsSync, readdirSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { deadLetterFolder } from '../exporter-helper/dead-letter.ts'
import { type Signal, signals } from '../pdata/otlp-batch.ts'
import { firstSequenceOf } from '../storage/segment.ts'

/** One queue's directory on disk. */
export interface QueueDirectory {
  readonly path: string
  readonly name: string
  readonly signal: Signal
  readonly deadLetterPath: string | undefined
}

/** The queues in a storage directory, those of its shards included, or the one that `path` itself is. */
export function findQueues(path: string): QueueDirectory[] {
  const here = asQueue(path)
  if (here !== undefined) return [here]
  if (!existsSync(path) || !statSync(path).isDirectory()) return []
  return readdirSync(path)
    .sort()
    .flatMap(name => (/^shard-\d+$/.test(name) ? findQueues(join(path, name)) : (asQueue(join(path, name)) ?? [])))
}

function asQueue(path: string): QueueDirectory | undefined {
  const name = basename(path)
  const signal = signals.find(each => name.endsWith(`.${each}`))
  if (signal === undefined || !existsSync(path) || !statSync(path).isDirectory()) return undefined
  const names = readdirSync(path)
  if (!names.includes('acks') && !names.some(each => firstSequenceOf(each) !== undefined)) return undefined
  const deadLetterPath = names.includes(deadLetterFolder) ? join(path, deadLetterFolder) : undefined
  return { path, name, signal, deadLetterPath }
}
