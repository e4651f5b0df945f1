import { serialize } from 'node:v8'
import type { StageResult } from '../component/stage-processor.ts'
import type { OtlpBatch } from '../pdata/otlp-batch.ts'
import type { StageStep } from './graph-plan.ts'
import { InlineStage } from './inline-stage.ts'
import type { LoadGauge } from './load-gauge.ts'
import { NotPortable, toPortable } from './portable-config.ts'
import type { StageRunner } from './stage-instance.ts'
import type { PooledStageSpec, StagePool } from './stage-pool.ts'
import type { SharedMemory, StageSpec } from './stage-task.ts'

/** Smaller requests always run inline: handing one over costs the main thread more than walking it (bench/stage-pool). */
const pooledBytesMin = 16 * 1024

let lastStageId = 0

/** Runs a stage inline while the event loop has time, and on the pool while it has not. The bytes are the same. */
export class PooledStage implements StageRunner {
  readonly #inline: InlineStage
  readonly #spec: PooledStageSpec | undefined
  readonly #pool: StagePool
  readonly #load: LoadGauge
  readonly #bytesMin: number

  constructor(
    step: StageStep,
    contexts: readonly unknown[],
    pool: StagePool,
    load: LoadGauge,
    bytesMin = pooledBytesMin,
  ) {
    this.#inline = new InlineStage(step, contexts)
    this.#spec = specOf(step, contexts)
    this.#pool = pool
    this.#load = load
    this.#bytesMin = bytesMin
  }

  run(batch: OtlpBatch): StageResult | Promise<StageResult> {
    if (this.#spec === undefined || !this.#load.isBusy || batch.bytes.length < this.#bytesMin) {
      return this.#inline.run(batch)
    }
    return this.#pool.run(this.#spec, batch)
  }
}

/** Undefined where a configuration holds what cannot cross to another thread: such a stage always runs inline. */
function specOf({ parts, pipeline }: StageStep, contexts: readonly unknown[]): PooledStageSpec | undefined {
  try {
    const spec: StageSpec = {
      signal: pipeline.signal,
      parts: parts.map(({ factory, config }, i) => ({
        type: factory.type,
        config: toPortable(config),
        context: toPortable(withoutShared(contexts[i])),
      })),
    }
    const bytes = serialize(spec)
    const shared = new SharedArrayBuffer(bytes.length)
    new Uint8Array(shared).set(bytes)
    return { stageId: ++lastStageId, spec: shared, shared: parts.map((_, i) => sharedOf(contexts[i])) }
  } catch (error) {
    if (error instanceof NotPortable) return undefined
    throw error
  }
}

function sharedOf(context: unknown): SharedMemory {
  return Object.fromEntries(entriesOf(context).filter(isShared))
}

function withoutShared(context: unknown): unknown {
  const entries = entriesOf(context)
  return entries.some(isShared) ? Object.fromEntries(entries.filter(entry => !isShared(entry))) : context
}

function entriesOf(context: unknown): [string, unknown][] {
  return typeof context === 'object' && context !== null ? Object.entries(context) : []
}

function isShared(entry: [string, unknown]): entry is [string, SharedArrayBuffer] {
  return entry[1] instanceof SharedArrayBuffer
}
