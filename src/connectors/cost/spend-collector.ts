import { hashRange, hashSeed } from '../../model-calls/byte-hash.ts'
import { plainName } from '../../model-calls/call-kind.ts'
import { CallReader } from '../../model-calls/call-reader.ts'
import type { Role } from '../../model-calls/dialects.ts'
import { roleIndex } from '../../model-calls/role-traits.ts'
import { ScopeCountings } from '../../model-calls/scope-countings.ts'
import {
  addThinking,
  type CacheCounting,
  NormalizedUsage,
  normalizeUsage,
  providerCounting,
} from '../../model-calls/usage.ts'
import { AttributeKey } from '../../pdata/attribute-key.ts'
import type { AttributeList } from '../../pdata/attribute-list.ts'
import * as otlp from '../../pdata/otlp-fields.ts'
import { StageWalk } from '../../pdata/stage-walk.ts'
import { ValueReader } from '../../pdata/value.ts'
import type { ResourceView, SpanView } from '../../pdata/views.ts'
import { keep, type Verdict } from '../../pdata/walk-hooks.ts'
import { copyBytes } from '../../wire/copy-bytes.ts'
import { WireWriter } from '../../wire/wire-writer.ts'
import type { CostConnectorConfig } from './config.ts'
import { writeLabel } from './metrics-writer.ts'
import { SpendSeries, type UnpricedReason, unpricedReasons } from './spend-series.ts'

const statusPlace = roleIndex('costStatus')
const duplicate = 'duplicate'
/** Of its `AnyValue`: tag, length, text. */
const duplicateLength = 2 + duplicate.length
const paidOperationPlace = roleIndex('paidOperation')
const operationCostKey = new AttributeKey('operation.cost')
const serviceNameKey = new AttributeKey('service.name')
const teamKey = new AttributeKey('team')
const noBytes = new Uint8Array(0)
const otherHash = -1

/** Roles whose values tell series apart. */
const labelRoles: readonly Role[] = [
  'priceId',
  'provider',
  'responseModel',
  'requestModel',
  'operation',
  'agentName',
  'team',
]
const labelPlaces = labelRoles.map(roleIndex)

interface Labels {
  readonly provider: string
  readonly model: string
  readonly operation: string
  readonly service: string
  readonly agent: string
  readonly team: string
}

const otherLabels: Labels = {
  provider: 'other',
  model: 'other',
  operation: 'other',
  service: 'other',
  agent: 'other',
  team: 'other',
}

/** Reads what spans say of their cost and sums it by who is to pay. A call like one before costs no allocation. */
export class SpendCollector {
  readonly #config: CostConnectorConfig
  readonly #reader = new CallReader()
  readonly #usage = new NormalizedUsage()
  readonly #value = new ValueReader()
  readonly #walk: StageWalk
  readonly #series = new Map<number, SpendSeries>()
  #resource: Uint8Array = noBytes
  #resourceLow = 0
  #resourceHigh = 0
  #startNs: bigint
  #nowMs = 0
  readonly #countings: ScopeCountings
  /** Of the scope that the walk is in; undefined until a call asks. */
  #counting: CacheCounting | undefined

  constructor(config: CostConnectorConfig, nowNs: bigint) {
    this.#config = config
    this.#startNs = nowNs
    this.#countings = new ScopeCountings(config.cacheCounting)
    this.#walk = new StageWalk('traces', [
      {
        resource: view => this.#enterResource(view),
        scope: () => this.#enterScope(),
        span: view => this.#span(view),
      },
    ])
  }

  get series(): Iterable<SpendSeries> {
    return this.#series.values()
  }

  get seriesCount(): number {
    return this.#series.size
  }

  /** Throws `WireError` where the batch is malformed. */
  add(bytes: Uint8Array, nowMs: number): void {
    this.#nowMs = nowMs
    this.#walk.run(bytes)
  }

  /** The next interval begins at `nowNs`. */
  startInterval(nowNs: bigint, nowMs: number): void {
    this.#startNs = nowNs
    if (this.#config.temporality === 'delta') {
      this.#series.clear()
      return
    }
    const { expirationMs } = this.#config
    for (const [hash, series] of this.#series) {
      series.exemplarCost = -1
      if (expirationMs > 0 && nowMs - series.lastMs >= expirationMs) this.#series.delete(hash)
    }
  }

  #enterResource(resource: ResourceView): Verdict {
    const { workspace, start, end } = resource.message
    this.#resource = workspace.bytes.subarray(start, end)
    this.#resourceLow = hashRange(hashSeed, workspace.view, start, end)
    this.#resourceHigh = hashRange(~hashSeed, workspace.view, start, end)
    return keep
  }

  #enterScope(): Verdict {
    this.#counting = undefined
    return keep
  }

  #span(span: SpanView): Verdict {
    if (this.#reader.read(span)) this.#call(span)
    else if (this.#reader.hasRoles) this.#paidOperation(span)
    return keep
  }

  #call(span: SpanView): void {
    const { existingCost, usage, values } = this.#reader
    // Only what is as long is worth a look at its text.
    const statusLength = values.end(statusPlace) - values.start(statusPlace)
    if (statusLength === duplicateLength && values.text(statusPlace) === duplicate) return
    const series = this.#seriesOf(span)
    this.#counting ??= this.#countings.of(span.scope)
    if (normalizeUsage(usage, providerCounting(this.#counting, series.provider), this.#usage)) {
      if (series.isGemini) addThinking(usage, this.#usage)
      addTokens(series.tokens, this.#usage)
    }
    if (Number.isNaN(existingCost)) {
      const reason = unpricedReasons.indexOf(values.text(statusPlace) as UnpricedReason)
      series.unpriced[reason < 0 ? unpricedReasons.length - 1 : reason]! += 1
    } else this.#spend(series, span, existingCost)
  }

  #paidOperation(span: SpanView): void {
    const { attributes, message } = span
    const { values } = this.#reader
    const costAt = values.has(paidOperationPlace) ? attributes.find(operationCostKey) : -1
    if (costAt < 0) return
    const { bytes, view } = message.workspace
    const cost = this.#value.reset(bytes, attributes.valueStart(costAt), attributes.valueEnd(costAt)).number()
    if (!(cost >= 0 && cost < 1e12)) return
    const start = values.start(paidOperationPlace)
    const end = values.end(paidOperationPlace)
    const hash = wide(hashRange(this.#resourceLow, view, start, end), hashRange(this.#resourceHigh, view, start, end))
    this.#spend(this.#known(hash) ?? this.#openFor(hash, this.#operationLabels(span)), span, cost)
  }

  #operationLabels(span: SpanView): Labels {
    return {
      provider: '',
      model: '',
      operation: this.#reader.values.text(paidOperationPlace),
      service: this.#text(span.resource.attributes, serviceNameKey, span),
      agent: '',
      team: '',
    }
  }

  #spend(series: SpendSeries, span: SpanView, cost: number): void {
    series.cost += cost
    series.calls++
    if (cost <= series.exemplarCost || !this.#config.exemplars) return
    const { traceIdStart, spanIdStart } = span
    if (traceIdStart === 0 || spanIdStart === 0) return
    const { bytes } = span.message.workspace
    series.exemplarCost = cost
    series.exemplar.set(bytes.subarray(traceIdStart, traceIdStart + 16), 0)
    series.exemplar.set(bytes.subarray(spanIdStart, spanIdStart + 8), 16)
    const end = span.message.valueStart(otlp.spanEndTime)
    if (span.message.valueEnd(otlp.spanEndTime) - end === 8) series.exemplar.set(bytes.subarray(end, end + 8), 24)
    else series.exemplar.fill(0, 24)
  }

  /** Found by 53 bits of the labels' raw bytes. */
  #seriesOf(span: SpanView): SpendSeries {
    const { values } = this.#reader
    const { view } = values
    let low = this.#resourceLow
    let high = this.#resourceHigh
    for (let i = 0; i < labelPlaces.length; i++) {
      const start = values.start(labelPlaces[i]!)
      const end = values.end(labelPlaces[i]!)
      low = hashRange(low, view, start, end)
      high = hashRange(high, view, start, end)
    }
    const hash = wide(low, high)
    return this.#known(hash) ?? this.#openFor(hash, this.#labelsOf(span))
  }

  #known(hash: number): SpendSeries | undefined {
    const series = this.#series.get(hash)
    if (series !== undefined) series.lastMs = this.#nowMs
    return series
  }

  #openFor(hash: number, labels: Labels): SpendSeries {
    const isFull = this.#series.size >= this.#config.seriesMax
    const series = isFull
      ? (this.#series.get(otherHash) ?? this.#open(otherHash, otherLabels, noBytes))
      : this.#open(hash, labels, copyBytes(this.#resource))
    series.lastMs = this.#nowMs
    return series
  }

  #open(hash: number, labels: Labels, resource: Uint8Array): SpendSeries {
    const series = new SpendSeries(resource, encodeLabels(labels), this.#startNs, labels)
    this.#series.set(hash, series)
    return series
  }

  /** The names that the price has, else those on the span. */
  #labelsOf(span: SpanView): Labels {
    const at = (role: Role) => this.#reader.values.text(roleIndex(role))
    const priceId = at('priceId')
    const slash = priceId.indexOf('/')
    return {
      provider: slash > 0 ? priceId.slice(0, slash) : plainName(at('provider'), 'provider'),
      model: slash > 0 ? priceId.slice(slash + 1) : at('responseModel') || plainName(at('requestModel'), 'model'),
      operation: at('operation') || 'inference',
      service: this.#text(span.resource.attributes, serviceNameKey, span),
      agent: at('agentName'),
      team: at('team') || this.#text(span.resource.attributes, teamKey, span),
    }
  }

  #text(attributes: AttributeList, key: AttributeKey, span: SpanView): string {
    const index = attributes.find(key)
    if (index < 0) return ''
    const { bytes } = span.message.workspace
    return this.#value.reset(bytes, attributes.valueStart(index), attributes.valueEnd(index)).text()
  }
}

function addTokens(tokens: Float64Array, usage: NormalizedUsage): void {
  tokens[0]! += usage.input
  tokens[1]! += usage.output
  tokens[2]! += usage.cacheRead
  tokens[3]! += usage.cacheWrite
  tokens[4]! += usage.reasoning
}

function encodeLabels(labels: Labels): Uint8Array {
  const writer = new WireWriter(256)
  const pairs = [
    ['gen_ai.provider.name', labels.provider],
    ['gen_ai.request.model', labels.model],
    ['gen_ai.operation.name', labels.operation],
    ['service.name', labels.service],
    ['gen_ai.agent.name', labels.agent],
    ['team', labels.team],
  ] as const
  for (const [key, value] of pairs) if (value !== '') writeLabel(writer, key, value)
  return writer.finish()
}

/** 53 bits of two hashes as one exact number. */
function wide(low: number, high: number): number {
  return (low >>> 0) + (high & 0x1fffff) * 0x1_0000_0000
}
