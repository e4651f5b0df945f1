import type { Timer } from '../../clock/clock.ts'
import type { Component, ComponentSettings, Deadline } from '../../component/component.ts'
import type { Consumer } from '../../component/consumer.ts'
import { AttributeKey } from '../../pdata/attribute-key.ts'
import { ConstantAttribute } from '../../pdata/constant-attribute.ts'
import { type OtlpBatch, replaceBytes } from '../../pdata/otlp-batch.ts'
import * as otlp from '../../pdata/otlp-fields.ts'
import { alwaysKeep, Randomness, type Threshold, thresholdFor } from '../../pdata/sampling-threshold.ts'
import { StageWalk } from '../../pdata/stage-walk.ts'
import { TraceState } from '../../pdata/tracestate.ts'
import { encodeString, ValueReader } from '../../pdata/value.ts'
import type { ResourceView, SpanView } from '../../pdata/views.ts'
import { drop, keep, type Verdict } from '../../pdata/walk-hooks.ts'
import type { AdaptiveSamplerConfig } from './config.ts'
import { Controller } from './controller.ts'
import { DecisionMemory, type TraceDecision } from './decision-memory.ts'
import { RequestCap } from './request-cap.ts'
import { SamplerMetrics } from './sampler-metrics.ts'

const tickMs = 250
const thresholdDigits = 5
const statusError = 2
const reasonKey = new AttributeKey('sampling.reason')
const costKey = new AttributeKey('gen_ai.usage.cost')
const emptyState = new TraceState()
/**
 * Keeps as many traces, spans or bytes per second as it may. A trace is decided when its first span comes, by its own
 * randomness and the threshold of its key at that moment; later spans follow. The threshold is written down, so counts
 * downstream stay right while the share moves.
 */
export class AdaptiveSampler implements Component, Consumer {
  readonly #config: AdaptiveSamplerConfig
  readonly #settings: ComponentSettings
  readonly #next: Consumer
  readonly #controller: Controller
  #memory: DecisionMemory
  readonly #metrics: SamplerMetrics
  readonly #keys: readonly AttributeKey[]
  readonly #reasons = new Map<string, ConstantAttribute>()
  readonly #value = new ValueReader()
  readonly #randomness = new Randomness()
  /** What makes a trace of the request at hand go first, found before any of its spans is judged. */
  readonly #urgent = new Map<string, string>()
  readonly #scan: StageWalk
  readonly #judge: StageWalk
  readonly #cap: RequestCap
  /** For all of the request at hand. */
  #capThreshold: Threshold = alwaysKeep
  #newTraces = 0
  #kept: [traces: number, spans: number, bytes: number] = [0, 0, 0]
  #timer: Timer | undefined
  /** The instance that this one replaces, until the first request. */
  #before: AdaptiveSampler | undefined
  #nowMs = 0

  constructor(config: AdaptiveSamplerConfig, settings: ComponentSettings, next: Consumer) {
    this.#config = config
    this.#settings = settings
    this.#next = next
    this.#controller = new Controller(config, settings.clock.nowMs())
    const { maxTracesPerSecond, maxSpansPerSecond, maxBytesPerSecond } = config
    this.#cap = new RequestCap([maxTracesPerSecond, maxSpansPerSecond, maxBytesPerSecond], settings.clock.nowMs())
    this.#memory = new DecisionMemory(config.decisionsMax)
    this.#metrics = new SamplerMetrics(settings.metrics, this.#controller)
    this.#keys = config.keys.map(key => new AttributeKey(key))
    this.#before = settings.replaces instanceof AdaptiveSampler ? settings.replaces : undefined
    this.#scan = new StageWalk('traces', [{ span: span => this.#noteUrgent(span) }])
    this.#judge = new StageWalk('traces', [{ dropReason: 'sampled', span: span => this.#decideSpan(span) }])
  }

  async start(): Promise<void> {
    if (this.#timer !== undefined) return
    this.#metrics.start()
    this.#timer = this.#settings.clock.every(tickMs, () => {
      this.#controller.tick(this.#settings.clock.nowMs())
      this.#cap.tick()
      this.#metrics.refresh()
    })
  }

  async shutdown(_deadline: Deadline): Promise<void> {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#before = undefined
    this.#metrics.shutdown()
  }

  async consume(batch: OtlpBatch): Promise<void> {
    const { clock, ledger } = this.#settings
    if (this.#before !== undefined) this.#takeOver(this.#before)
    this.#nowMs = clock.nowMs()
    this.#urgent.clear()
    const { keepErrors, slowMs, expensive } = this.#config
    if (keepErrors || slowMs > 0 || expensive > 0) this.#scan.run(batch.bytes)
    this.#kept = [0, 0, 0]
    this.#newTraces = 0
    const share = this.#cap.shareOf(batch.itemCount, batch.bytes.length, this.#nowMs)
    this.#capThreshold = share < 1 ? (thresholdFor(share, thresholdDigits) ?? alwaysKeep) : alwaysKeep
    const bytes = this.#judge.run(batch.bytes)
    const dropped = this.#judge.dropped[0] ?? 0
    this.#controller.countKept(this.#kept, this.#nowMs)
    this.#cap.count([this.#newTraces, batch.itemCount, batch.bytes.length], this.#kept)
    const left = replaceBytes(batch, bytes, batch.itemCount - dropped)
    if (left.itemCount > 0) await this.#next.consume(left)
    // Counted only now: had the next consumer refused, nothing would have been dropped.
    ledger.dropped('traces', 'sampled', dropped)
    this.#metrics.spans(left.itemCount, dropped)
  }

  /** What was learned and decided before a reload, once it is this one's turn: late spans follow, and no share begins at all. */
  #takeOver(before: AdaptiveSampler): void {
    this.#before = undefined
    if (before.#config.decisionsMax === this.#config.decisionsMax) this.#memory = before.#memory
    if (String(before.#config.keys) === String(this.#config.keys)) this.#controller.takeOver(before.#controller)
  }

  #noteUrgent(span: SpanView): Verdict {
    const reason = this.#urgencyOf(span)
    const id = span.traceIdStart
    if (reason !== '' && id > 0) {
      const trace = Buffer.from(span.message.workspace.bytes.subarray(id, id + 16)).toString('latin1')
      if (!this.#urgent.has(trace)) this.#urgent.set(trace, reason)
    }
    return keep
  }

  #urgencyOf(span: SpanView): string {
    const { keepErrors, slowMs, expensive } = this.#config
    if (keepErrors && span.message.has(otlp.spanStatus) && span.statusCode === statusError) return 'error'
    if (
      slowMs > 0 &&
      span.message.milliseconds(otlp.spanEndTime) - span.message.milliseconds(otlp.spanStartTime) >= slowMs
    )
      return 'slow'
    if (expensive > 0) {
      const index = span.attributes.find(costKey)
      if (index >= 0 && this.#read(span, span.attributes, index).number() >= expensive) return 'expensive'
    }
    return ''
  }

  #decideSpan(span: SpanView): Verdict {
    const { bytes } = span.message.workspace
    const id = span.traceIdStart
    const state = span.message.has(otlp.spanTraceState) ? TraceState.parse(span.traceState) : emptyState
    let decision = id === 0 ? undefined : this.#memory.find(bytes, id)
    const size = span.message.end - span.message.start
    if (decision === undefined) {
      decision = this.#decideTrace(span, id, state, size)
      if (id > 0) this.#memory.add(bytes, id, decision)
      if (decision.isKept) this.#kept[0]++
    } else this.#countArrival(span, id, state, size, 0)
    if (!decision.isKept) return drop
    this.#kept[1]++
    this.#kept[2] += size
    if (state !== undefined) this.#writeThreshold(span, state, decision.threshold)
    if (this.#config.recordReason) this.#writeReason(span, decision.reason)
    return keep
  }

  #decideTrace(span: SpanView, id: number, state: TraceState | undefined, size: number): TraceDecision {
    const { stratum, reason, weight } = this.#countArrival(span, id, state, size, 1)
    const randomness = this.#randomness
    if (state !== undefined && state.rValue !== '') {
      randomness.high = state.randomness.high
      randomness.low = state.randomness.low
    } else if (id > 0) randomness.fromTraceId(span.message.workspace.bytes, id)
    else {
      // No trace id: nothing that others could agree on, so chance decides.
      randomness.high = Math.floor(this.#settings.random() * 0x1000000)
      randomness.low = Math.floor(this.#settings.random() * 0x100000000)
    }
    const incoming = state?.threshold
    this.#newTraces++
    const own = stratum.threshold
    const threshold = own.isLessThan(this.#capThreshold) ? this.#capThreshold : own
    const effective = incoming !== undefined && threshold.isLessThan(incoming) ? incoming : threshold
    const isKept = effective.keeps(randomness)
    if (isKept) stratum.kept.add(1)
    this.#metrics.trace(isKept, reason, isKept ? effective.adjustedCount : weight)
    return { isKept, threshold: effective, reason }
  }

  /** What was sampled before stands for more than itself, and is counted so: its share is of the whole. */
  #countArrival(span: SpanView, id: number, state: TraceState | undefined, size: number, traces: number) {
    const weight = state?.threshold === undefined ? 1 : Math.max(1, state.threshold.adjustedCount)
    const { bytes } = span.message.workspace
    const urgency =
      id === 0 || this.#urgent.size === 0
        ? ''
        : (this.#urgent.get(Buffer.from(bytes.subarray(id, id + 16)).toString('latin1')) ?? '')
    const share = this.#controller.keyShare(this.#keyOf(span), this.#nowMs)
    const stratum = urgency === '' ? share.ordinary : share.first
    stratum.arriving[0]!.add(traces * weight)
    stratum.arriving[1]!.add(weight)
    stratum.arriving[2]!.add(size * weight)
    return { stratum, reason: urgency === '' ? 'rate' : urgency, weight }
  }

  #keyOf(span: SpanView): string {
    return this.#keys
      .map(key => this.#text(span, span, key) || this.#text(span, span.resource, key))
      .join(' ')
      .slice(0, 256)
  }

  #text(span: SpanView, of: SpanView | ResourceView, key: AttributeKey): string {
    const { attributes } = of
    const index = attributes.find(key)
    if (index < 0) return ''
    const value = this.#read(span, attributes, index).toJs()
    return value === undefined || typeof value === 'object' ? '' : String(value)
  }

  #read(span: SpanView, attributes: SpanView['attributes'], index: number): ValueReader {
    return this.#value.reset(span.message.workspace.bytes, attributes.valueStart(index), attributes.valueEnd(index))
  }

  #writeThreshold(span: SpanView, state: TraceState, threshold: Threshold): void {
    if (state === emptyState) span.traceState = `ot=th:${threshold.tValue}`
    else if (state.sampledWith(threshold)) span.traceState = state.toString()
  }

  #writeReason(span: SpanView, reason: string): void {
    let constant = this.#reasons.get(reason)
    if (constant === undefined) {
      constant = new ConstantAttribute(reasonKey, encodeString(reason))
      this.#reasons.set(reason, constant)
    }
    span.attributes.insertConstant(constant)
  }
}
