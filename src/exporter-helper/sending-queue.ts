import type { Timer } from '../clock/clock.ts'
import type { ComponentSettings, Deadline } from '../component/component.ts'
import { acceptedAtOnce, type ConsumeError } from '../component/consumer.ts'
import type { RetryConfig } from '../config/sections/exporter-queue.ts'
import type { MergeRule, OtlpBatch, Signal } from '../pdata/otlp-batch.ts'
import type { BackendHealth } from './backend-health.ts'
import { BacklogMover } from './backlog-mover.ts'
import type { DeadLetters } from './dead-letters.ts'
import { Delivery, type DeliveryOwner } from './delivery.ts'
import type { Backend } from './export-request.ts'
import { type Journal, type JournalReader, shuttingDown } from './journal.ts'
import { type MergedRequest, pileRule } from './merge-lane.ts'
import { MergeLanes } from './merge-lanes.ts'
import type { ExporterMetrics } from './metrics.ts'
import { type Piece, QueueEntry } from './queue-entry.ts'
import { resultOf, Settlement } from './settlement.ts'

export interface SendingQueueSettings {
  readonly signal: Signal
  readonly backend: Backend
  readonly component: ComponentSettings
  readonly health: BackendHealth
  readonly metrics: ExporterMetrics
  readonly retry: RetryConfig
  /** For one attempt; 0 means none. */
  readonly timeoutMs: number
  readonly numConsumers: number
  /** False: every batch is sent at once, and its sender gets the backend's answer, unless a `batch` processor merges. */
  readonly isQueued: boolean
  /** The sender gets the backend's answer, though the queue merges and limits. */
  readonly waitsForResult: boolean
  /** `sending_queue.batch`: merges whatever came, in place of the rules that batches carry. */
  readonly rule: MergeRule | undefined
  readonly metadataKeys: readonly string[]
  /** Largest request that the backend is known to take; 0 means no limit. */
  readonly requestBytesMax: number
  readonly journal: Journal
  readonly deadLetters: DeadLetters | undefined
}

/**
 * At a shutdown a request that is under way from a queue on disk is waited for this long, in milliseconds. Cut off it is kept,
 * and may arrive twice; a backend that hangs must not hold up the end for what is not lost.
 */
const answerWithinMs = 2000

/**
 * What is under way from a queue on disk when the process is killed arrives twice. An agent that is killed again and again
 * has a backlog, so its first requests are small, and each that is delivered lets the next ones grow.
 */
const pileItemsFirst = 64

/**
 * Reads one journal, merges what may share a request, and delivers it: with bounded concurrency, retried by the table
 * that the backend's refusals follow, cut in two where it is too large. Every item ends as exported, dropped with a
 * reason, refused to a sender who waits, or left in a journal that survives.
 */
export class SendingQueue implements JournalReader, DeliveryOwner {
  readonly #settings: SendingQueueSettings
  readonly #lanes: MergeLanes
  readonly #forgetHolder: () => void
  readonly #forgetMetrics: () => void
  readonly #ageTimer: Timer | undefined
  readonly #delivery: Delivery
  readonly #settlement: Settlement
  /** Items from which on a request of what has piled up takes no more. */
  #pileItems: number
  /** Items that a journal on disk keeps for the next start. */
  #leftItems = 0
  #deliveryCount = 0
  /** Pieces that were passed on, and are not on the successor's disk yet. */
  #undecidedCount = 0
  #isDraining = false
  #isReading = false
  #successor: SendingQueue | undefined
  readonly #watchers: (() => void)[] = []

  constructor(settings: SendingQueueSettings) {
    this.#settings = settings
    this.#pileItems = settings.journal.isDurable ? pileItemsFirst : pileRule.sizeMin
    this.#delivery = new Delivery(settings, this)
    this.#settlement = new Settlement(settings)
    const { signal, component, metrics, journal } = settings
    this.#lanes = new MergeLanes({
      ...settings,
      clock: component.clock,
      owner: {
        take: lane => lane.take(this.#delivery.requestBytesMax, lane.rule === pileRule ? this.#pileItems : undefined),
        run: request => this.#run(request),
        changed: () => this.#changed(),
      },
    })
    this.#forgetHolder = component.ledger.holds(of => (of === signal ? this.heldItems : 0))
    this.#forgetMetrics = metrics.observeQueue({
      size: () => this.size,
      capacity: () =>
        journal.capacity.limits.requests.max || journal.capacity.limits.items.max || journal.capacity.limits.bytes.max,
      inFlight: () => this.#delivery.inFlightCount,
    })
    const { age } = journal.capacity.limits
    if (age.max > 0) this.#ageTimer = component.clock.every(Math.min(age.max, 1000), () => journal.expire())
  }

  /** In units of the queue's sizer. */
  get size(): number {
    const { capacity } = this.#settings.journal
    if (capacity.limits.requests.max > 0) return capacity.requests
    return capacity.limits.items.max > 0 ? capacity.items : capacity.bytes
  }

  get heldItems(): number {
    if (this.#leftItems > 0) return this.#leftItems
    return this.#settlement.heldItems + (this.#isReading ? this.#settings.journal.unreadItems : 0)
  }

  start(): void {
    if (this.#isReading || this.#isDraining || this.#settings.journal.isBeingRead) return
    this.#isReading = true
    this.#settings.journal.read(this)
  }

  consume(batch: OtlpBatch): Promise<void> {
    if (this.#successor !== undefined) return this.#successor.consume(batch)
    if (batch.itemCount === 0) return acceptedAtOnce
    const { isQueued, waitsForResult, journal, metrics } = this.#settings
    if (this.#isDraining) {
      metrics.enqueueFailed.add(batch.itemCount)
      return Promise.reject(shuttingDown())
    }
    if (!isQueued && batch.merge === undefined) return this.#sendDirectly(batch)
    const entry = journal.appendAtOnce?.(batch)
    if (entry === undefined) return this.#append(batch)
    return waitsForResult ? resultOf(entry) : acceptedAtOnce
  }

  async #append(batch: OtlpBatch): Promise<void> {
    const { waitsForResult, journal, metrics } = this.#settings
    let entry: QueueEntry | undefined
    try {
      entry = await journal.append(batch)
    } catch (error) {
      metrics.enqueueFailed.add(batch.itemCount)
      batch.memory?.release(batch.bytes)
      throw error
    }
    if (waitsForResult && entry !== undefined) await resultOf(entry)
  }

  readable(): void {
    if (this.#isReading) this.#pump()
    else this.#changed()
  }

  dropped(batch: OtlpBatch, entry: QueueEntry | undefined, reason: string): void {
    if (entry?.isRead) {
      this.#lanes.of(entry.batch).forget(entry)
      this.#settlement.heldItems -= batch.itemCount
    }
    this.#settlement.dropped(batch, entry, reason)
    this.#changed()
  }

  /** Everything accepted goes to `successor`, what is under way once its attempt has ended. */
  async handOver(successor: SendingQueue, deadline: Deadline): Promise<void> {
    this.#successor = successor
    this.#isReading = false
    this.#delivery.interrupt()
    for (const pieces of this.#lanes.empty()) {
      for (const piece of pieces) this.#passOn(piece, successor)
    }
    this.#passOnUnread()
    await this.#until(() => this.#deliveryCount === 0, deadline)
    this.#passOnUnread()
    const { journal } = this.#settings
    if (!journal.isDurable || journal === successor.#settings.journal) return
    await this.#until(() => this.#undecidedCount === 0, deadline)
    const mover = new BacklogMover(this.#settings, successor.#settings.journal, entry => successor.#takeEntry(entry))
    await mover.move(() => this.#nextChangeBefore(deadline), deadline)
    this.#leftItems = mover.leftItems
  }

  /** Delivers what it can by the deadline, from a journal on disk what is under way. Returns how many items it had to leave. */
  async drain(deadline: Deadline): Promise<number> {
    const { journal } = this.#settings
    this.#isDraining = true
    this.#ageTimer?.cancel()
    journal.refuse()
    this.#delivery.drain()
    // What a journal on disk holds is delivered after the next start: only what is under way comes to its end.
    if (journal.isDurable) this.#lanes.isStopped = true
    this.#lanes.drain()
    const isDone = () =>
      this.#deliveryCount === 0 && (this.#lanes.isStopped || (!this.#lanes.hasScheduled && this.heldItems === 0))
    const { clock } = this.#settings.component
    const atMs = journal.isDurable ? Math.min(deadline.atMs, clock.nowMs() + answerWithinMs) : deadline.atMs
    await this.#until(this.#isReading ? isDone : () => this.#deliveryCount === 0, { atMs })
    this.#lanes.isStopped = true
    const left = this.heldItems
    this.#giveUp()
    this.#lanes.end()
    this.#isReading = false
    this.#forgetMetrics()
    await this.#settings.deadLetters?.close()
    await journal.close()
    // What stays on disk is still queued, also in the last account before the end.
    const isTheirs = this.#successor !== undefined && this.#leftItems === 0
    if (!journal.isDurable || isTheirs || left === 0) this.#forgetHolder()
    else this.#leftItems = left
    return left
  }

  // ---- from the journal into lanes ------------------------------------------------------------------------------

  #pump(): void {
    const { journal } = this.#settings
    for (let entry = journal.next(); entry !== undefined; entry = journal.next()) {
      this.#hold({ entry, bytes: entry.batch.bytes, itemCount: entry.batch.itemCount })
    }
  }

  #hold(piece: Piece): void {
    this.#settlement.heldItems += piece.itemCount
    this.#lanes.push(piece)
  }

  async #run(request: MergedRequest): Promise<void> {
    this.#deliveryCount++
    await this.#delivery.deliver(request)
    this.#deliveryCount--
    if (this.#isReading) this.#pump()
    this.#changed()
    // A kill brings back what is not settled on disk: with what is under way, no more than there are consumers.
    await this.#settings.journal.settling
  }

  // ---- one request -----------------------------------------------------------------------------------------------

  async #sendDirectly(batch: OtlpBatch): Promise<void> {
    const entry = new QueueEntry(batch, this.#settings.component.clock.nowMs())
    const { bytes, itemCount, metadata } = batch
    this.#settlement.heldItems += itemCount
    entry.state = 'taken'
    const result = resultOf(entry)
    const pieces = [{ entry, bytes, itemCount }]
    void this.#run({ pieces, itemCount, byteCount: bytes.length, metadata, trigger: 'size' })
    await result
  }

  // ---- what becomes of it ----------------------------------------------------------------------------------------

  succeeded(request: MergedRequest, rejectedCount: number, message: string): void {
    this.#pileItems = Math.min(pileRule.sizeMin, this.#pileItems + pileItemsFirst)
    this.#settlement.succeeded(request, rejectedCount, message)
  }

  failed(request: MergedRequest, refusal: ConsumeError, reason: string): void {
    this.#settlement.failed(request, refusal, reason)
  }

  /** Its time is over before an answer: the successor's, the next start's, or lost and counted. */
  interrupted(request: MergedRequest, refusal: ConsumeError): void {
    if (this.#successor !== undefined) {
      for (const piece of request.pieces) this.#passOn(piece, this.#successor)
    } else if (this.#settings.journal.isDurable) {
      this.#lanes.isStopped = true
      this.#settlement.tellWaiting(request.pieces)
    } else {
      this.failed(request, refusal, 'shutdown')
    }
  }

  #giveUp(): void {
    if (this.#settings.journal.isDurable) {
      for (const pieces of this.#lanes.empty()) this.#settlement.tellWaiting(pieces)
      return
    }
    this.#pump()
    const refusal = shuttingDown()
    for (const pieces of this.#lanes.empty()) {
      const itemCount = pieces.reduce((sum, piece) => sum + piece.itemCount, 0)
      if (itemCount === 0) continue
      this.failed({ pieces, itemCount, byteCount: 0, metadata: undefined, trigger: 'timeout' }, refusal, 'shutdown')
    }
  }

  // ---- reload ----------------------------------------------------------------------------------------------------

  /** A piece becomes an entry of the successor; for who waits for the whole it stays a part of it. */
  #passOn(piece: Piece, successor: SendingQueue): void {
    const { entry } = piece
    this.#settlement.heldItems -= piece.itemCount
    if (successor.#settings.journal === this.#settings.journal) {
      successor.#hold(piece)
      return
    }
    const waiter = this.#settlement.isWaitedFor(entry)
      ? {
          accepted: () => {
            entry.exportedItems += piece.itemCount
            this.#settlement.settlePiece(piece)
          },
          refused: (refusal: ConsumeError) => {
            entry.refusal = refusal
            this.#settlement.settlePiece(piece)
          },
        }
      : undefined
    // An attempt that was cut off may still refer to the bytes: their memory does not go along, and stays with the collector.
    entry.isPinned = true
    const batch = { ...entry.batch, bytes: piece.bytes, itemCount: piece.itemCount, memory: undefined }
    if (waiter !== undefined) {
      successor.#take(batch, entry.appendedAtMs, waiter)
      return
    }
    // Until the successor's disk has it, a kill brings it back from this one's.
    this.#undecidedCount++
    successor.#take(batch, entry.appendedAtMs, undefined, isKept => {
      this.#undecidedCount--
      if (isKept) this.#settlement.settlePiece(piece)
      this.#changed()
    })
  }

  /** Also what came out of the old journal after that: appends that had waited for room. */
  #passOnUnread(): void {
    const { journal } = this.#settings
    const successor = this.#successor
    if (successor === undefined) return
    if (successor.#settings.journal === journal) {
      if (!successor.#isReading) journal.stopReading()
      successor.start()
      return
    }
    // What is on disk moves from there, once nothing else is under way.
    if (journal.isDurable) return
    for (let entry = journal.next(); entry !== undefined; entry = journal.next()) {
      successor.#takeEntry(entry)
      journal.settle(entry)
    }
  }

  #takeEntry(entry: QueueEntry): void {
    this.#take(entry.batch, entry.appendedAtMs, entry.waiter)
    entry.waiter = undefined
  }

  #take(
    batch: OtlpBatch,
    appendedAtMs: number,
    waiter: QueueEntry['waiter'],
    decided?: (isKept: boolean) => void,
  ): void {
    const entry = this.#settings.journal.adopt(batch, appendedAtMs, decided)
    entry.waiter = waiter
  }

  // ---- the end ---------------------------------------------------------------------------------------------------

  #changed(): void {
    for (const resolve of this.#watchers.splice(0)) resolve()
  }

  /** Until `isDone` or the deadline; after that, attempts are cut off and what they held is settled. */
  async #until(isDone: () => boolean, deadline: Deadline): Promise<void> {
    const { clock } = this.#settings.component
    let isLate = deadline.atMs <= clock.nowMs()
    const timer = clock.after(Math.max(0, deadline.atMs - clock.nowMs()), () => {
      isLate = true
      this.#changed()
    })
    while (!isDone() && !isLate) await this.#nextChange()
    timer.cancel()
    if (isLate) this.#delivery.abort()
    while (this.#deliveryCount > 0) await this.#nextChange()
  }

  async #nextChangeBefore({ atMs }: Deadline): Promise<void> {
    const { clock } = this.#settings.component
    const timer = clock.after(Math.max(0, atMs - clock.nowMs()), () => this.#changed())
    await this.#nextChange()
    timer.cancel()
  }

  #nextChange(): Promise<void> {
    return new Promise(resolve => this.#watchers.push(resolve))
  }
}
