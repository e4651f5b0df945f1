import type { StageProcessor } from '../../component/stage-processor.ts'
import { AttributeKey } from '../../pdata/attribute-key.ts'
import { ValueSlot } from '../../pdata/attribute-plan.ts'
import type { OrdinaryItem } from '../../pdata/ordinary-item.ts'
import * as otlp from '../../pdata/otlp-fields.ts'
import type { LogReader } from '../../pdata/record-reader.ts'
import { type RecordStep, type StepVerdict, stepDrops, stepEdits, stepKeeps } from '../../pdata/record-step.ts'
import { parseTValue, Randomness, type Threshold, thresholdFor } from '../../pdata/sampling-threshold.ts'
import { encodeString, ValueReader, valueBytes, valueDouble, valueInt, valueString } from '../../pdata/value.ts'
import type { LogRecordView } from '../../pdata/views.ts'
import { drop, keep, type Verdict } from '../../pdata/walk-hooks.ts'
import { isZero } from '../../wire/is-zero.ts'
import type { ProbabilisticSamplerConfig } from './config.ts'
import { DecisionCounts } from './decision-counts.ts'
import { fallback, SamplingPolicy } from './policy.ts'
import { hashRandomness, seedHash } from './trace-id-hash.ts'

const thresholdKey = new AttributeKey('sampling.threshold')
const randomnessKey = new AttributeKey('sampling.randomness')
const textEncoder = new TextEncoder()
const nothing = new Uint8Array(0)

/** What a record says of earlier sampling. */
interface Incoming {
  readonly threshold: Threshold | undefined
  readonly hasRandomness: boolean
  /** An attribute that should say it and does not parse. */
  readonly isBroken: boolean
}

const nothingIncoming: Incoming = { threshold: undefined, hasRandomness: false, isBroken: false }

/** The same for log records: by their trace id or by an attribute, written down as attributes. */
export class LogSampler implements StageProcessor {
  readonly dropReason = 'sampled'
  readonly #config: ProbabilisticSamplerConfig
  readonly #policy: SamplingPolicy
  readonly #seed: number
  readonly #fromAttribute: AttributeKey | undefined
  readonly #priority: AttributeKey | undefined
  readonly #counts = new DecisionCounts()
  readonly #randomness = new Randomness()
  readonly #value = new ValueReader()
  readonly #texts = new Map<string, Uint8Array>()
  #name = ''
  #mayWrite = false
  #writesRandomness = false
  #removesThreshold = false
  /** What the step's edits write. */
  readonly #writtenThreshold = new ValueSlot(nothing)
  readonly #writtenRandomness = new ValueSlot(nothing)
  readonly step: RecordStep

  constructor(config: ProbabilisticSamplerConfig) {
    this.#config = config
    this.#policy = new SamplingPolicy(config)
    this.#seed = seedHash(config.hashSeed)
    this.#fromAttribute = config.fromAttribute === '' ? undefined : new AttributeKey(config.fromAttribute)
    this.#priority = config.samplingPriority === '' ? undefined : new AttributeKey(config.samplingPriority)
    const randomness = { action: 'upsert', key: randomnessKey, slot: this.#writtenRandomness } as const
    const threshold = { action: 'upsert', key: thresholdKey, slot: this.#writtenThreshold } as const
    const asked = [this.#fromAttribute, this.#priority, randomnessKey, thresholdKey]
    this.step = {
      edits: this.#policy.mode === 'hash_seed' ? [randomness, threshold] : [threshold],
      ask(questions) {
        const { attributes } = questions
        questions.fields |= 1 << otlp.logTraceId
        for (const key of asked) if (key !== undefined) attributes.set(key.text, key)
      },
      look: item => this.#look(item),
      abandon: () => this.#counts.clear(),
    }
  }

  logRecord(record: LogRecordView): Verdict {
    const incoming = this.#readIncoming(record)
    const threshold = this.#thresholdOf(record, incoming)
    if (this.#removesThreshold) record.attributes.remove(thresholdKey)
    if (!this.#isKept(threshold)) return drop
    if (this.#mayWrite) this.#write(record, incoming, threshold)
    return keep
  }

  takeCounts(): ReadonlyMap<string, number> {
    return this.#counts.take()
  }

  /** A record that was sampled before is for the views, and so is one that gets other attributes than its neighbours. */
  #look(item: OrdinaryItem): StepVerdict {
    if (this.#readIncoming(item) !== nothingIncoming) {
      item.isUnusual = true
      return stepKeeps
    }
    const threshold = this.#thresholdOf(item, nothingIncoming)
    if (!this.#isKept(threshold)) return stepDrops
    if (this.#writesRandomness !== (this.#policy.mode === 'hash_seed')) item.isUnusual = true
    if (!this.#mayWrite || item.isUnusual) return stepKeeps
    if (this.#writesRandomness) this.#writtenRandomness.value = encodeString(this.#randomness.rValue())
    this.#writtenThreshold.value = this.#encoded(threshold)
    return stepEdits
  }

  #thresholdOf(record: LogReader, incoming: Incoming): Threshold {
    let threshold = this.#decide(record, incoming)
    const priority = this.#priorityOf(record)
    if (priority !== undefined) {
      threshold = priority
      this.#name = 'sampling_priority'
    }
    return threshold
  }

  #isKept(threshold: Threshold): boolean {
    const isKept = threshold.keeps(this.#randomness)
    this.#counts.add(this.#name, isKept)
    return isKept
  }

  #decide(record: LogReader, incoming: Incoming): Threshold {
    const { failClosed } = this.#config
    const isHash = this.#policy.mode === 'hash_seed'
    this.#removesThreshold = false
    const hasRandomness = this.#findRandomness(record, incoming)
    this.#mayWrite = !incoming.isBroken && !(isHash && (incoming.hasRandomness || incoming.threshold !== undefined))
    this.#writesRandomness = isHash && this.#mayWrite && hasRandomness
    if (!this.#mayWrite || !hasRandomness) return fallback(failClosed)
    if (incoming.threshold !== undefined && !incoming.threshold.keeps(this.#randomness)) {
      this.#removesThreshold = true
      return fallback(failClosed)
    }
    return this.#policy.decide(incoming.threshold)
  }

  #findRandomness(record: LogReader, incoming: Incoming): boolean {
    const randomness = this.#randomness
    const { mode } = this.#policy
    if (mode === 'never') {
      randomness.fromAll()
      this.#name = 'sampling_priority'
      return true
    }
    if (mode !== 'hash_seed' && incoming.hasRandomness) {
      this.#name = 'sampling_randomness' // filled while reading the attribute
      return true
    }
    const { bytes } = record.message
    const start = record.traceIdStart
    const hasTraceId = start > 0 && !isZero(bytes, start, start + 16)
    if (mode !== 'hash_seed' && hasTraceId && !incoming.isBroken) {
      randomness.fromTraceId(bytes, start)
      this.#name = 'trace_id_w3c'
      return true
    }
    if (mode === 'hash_seed') {
      if (hasTraceId && this.#config.attributeSource === 'traceID') {
        hashRandomness(this.#seed, bytes, start, start + 16, randomness)
        this.#name = 'trace_id_hash'
        return true
      }
      if (this.#hashAttribute(record)) return true
    }
    randomness.fromAll()
    this.#name = 'missing_randomness'
    return false
  }

  #hashAttribute(record: LogReader): boolean {
    const key = this.#fromAttribute
    const value = key && this.#read(record, key)
    if (value === undefined) return false
    if (value.kind === valueString || value.kind === valueBytes) {
      if (value.start === value.end) return false
      hashRandomness(this.#seed, value.bytes, value.start, value.end, this.#randomness)
    } else {
      const text = textEncoder.encode(String(value.toJs() ?? ''))
      if (text.length === 0) return false
      hashRandomness(this.#seed, text, 0, text.length, this.#randomness)
    }
    this.#name = this.#config.fromAttribute
    return true
  }

  #readIncoming(record: LogReader): Incoming {
    const thresholdText = this.#text(record, thresholdKey)
    const randomnessText = this.#text(record, randomnessKey)
    if (thresholdText === '' && randomnessText === '') return nothingIncoming
    const threshold = parseTValue(thresholdText)
    const hasRandomness = randomnessText !== '' && this.#randomness.fromRValue(randomnessText)
    return {
      threshold,
      hasRandomness,
      isBroken: (thresholdText !== '' && threshold === undefined) || (randomnessText !== '' && !hasRandomness),
    }
  }

  /** A percentage on the record itself; undefined where it has none that can be used. */
  #priorityOf(record: LogReader): Threshold | undefined {
    const value = this.#priority && this.#read(record, this.#priority)
    if (value === undefined || (value.kind !== valueInt && value.kind !== valueDouble)) return undefined
    const probability = value.number() / 100
    return probability === 0 ? undefined : thresholdFor(probability, this.#config.samplingPrecision)
  }

  #write(record: LogRecordView, incoming: Incoming, threshold: Threshold): void {
    const { attributes } = record
    if (this.#writesRandomness) attributes.set(randomnessKey, encodeString(this.#randomness.rValue()))
    if (incoming.threshold !== undefined && threshold.isLessThan(incoming.threshold)) return
    attributes.set(thresholdKey, this.#encoded(threshold))
  }

  #encoded(threshold: Threshold): Uint8Array {
    let value = this.#texts.get(threshold.tValue)
    if (value === undefined) {
      value = encodeString(threshold.tValue)
      if (this.#texts.size >= 1024) this.#texts.clear()
      this.#texts.set(threshold.tValue, value)
    }
    return value
  }

  #text(record: LogReader, key: AttributeKey): string {
    return this.#read(record, key)?.text() ?? ''
  }

  #read(record: LogReader, key: AttributeKey): ValueReader | undefined {
    const { attributes } = record
    const index = attributes.find(key)
    if (index < 0) return undefined
    const { bytes } = record.message
    return this.#value.reset(bytes, attributes.valueStart(index), attributes.valueEnd(index))
  }
}
