import { ConsumeError } from '../component/consumer.ts'
import type { StageResult } from '../component/stage-processor.ts'
import type { OtlpBatch } from '../pdata/otlp-batch.ts'
import type { Counter, MetricScope } from '../telemetry/metrics.ts'
import { WireError } from '../wire/wire-error.ts'
import { WorkerLost, type WorkerPool } from '../workers/worker-pool.ts'
import type { SharedMemory, StageTask, StageTaskReply, StageTaskResult } from './stage-task.ts'

export interface StagePoolLimits {
  /** Requests that may wait for a thread; the next one is refused. */
  readonly backlogRequestsMax: number
  readonly backlogBytesMax: number
  /** Most in one hand-over. */
  readonly groupRequestsMax: number
  readonly groupBytesMax: number
  /** A group that takes longer has hung. */
  readonly groupTimeoutMs: number
  /** The same for one request that is tried once more: a slow machine must not turn it into a refusal. */
  readonly secondTryTimeoutMs: number
}

export const defaultPoolLimits: StagePoolLimits = {
  backlogRequestsMax: 4096,
  backlogBytesMax: 64 * 1024 * 1024,
  groupRequestsMax: 64,
  groupBytesMax: 2 * 1024 * 1024,
  groupTimeoutMs: 1_000,
  secondTryTimeoutMs: 10_000,
}

/** A stage as workers build it. */
export interface PooledStageSpec {
  readonly stageId: number
  readonly spec: SharedArrayBuffer
  readonly shared: readonly SharedMemory[]
}

interface Waiting {
  readonly stage: PooledStageSpec
  readonly batch: OtlpBatch
  /** It was under way when a thread was lost; it travels alone now, so that it cannot take others along. */
  isSecondTry: boolean
  resolve(result: StageResult): void
  reject(error: unknown): void
}

/**
 * Runs stages on threads. Requests that wait while all threads are busy go over together, in one buffer that moves. The
 * originals stay here until the answer is there: what a lost thread had is tried once more.
 */
export class StagePool {
  readonly #workers: WorkerPool
  readonly #limits: StagePoolLimits
  readonly #metrics: StagePoolMetrics
  #waiting: Waiting[] = []
  #waitingBytes = 0
  #busyCount = 0
  #isScheduled = false

  constructor(workers: WorkerPool, scope: MetricScope, limits: StagePoolLimits = defaultPoolLimits) {
    this.#workers = workers
    this.#limits = limits
    this.#metrics = stagePoolMetrics(
      scope,
      () => this.#waiting.length,
      () => workers.threadCount,
    )
  }

  run(stage: PooledStageSpec, batch: OtlpBatch): Promise<StageResult> {
    const { backlogRequestsMax, backlogBytesMax } = this.#limits
    const isFull =
      this.#waiting.length >= backlogRequestsMax || this.#waitingBytes + batch.bytes.length > backlogBytesMax
    if (isFull && this.#waiting.length > 0) {
      this.#metrics.refused.add(batch.itemCount)
      const details = { reason: 'stage_backlog_full', retryDelayMs: 1000 }
      return Promise.reject(new ConsumeError('overloaded', 'too many requests wait for a processing thread', details))
    }
    const { promise, resolve, reject } = Promise.withResolvers<StageResult>()
    this.#enqueue({ stage, batch, isSecondTry: false, resolve, reject })
    return promise
  }

  async shutdown(): Promise<void> {
    await this.#workers.shutdown()
  }

  #enqueue(waiting: Waiting): void {
    this.#waiting.push(waiting)
    this.#waitingBytes += waiting.batch.bytes.length
    this.#schedule()
  }

  /** Requests that come in the same turn of the event loop travel together. */
  #schedule(): void {
    if (this.#isScheduled || this.#busyCount >= this.#workers.threadsMax) return
    this.#isScheduled = true
    setImmediate(() => {
      this.#isScheduled = false
      while (this.#waiting.length > 0 && this.#busyCount < this.#workers.threadsMax) this.#send(this.#takeGroup())
    })
  }

  #takeGroup(): Waiting[] {
    const first = this.#waiting[0]!
    const group: Waiting[] = []
    let bytes = 0
    const rest: Waiting[] = []
    for (const waiting of this.#waiting) {
      const length = waiting.batch.bytes.length
      const fits = group.length < this.#limits.groupRequestsMax && bytes + length <= this.#limits.groupBytesMax
      const belongs = waiting.stage === first.stage && !waiting.isSecondTry && !first.isSecondTry && fits
      if (waiting === first || belongs) {
        group.push(waiting)
        bytes += length
      } else rest.push(waiting)
    }
    this.#waiting = rest
    this.#waitingBytes -= bytes
    return group
  }

  #send(group: readonly Waiting[]): void {
    this.#busyCount += 1
    this.#metrics.groups.add(1)
    this.#metrics.requests.add(group.length)
    const task = taskOf(group)
    const { secondTryTimeoutMs, groupTimeoutMs } = this.#limits
    const timeoutMs = group[0]?.isSecondTry ? secondTryTimeoutMs : groupTimeoutMs
    this.#workers
      .run<StageTask, StageTaskReply>(task, [task.bytes], timeoutMs)
      .then(
        reply => deliver(group, reply),
        error => this.#lost(group, error),
      )
      .finally(() => {
        this.#busyCount -= 1
        if (this.#waiting.length > 0) this.#schedule()
      })
  }

  #lost(group: readonly Waiting[], error: unknown): void {
    if (!(error instanceof WorkerLost)) {
      for (const { reject } of group) reject(error)
      return
    }
    this.#metrics.lost(error.loss)
    for (const waiting of group) {
      if (error.loss === 'shutdown') {
        waiting.reject(
          new ConsumeError('retryable', error.message, { reason: 'shutdown', retryDelayMs: 1000, cause: error }),
        )
      } else if (waiting.isSecondTry) {
        // Alone on a thread, it ended that one too: the same bytes would do so again.
        waiting.reject(new ConsumeError('permanent', error.message, { reason: 'worker_lost', cause: error }))
      } else {
        this.#metrics.retried.add(1)
        waiting.isSecondTry = true
        this.#enqueue(waiting)
      }
    }
  }
}

function taskOf(group: readonly Waiting[]): StageTask {
  const { stageId, spec, shared } = group[0]!.stage
  const bytes = new Uint8Array(group.reduce((sum, { batch }) => sum + batch.bytes.length, 0))
  let offset = 0
  const requests = group.map(({ batch }) => {
    bytes.set(batch.bytes, offset)
    offset += batch.bytes.length
    const { itemCount, metadata, plainSpans } = batch
    const byteLength = batch.bytes.length
    return { byteLength, itemCount, metadata, hasPlainSpans: plainSpans?.bytes === batch.bytes }
  })
  return { stageId, spec, shared, bytes: bytes.buffer, requests }
}

function deliver(group: readonly Waiting[], reply: StageTaskReply): void {
  let offset = 0
  group.forEach((waiting, i) => {
    const result: StageTaskResult | undefined = reply.results[i]
    if (result?.kind === 'done') {
      const { byteLength, itemCount, counts } = result
      const bytes = byteLength === undefined ? waiting.batch.bytes : new Uint8Array(reply.bytes, offset, byteLength)
      offset += byteLength ?? 0
      waiting.resolve({ bytes, itemCount, counts })
    } else if (result?.kind === 'malformed') waiting.reject(new WireError(result.message, -1, result.reason))
    else waiting.reject(new Error(result?.message ?? 'a worker gave no result'))
  })
}

interface StagePoolMetrics {
  readonly groups: Counter
  readonly requests: Counter
  readonly retried: Counter
  readonly refused: Counter
  lost(loss: string): void
}

function stagePoolMetrics(scope: MetricScope, backlog: () => number, threads: () => number): StagePoolMetrics {
  const counter = (name: string, description: string, unit: string, labels?: Record<string, string>) =>
    scope.counter({ name: `sluice_stage_pool_${name}`, description, unit }, labels)
  scope.observe(
    { name: 'sluice_stage_pool_backlog_requests', description: 'Requests that wait for a thread', unit: '{requests}' },
    backlog,
  )
  scope.observe(
    { name: 'sluice_stage_pool_threads', description: 'Threads that run stages', unit: '{threads}' },
    threads,
  )
  return {
    groups: counter('groups', 'Hand-overs to a thread', '{groups}'),
    requests: counter('requests', 'Requests that were handed to a thread', '{requests}'),
    retried: counter('retried_requests', 'Requests tried once more after their thread was lost', '{requests}'),
    refused: counter('refused_items', 'Items refused because the backlog was full', '{items}'),
    lost: loss => counter('lost_threads', 'Threads lost, by what happened', '{threads}', { loss }).add(1),
  }
}
