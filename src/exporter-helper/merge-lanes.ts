import PQueue from 'p-queue'
import type { Clock, Timer } from '../clock/clock.ts'
import type { MergeRule, OtlpBatch, Signal } from '../pdata/otlp-batch.ts'
import { aloneRule, type MergedRequest, MergeLane, pileRule } from './merge-lane.ts'
import { metadataPartition } from './metadata-partition.ts'
import type { Piece } from './queue-entry.ts'

export interface MergeLanesSettings {
  readonly signal: Signal
  readonly clock: Clock
  /** Merges whatever came, in place of the rules that batches carry. */
  readonly rule: MergeRule | undefined
  readonly metadataKeys: readonly string[]
  /** Requests that are under way at once. */
  readonly numConsumers: number
  readonly owner: MergeLanesOwner
}

export interface MergeLanesOwner {
  /** The next request of a lane whose turn it is; undefined where there is none. */
  take(lane: MergeLane): MergedRequest | undefined
  /** Ends when something became of the request. Never rejects. */
  run(request: MergedRequest): Promise<void>
  /** A lane's turn came to nothing. */
  changed(): void
}

/** A lane for each rule, and with a rule of the queue's own for each partition; and when each of them sends. */
export class MergeLanes {
  readonly #settings: MergeLanesSettings
  readonly #consumers: PQueue
  readonly #lanes = new Map<string | MergeRule, MergeLane>()
  readonly #timers = new Map<MergeLane, Timer>()
  /** Lanes with a task in the queue that has not begun. */
  readonly #scheduled = new Set<MergeLane>()
  /** Nothing waits for company any more. */
  #isDraining = false
  /** Nothing more is sent. */
  isStopped = false

  constructor(settings: MergeLanesSettings) {
    this.#settings = settings
    this.#consumers = new PQueue({ concurrency: settings.numConsumers })
  }

  get hasScheduled(): boolean {
    return this.#scheduled.size > 0
  }

  push(piece: Piece): void {
    const lane = this.of(piece.entry.batch)
    lane.push(piece)
    this.#wake(lane)
  }

  of(batch: OtlpBatch): MergeLane {
    const { rule, metadataKeys, signal } = this.#settings
    const own = rule ?? batch.merge ?? (batch.metadata === undefined ? pileRule : aloneRule)
    const key = rule === undefined ? own : metadataPartition(metadataKeys, batch.metadata).key
    let lane = this.#lanes.get(key)
    if (lane === undefined) {
      lane = new MergeLane(signal, own)
      this.#lanes.set(key, lane)
    }
    return lane
  }

  /** All that waits goes as soon as a consumer has its hands free. */
  drain(): void {
    this.#isDraining = true
    for (const lane of this.#lanes.values()) this.#wake(lane)
  }

  /** Takes out all that waits, lane by lane. */
  *empty(): Generator<Piece[]> {
    for (const lane of this.#lanes.values()) yield lane.drain()
  }

  end(): void {
    for (const timer of this.#timers.values()) timer.cancel()
    this.#timers.clear()
  }

  /** Sees to it that what waits in the lane goes when its rule says so. */
  #wake(lane: MergeLane): void {
    if (lane.isEmpty) return
    if (lane.isFull || lane.isDue || lane.rule.timeoutMs === 0 || this.#isDraining) {
      this.#schedule(lane)
      return
    }
    if (this.#timers.has(lane) || this.#scheduled.has(lane)) return
    const { clock } = this.#settings
    const waitMs = (lane.oldestAtMs ?? clock.nowMs()) + lane.rule.timeoutMs - clock.nowMs()
    const timer = clock.after(Math.max(0, waitMs), () => {
      this.#timers.delete(lane)
      lane.isDue = true
      this.#schedule(lane)
    })
    this.#timers.set(lane, timer)
  }

  #schedule(lane: MergeLane): void {
    if (this.#scheduled.has(lane) || lane.isEmpty || this.isStopped) return
    this.#scheduled.add(lane)
    void this.#consumers.add(() => this.#sendNext(lane))
  }

  /** One consumer's turn: takes as much as one request holds. Never rejects. */
  async #sendNext(lane: MergeLane): Promise<void> {
    const { owner } = this.#settings
    this.#scheduled.delete(lane)
    this.#timers.get(lane)?.cancel()
    this.#timers.delete(lane)
    const request = this.isStopped ? undefined : owner.take(lane)
    if (request === undefined) {
      owner.changed()
      return
    }
    lane.isDue = false
    lane.rule.onSend?.(request.trigger, request.itemCount, request.byteCount)
    this.#wake(lane)
    await owner.run(request)
    this.#forgetLane(lane)
  }

  /** Lanes of partitions and of past configurations do not stay. */
  #forgetLane(lane: MergeLane): void {
    if (!lane.isEmpty || this.#scheduled.has(lane) || this.#lanes.size < 16) return
    for (const [key, each] of this.#lanes) {
      if (each === lane) this.#lanes.delete(key)
    }
  }
}
