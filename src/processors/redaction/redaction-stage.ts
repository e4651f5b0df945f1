import type { KeyObject } from 'node:crypto'
import type { StagePart, StageProcessor } from '../../component/stage-processor.ts'
import { AttributeKey } from '../../pdata/attribute-key.ts'
import type { AttributeList } from '../../pdata/attribute-list.ts'
import type { ChildList } from '../../pdata/child-list.ts'
import type { MetricView } from '../../pdata/metric-views.ts'
import type { Signal } from '../../pdata/otlp-batch.ts'
import { encodeString } from '../../pdata/value.ts'
import type { LogRecordView, ResourceView, ScopeView, SpanView } from '../../pdata/views.ts'
import { drop, keep, type Verdict } from '../../pdata/walk-hooks.ts'
import { hasOtherBodies, hasOtherBody } from './body-types.ts'
import { CollectorPass } from './collector-pass.ts'
import { CollectorRules } from './collector-rules.ts'
import type { RedactionConfig } from './config-shape.ts'
import { firstLookTables } from './first-look-tables.ts'
import { compilePolicy, type Policy } from './policy.ts'
import { Prefilter } from './prefilter.ts'
import { RangeSplice } from './range-splice.ts'
import { RequestRedaction } from './request-redaction.ts'
import { type CandidateScanner, Candidates } from './scan/candidates.ts'
import { literalTables } from './scan/literals.ts'
import { createScanner } from './scan/wasm-scanner.ts'
import { readPublicKey, seal } from './sealed-box.ts'
import { selfTest } from './self-test.ts'
import type { ValueHits } from './value-hits.ts'

const noCounts: ReadonlyMap<string, number> = new Map()

/** Finds and replaces personal data and secrets in every text and bytes field of a request. */
export class RedactionStage implements StageProcessor {
  readonly dropReason = 'redacted'
  readonly reads: readonly StagePart[] = []
  readonly writes: readonly StagePart[] = ['resource', 'scope', 'metric', 'points']
  readonly #policy: Policy
  readonly #scanner: CandidateScanner
  readonly #prefilter: Prefilter
  readonly #request: RequestRedaction
  readonly #splice: RangeSplice
  readonly #candidates = new Candidates()
  #hot = new Uint32Array(256)
  readonly #sealKey: KeyObject | undefined
  readonly #sealAttribute: AttributeKey
  readonly #collectorRules: CollectorPass | undefined
  /** The Collector's rules, where they have something to do in the present request. */
  #collector: CollectorPass | undefined
  /** Where in a request values may match; undefined where it cannot be told. */
  readonly #hits: ValueHits | undefined
  readonly #skipsRecords: boolean
  readonly #signal: Signal
  #areRangesGiven = false

  constructor(config: RedactionConfig, signal: Signal) {
    this.#signal = signal
    this.#policy = compilePolicy(config)
    this.#scanner = createScanner(literalTables(), firstLookTables(this.#policy.detection))
    this.#prefilter = new Prefilter(this.#policy.detection, this.#scanner)
    this.#request = new RequestRedaction(this.#policy, this.#scanner, signal)
    this.#splice = new RangeSplice(signal)
    this.#sealKey = config.encrypt && readPublicKey(config.encrypt.publicKey)
    this.#sealAttribute = new AttributeKey(config.encrypt?.attribute ?? '')
    const rules = new CollectorRules(config)
    const request = this.#request
    this.#collectorRules = rules.isActive
      ? new CollectorPass(
          rules,
          (text, key) => request.inspectText(text, key),
          outcome => request.countOutcome(outcome),
          config.dryRun,
        )
      : undefined
    this.#hits = rules.hits
    this.#skipsRecords = rules.isAboutValues
    if (this.#collectorRules !== undefined) this.#collectorRules.hits = this.#hits
    if (config.selfTest && this.#policy.isDetecting) selfTest(this.#request.detector, this.#policy)
  }

  /** One search over all bytes. Nothing found, nothing to walk; ranges to replace alone need no walk either. */
  payload(bytes: Uint8Array): boolean | Uint8Array {
    this.#areRangesGiven = false
    const request = this.#request
    if (request.seesEverything) request.inspect(bytes, this.#hot, -1)
    else {
      request.clear()
      const count = this.#policy.isDetecting ? this.#findHot(bytes) : 0
      if (count > 0 || this.#policy.seesKeys) request.inspect(bytes, this.#hot, count, this.#candidates)
    }
    this.#collector = this.#collectorRules !== undefined && this.#mayApply(bytes) ? this.#collectorRules : undefined
    if (this.#collector !== undefined) return true
    if (!request.hasEdits) return false
    const isSplice = request.hasRangesOnly && this.#sealKey === undefined
    return (isSplice ? this.#splice.run(bytes, request.edits) : undefined) ?? true
  }

  /** Whether the Collector's rules may change anything in a request. */
  #mayApply(bytes: Uint8Array): boolean {
    const hits = this.#hits
    if (hits === undefined) return true
    hits.search(bytes)
    // What detectors write is in no request that was searched.
    hits.addEdits(this.#request.edits)
    return hits.count > 0 || !this.#skipsRecords || (this.#signal === 'logs' && hasOtherBodies(bytes))
  }

  /** Whether they may in that record. */
  #mayApplyIn({ message }: { readonly message: { readonly fieldStart: number; readonly fieldEnd: number } }): boolean {
    return !this.#skipsRecords || this.#hits === undefined || this.#hits.isIn(message.fieldStart, message.fieldEnd)
  }

  /** Offsets that a first look did not rule out, and what stands there as the only candidates. */
  #findHot(bytes: Uint8Array): number {
    const candidates = this.#candidates
    candidates.clear()
    this.#scanner.look(bytes, candidates)
    if (this.#hot.length < candidates.count) this.#hot = new Uint32Array(candidates.values.length)
    const hot = this.#hot
    const { values, count } = candidates
    const prefilter = this.#prefilter
    let kept = 0
    prefilter.begin(bytes)
    for (let i = 0; i < count; i++) {
      const value = values[i]!
      if (!prefilter.survives(bytes, value >>> 2, value & 3)) continue
      values[kept] = value
      hot[kept++] = value >>> 2
    }
    candidates.count = kept
    return this.#addRuleHits(bytes, kept)
  }

  #addRuleHits(bytes: Uint8Array, count: number): number {
    const { ruleHits } = this.#policy
    if (ruleHits === undefined) return count
    ruleHits.search(bytes)
    const all = count + ruleHits.count
    if (all > this.#hot.length) {
      const grown = new Uint32Array(all * 2)
      grown.set(this.#hot.subarray(0, count))
      this.#hot = grown
    }
    this.#hot.set(ruleHits.offsets, count)
    if (ruleHits.count > 0 && count > 0) this.#hot.subarray(0, all).sort()
    return all
  }

  resource(resource: ResourceView): Verdict {
    if (!this.#areRangesGiven) {
      // All ranges of the request at once: each is replaced when the walk comes to its message.
      this.#areRangesGiven = true
      const { message } = resource
      for (const { start, end, replacement } of this.#request.edits) message.replaceRange(start, end, replacement)
    }
    if (this.#request.hasAttributeEdits) this.#request.editAttributes(resource.attributes)
    this.#collector?.attributes(resource.attributes)
    return keep
  }

  scope(scope: ScopeView): Verdict {
    if (this.#request.hasAttributeEdits) this.#request.editAttributes(scope.attributes)
    this.#collector?.attributes(scope.attributes)
    return keep
  }

  span(span: SpanView): Verdict {
    const request = this.#request
    if (request.isDropped(span.message.fieldStart)) return drop
    if (request.hasAttributeEdits) {
      request.editAttributes(span.attributes)
      span.events.rewind()
      while (span.events.next()) request.editAttributes(span.event.attributes)
      span.links.rewind()
      while (span.links.next()) request.editAttributes(span.link.attributes)
    }
    const collector = this.#collector
    if (collector !== undefined && this.#mayApplyIn(span)) {
      collector.spanName(span)
      collector.attributes(span.attributes)
      this.#eachChild(span.events, collector)
      this.#eachChild(span.links, collector)
    }
    this.#sealInto(span.attributes, span.message.fieldStart)
    return keep
  }

  logRecord(record: LogRecordView): Verdict {
    const request = this.#request
    if (request.isDropped(record.message.fieldStart)) return drop
    if (request.hasAttributeEdits) {
      request.editAttributes(record.attributes)
      request.editBody(record)
    }
    if (this.#collector !== undefined && (this.#mayApplyIn(record) || hasOtherBody(record))) {
      this.#collector.attributes(record.attributes)
      this.#collector.body(record)
    }
    this.#sealInto(record.attributes, record.message.fieldStart)
    return keep
  }

  metric(metric: MetricView): Verdict {
    const request = this.#request
    if (request.isDropped(metric.message.fieldStart)) return drop
    if (request.hasAttributeEdits) {
      request.editAttributes(metric.message.attributes)
      const { points, point } = metric
      points.rewind()
      while (points.next()) {
        request.editAttributes(point.attributes)
        point.exemplars.rewind()
        while (point.exemplars.next()) request.editAttributes(point.exemplar.attributes)
      }
    }
    const collector = this.#collector
    if (collector !== undefined && this.#mayApplyIn(metric)) {
      collector.attributes(metric.message.attributes)
      const { points, point } = metric
      points.rewind()
      while (points.next()) {
        collector.attributes(point.attributes)
        this.#eachChild(point.exemplars, collector)
      }
    }
    this.#sealInto(metric.message.attributes, metric.message.fieldStart)
    return keep
  }

  #eachChild(list: ChildList, collector: CollectorPass): void {
    // Most spans and points have none: the walk over their fields is spared.
    if (list.isEmpty) return
    list.rewind()
    while (list.next()) collector.attributes(list.child.attributes)
  }

  #sealInto(attributes: AttributeList, fieldStart: number): void {
    if (this.#sealKey === undefined) return
    const originals = this.#request.originalsOf(fieldStart)
    if (originals !== undefined)
      attributes.set(this.#sealAttribute, encodeString(seal(this.#sealKey, JSON.stringify(originals))))
  }

  takeCounts(): ReadonlyMap<string, number> {
    return this.#request.counts.size === 0 ? noCounts : this.#request.takeCounts()
  }
}
