import type { Timer } from '../../clock/clock.ts'
import type { Component, ComponentSettings, Deadline } from '../../component/component.ts'
import { ConsumeError, type Consumer } from '../../component/consumer.ts'
import { BatchMemory } from '../../pdata/batch-memory.ts'
import type { OtlpBatch } from '../../pdata/otlp-batch.ts'
import * as otlp from '../../pdata/otlp-fields.ts'
import type { SpanReader, SurroundingReader } from '../../pdata/record-reader.ts'
import { encodeString } from '../../pdata/value.ts'
import { copyBytes } from '../../wire/copy-bytes.ts'
import { WireWriter } from '../../wire/wire-writer.ts'
import type { TailSamplingConfig } from './config.ts'
import { DecisionCache } from './decision-cache.ts'
import { DueList } from './due-list.ts'
import { Outbox } from './outbox.ts'
import { compilePolicies, type Decision, decide, type Policy, type Vote } from './policies.ts'
import { RequestReader } from './request-reader.ts'
import { RequestSlab, waitingRequest } from './request-slab.ts'
import { SamplingMetrics } from './sampling-metrics.ts'
import { assembleSpans, type LeavingSpan } from './span-assembly.ts'
import { TraceStore } from './trace-store.ts'
import { decidedDrop, decidedKeep, undecided } from './trace-table.ts'

const tickMs = 100
const retryMs = 1_000
/** Spans that are sent on together. */
const sentSpansMax = 8192
/** How much of `memory_max` is freed at once where it is full: one part in so many. */
const evictedShare = 64
const nothing = new Uint8Array(0)

/**
 * Decides on whole traces after a wait. It keeps the requests' own bytes and 20 bytes for each span that waits; policies
 * that look at spans are asked as spans arrive, so a decision reads a few numbers of the trace. Short of room, the oldest
 * trace is decided early rather than lost undecided.
 */
export class TailSampling implements Component, Consumer {
  readonly #config: TailSamplingConfig
  readonly #settings: ComponentSettings
  readonly #policies: readonly Policy[]
  readonly #store: TraceStore
  readonly #reader: RequestReader
  /** Small requests. */
  readonly #slab: RequestSlab
  /** Where the request at hand stands among the bytes that it is kept in. */
  #place: [start: number, end: number] = [0, 0]
  readonly #due = new DueList(tickMs)
  readonly #outbox: Outbox
  readonly #metrics: SamplingMetrics
  readonly #keptCache: DecisionCache
  readonly #droppedCache: DecisionCache
  readonly #leaving: LeavingSpan[] = []
  readonly #removers: (() => void)[] = []
  readonly #onVote: (policy: number, vote: Vote) => void
  #timer: Timer | undefined
  #isStarted = false
  /** Slots that got spans from the request at hand, for `span-ingest`. */
  readonly #touched = new Set<number>()

  constructor(config: TailSamplingConfig, settings: ComponentSettings, next: Consumer) {
    this.#config = config
    this.#settings = settings
    const { policies, matchers, usesCost } = compilePolicies(config.policies)
    this.#policies = policies
    this.#store = new TraceStore(config.numTraces, matchers, usesCost)
    this.#reader = new RequestReader(this.#store.questions())
    this.#slab = new RequestSlab(this.#store.spans, config.memoryMaxBytes)
    this.#outbox = new Outbox(next, settings.clock, settings.ledger, settings.logger)
    this.#metrics = new SamplingMetrics(
      settings.metrics,
      policies.map(({ name }) => name),
    )
    this.#keptCache = new DecisionCache(config.decisionCache.sampledCacheSize)
    this.#droppedCache = new DecisionCache(config.decisionCache.nonSampledCacheSize)
    this.#onVote = (policy, vote) => this.#metrics.voted(policy, vote)
  }

  async start(): Promise<void> {
    if (this.#isStarted) return
    this.#isStarted = true
    const { clock, ledger, metrics, logger } = this.#settings
    this.#timer = clock.every(tickMs, () => this.#tick())
    this.#removers.push(
      ledger.holds(signal => (signal === 'traces' ? this.#store.spans.count + this.#outbox.itemCount : 0)),
      metrics.observe(
        {
          name: 'otelcol_processor_tail_sampling_sampling_traces_on_memory',
          description: 'Traces remembered',
          unit: '{traces}',
        },
        () => this.#store.table.count,
      ),
      metrics.observe(
        {
          name: 'sluice_tail_sampling_held_bytes',
          description: 'Bytes of spans that wait, with their index',
          unit: 'By',
        },
        () => this.#store.spans.heldBytes + this.#outbox.heldBytes,
      ),
    )
    logger.info(
      'tail sampling judges the spans that pass here: of a trace over several services each agent sees a part',
      {
        decision_wait_ms: this.#config.decisionWaitMs,
      },
    )
  }

  async shutdown(deadline: Deadline): Promise<void> {
    if (!this.#isStarted) return
    this.#isStarted = false
    this.#timer?.cancel()
    const { table } = this.#store
    for (let slot = table.oldestUndecided; slot !== -1; slot = table.oldestUndecided) {
      if (this.#config.dropPendingTracesOnShutdown) this.#apply(slot, { isKept: false, policy: '' }, 'shutdown')
      else this.#decide(slot)
    }
    this.#sendLeaving()
    await this.#outbox.shutdown(deadline.atMs)
    for (const remove of this.#removers.splice(0)) remove()
  }

  /**
   * Decisions are remembered by the successor, so that the spans of a trace that come later follow them; traces that wait go on
   * waiting there, for a decision by its policies on all their spans.
   */
  async handOver(successor: Component): Promise<void> {
    if (!(successor instanceof TailSampling)) return
    const { table, spans } = this.#store
    successor.#keptCache.addAll(this.#keptCache)
    successor.#droppedCache.addAll(this.#droppedCache)
    const waiting: number[] = []
    for (let slot = table.oldest; slot !== -1; slot = table.younger(slot)) {
      if (table.state[slot] === undecided) waiting.push(slot)
      else successor.#follow(table.ids, slot * 16, table.state[slot] === decidedKeep)
    }
    successor.#sendLeaving()
    for (let i = 0; i < waiting.length; ) {
      const leaving: LeavingSpan[] = []
      const moved: number[] = []
      while (i < waiting.length && leaving.length < sentSpansMax) {
        const slot = waiting[i++]!
        moved.push(slot)
        for (let span = table.firstSpan[slot]!; span !== -1; span = spans.next(span))
          leaving.push({ span, extra: nothing })
      }
      for (const { bytes, itemCount } of assembleSpans(spans, leaving)) {
        successor.#takeIn({ signal: 'traces', bytes, itemCount })
      }
      for (const slot of moved) {
        this.#store.releaseSpans(slot)
        table.remove(slot)
      }
    }
  }

  /** A decision that was made elsewhere. */
  #follow(ids: Uint8Array, id: number, isKept: boolean): void {
    const { table } = this.#store
    const known = table.find(ids, id)
    if (known !== -1) {
      if (table.state[known] === undecided) this.#apply(known, { isKept, policy: '' }, 'sampled')
    } else if (table.count < table.capacity) {
      const slot = table.add(ids, id, this.#settings.clock.nowMs())
      table.dueMs[slot] = this.#settings.clock.nowMs()
      table.state[slot] = isKept ? decidedKeep : decidedDrop
    } else if (isKept) this.#keptCache.add(ids, id)
    else this.#droppedCache.add(ids, id)
  }

  async consume(batch: OtlpBatch): Promise<void> {
    if (this.#outbox.heldBytes > this.#config.memoryMaxBytes) {
      throw new ConsumeError('overloaded', 'sampled spans wait for the next consumer', {
        reason: 'tail_sampling_full',
        retryDelayMs: retryMs,
      })
    }
    if (this.#config.blockOnOverflow) this.#assertRoom()
    this.#takeIn(batch)
  }

  #takeIn(batch: OtlpBatch): void {
    const { spans } = this.#store
    const requestIndex = this.#keep(batch)
    const request = spans.requestAt(requestIndex)
    this.#store.enterRequest()
    // Spans may leave while others of the request are still to come.
    request.waitingSpans++
    this.#reader.visit(request, ...this.#place, (span, start, end, scope, resource, resourceIndex) => {
      this.#take(span, resource, resourceIndex, spans.add(requestIndex, scope, start, end), end - start)
    })
    request.waitingSpans--
    spans.settleRequest(requestIndex)
    if (this.#config.samplingStrategy === 'span-ingest') this.#decideTouched()
    this.#sendLeaving()
    this.#keepWithinMemory()
  }

  /** Keeps the request's bytes and reads its groups. Returns the number of the request that they are in, at `#place`. */
  #keep(batch: OtlpBatch): number {
    const { spans } = this.#store
    const { bytes, memory } = batch
    if (bytes.length <= this.#slab.requestBytesMax) {
      const start = this.#slab.add(bytes)
      this.#place = [start, start + bytes.length]
      memory?.release(bytes)
      this.#reader.read(spans.requestAt(this.#slab.index), ...this.#place)
      return this.#slab.index
    }
    const request = waitingRequest(...this.#ownBytes(batch))
    this.#place = [0, request.bytes.length]
    this.#reader.read(request, ...this.#place)
    return spans.addRequest(request)
  }

  /** The bytes to keep, and their memory: a view into somebody's larger buffer would keep all of that alive. */
  #ownBytes({ bytes, memory }: OtlpBatch): [Uint8Array, BatchMemory | undefined] {
    if (bytes.buffer.byteLength <= bytes.length * 2) return [bytes, memory]
    const copy = copyBytes(bytes)
    memory?.release(bytes)
    return [copy, BatchMemory.of(copy)]
  }

  #take(span: SpanReader, resource: SurroundingReader, resourceIndex: number, place: number, size: number): void {
    const slot = this.#slotOf(span, place)
    if (slot === -1) return
    const { table } = this.#store
    this.#store.addSpan(slot, span, resource, resourceIndex, place, size)
    const { decisionWaitAfterRootMs, maximumTraceSizeBytes, samplingStrategy } = this.#config
    if (decisionWaitAfterRootMs > 0 && span.parentSpanIdStart === 0) {
      const dueMs = this.#settings.clock.nowMs() + decisionWaitAfterRootMs
      if (dueMs < table.dueMs[slot]!) {
        table.dueMs[slot] = dueMs
        this.#due.add(slot, table.generation[slot]!, dueMs)
      }
    }
    if (maximumTraceSizeBytes > 0 && table.sizeBytes[slot]! > maximumTraceSizeBytes) {
      this.#metrics.tooLarge.add(1)
      this.#apply(slot, { isKept: false, policy: '' }, 'trace_too_large')
    } else if (samplingStrategy === 'span-ingest') this.#touched.add(slot)
  }

  /** The undecided trace that the span belongs to; -1 where its fate is known already, and then it has left. */
  #slotOf(span: SpanReader, place: number): number {
    const { table } = this.#store
    const { bytes } = span.message
    const id = span.traceIdStart
    if (id === 0) {
      this.#leave(place, false, 'no_trace_id')
      return -1
    }
    const slot = table.find(bytes, id)
    const nowMs = this.#settings.clock.nowMs()
    if (slot !== -1) {
      if (table.state[slot] === undecided) return slot
      this.#metrics.lateSpanAge.record((nowMs - table.dueMs[slot]!) / 1000)
      this.#metrics.cacheReleases.add(1)
      this.#leave(place, table.state[slot] === decidedKeep, 'sampled')
      return -1
    }
    const isKept = this.#keptCache.has(bytes, id)
    if (!isKept && !this.#droppedCache.has(bytes, id)) return this.#newTrace(bytes, id, nowMs)
    this.#metrics.cacheReleases.add(1)
    this.#leave(place, isKept, 'sampled')
    return -1
  }

  #newTrace(bytes: Uint8Array, id: number, nowMs: number): number {
    const { table } = this.#store
    if (table.count === table.capacity) this.#forgetOldest()
    const slot = table.add(bytes, id, nowMs)
    table.dueMs[slot] = nowMs + this.#config.decisionWaitMs
    this.#due.add(slot, table.generation[slot]!, table.dueMs[slot]!)
    this.#metrics.newTraces.add(1)
    return slot
  }

  /** Makes room for one trace: an undecided one is decided with what there is of it. */
  #forgetOldest(): void {
    const { table } = this.#store
    const slot = table.oldest
    if (table.state[slot] === undecided) {
      this.#metrics.droppedTooEarly.add(1)
      this.#decide(slot)
    }
    const cache = table.state[slot] === decidedKeep ? this.#keptCache : this.#droppedCache
    cache.add(table.ids, slot * 16)
    table.remove(slot)
  }

  #keepWithinMemory(): void {
    const { spans, table } = this.#store
    const { memoryMaxBytes } = this.#config
    if (spans.heldBytes <= memoryMaxBytes) return
    // Some room at once: who decides one trace for each that comes sends on one trace at a time.
    const wantedBytes = memoryMaxBytes - memoryMaxBytes / evictedShare
    let decidedBytes = 0
    while (spans.heldBytes > wantedBytes) {
      const slot = table.oldestUndecided
      if (slot === -1) break
      this.#metrics.droppedTooEarly.add(1)
      decidedBytes += table.sizeBytes[slot]!
      this.#decide(slot)
      if (decidedBytes < spans.heldBytes - wantedBytes) continue
      // Only now what was kept gives its memory back.
      this.#sendLeaving()
      decidedBytes = 0
    }
    this.#sendLeaving()
  }

  #assertRoom(): void {
    const { table } = this.#store
    if (table.count < table.capacity || table.state[table.oldest] !== undecided) return
    throw new ConsumeError('overloaded', `${table.capacity} traces wait for their decision`, {
      reason: 'tail_sampling_full',
      retryDelayMs: retryMs,
    })
  }

  #tick(): void {
    const { table } = this.#store
    const before = performance.now()
    let decided = 0
    this.#due.takeDue(this.#settings.clock.nowMs(), (slot, generation) => {
      const isDue = table.dueMs[slot]! <= this.#settings.clock.nowMs()
      if (table.generation[slot] !== generation || table.state[slot] !== undecided || !isDue) return
      this.#decide(slot)
      decided++
      if (this.#leaving.length >= sentSpansMax) this.#sendLeaving()
    })
    this.#sendLeaving()
    if (decided > 0) this.#metrics.decisionLatency.record((performance.now() - before) * 1000)
  }

  #decideTouched(): void {
    const { table } = this.#store
    for (const slot of this.#touched) {
      if (table.state[slot] !== undecided) continue
      const decision = this.#ask(slot)
      if (decision.isKept) this.#apply(slot, decision, 'sampled')
    }
    this.#touched.clear()
  }

  #decide(slot: number): void {
    this.#apply(slot, this.#ask(slot), 'sampled')
  }

  #ask(slot: number): Decision {
    const nowMs = this.#settings.clock.nowMs()
    return decide(this.#policies, this.#store.table, slot, nowMs, this.#config.sampleOnFirstMatch, this.#onVote)
  }

  #apply(slot: number, decision: Decision, dropReason: string): void {
    const { table, spans } = this.#store
    const { isKept } = decision
    table.state[slot] = isKept ? decidedKeep : decidedDrop
    this.#metrics.decided(isKept, table.spanCount[slot]!)
    if (isKept || this.#config.dryRun) {
      const extra = this.#extraOf(decision)
      for (let span = table.firstSpan[slot]!; span !== -1; span = spans.next(span)) this.#leaving.push({ span, extra })
      // The places are freed when the spans have been written out.
      table.firstSpan[slot] = -1
    } else {
      this.#settings.ledger.dropped('traces', dropReason, table.spanCount[slot]!)
      this.#store.releaseSpans(slot)
    }
  }

  /** A span whose trace is decided already. */
  #leave(place: number, isKept: boolean, dropReason: string): void {
    if (isKept || this.#config.dryRun) this.#leaving.push({ span: place, extra: nothing })
    else {
      this.#store.spans.remove(place)
      this.#settings.ledger.dropped('traces', dropReason, 1)
    }
  }

  #sendLeaving(): void {
    if (this.#leaving.length === 0) return
    const leaving = this.#leaving.splice(0)
    const { spans } = this.#store
    for (const { bytes, itemCount } of assembleSpans(spans, leaving)) {
      this.#outbox.add({ signal: 'traces', bytes, itemCount })
    }
    for (const { span } of leaving) spans.remove(span)
  }

  #extraOf({ isKept, policy }: Decision): Uint8Array {
    const { recordPolicy, dryRun } = this.#config
    if (!recordPolicy && !dryRun) return nothing
    const writer = new WireWriter(128)
    const put = (key: string, value: string) => {
      const attribute = writer.open(otlp.spanAttributes)
      writer.stringField(otlp.keyValueKey, key)
      writer.bytesField(otlp.keyValueValue, encodeString(value))
      writer.close(attribute)
    }
    if (policy !== '') put('sampling.reason', policy)
    if (dryRun) put('sampling.decision', isKept ? 'sampled' : 'not_sampled')
    return writer.finish()
  }
}
