import { roleIndex } from '../../model-calls/attribute-roles.ts'
import type { CallReader } from '../../model-calls/call-reader.ts'
import { AttributeBlock } from '../../pdata/attribute-block.ts'
import { AttributeKey } from '../../pdata/attribute-key.ts'
import type { AttributeList } from '../../pdata/attribute-list.ts'
import { ConstantAttribute } from '../../pdata/constant-attribute.ts'
import * as otlp from '../../pdata/otlp-fields.ts'
import { encodeDouble, encodeString } from '../../pdata/value.ts'
import type { LogRecordView, SpanView } from '../../pdata/views.ts'
import type { CostConfig } from './config.ts'
import { DoubleAttribute } from './double-attribute.ts'
import type { ModelEntry } from './model-memo.ts'
import type { PriceOrigin } from './price-book.ts'
import type { CallCost } from './price-vector.ts'
import type { CostStatus, Pricer } from './pricer.ts'

/** What a span says of how its cost came about. */
type WrittenStatus = CostStatus | 'duplicate'

type Part = 'total' | 'input' | 'output'

/** Names that other backends read. Sources: their documentation, as of 2026-09. */
const profileKeys: Readonly<Record<CostConfig['profiles'][number], Partial<Record<Part, string>>>> = {
  langfuse: {},
  openinference: { total: 'llm.cost.total', input: 'llm.cost.prompt', output: 'llm.cost.completion' },
  logfire: { total: 'operation.cost' },
  sentry: { total: 'gen_ai.cost.total_tokens', input: 'gen_ai.cost.input_tokens', output: 'gen_ai.cost.output_tokens' },
  otel: { total: 'gen_ai.usage.cost.amount' },
}

const partNames = ['input', 'output', 'cache_read', 'cache_write', 'other'] as const
const doubleBytes = 8
/** Where what is written may stand already. */
const [costPlace, statusPlace, priceIdPlace, detailPlace] = (
  ['existingCost', 'costStatus', 'priceId', 'costDetail'] as const
).map(roleIndex) as [number, number, number, number]

const totalKey = new AttributeKey('gen_ai.usage.cost')
const statusKey = new AttributeKey('sluice.cost.status')
const priceIdKey = new AttributeKey('sluice.cost.price_id')
const asOfKey = new AttributeKey('sluice.cost.price_as_of')
const sourceKey = new AttributeKey('sluice.cost.source')
const currencyKey = new AttributeKey('sluice.cost.currency')
const langfuseDetails = new AttributeKey('langfuse.observation.cost_details')
const otelCurrency = new AttributeKey('gen_ai.usage.cost.currency')
const otelSource = new AttributeKey('gen_ai.usage.cost.source')
const localValue = encodeString('local')
const providerValue = encodeString('provider')

/** What is written of a call beside numbers: the same for all calls of a model with one status and one price. */
interface Remark {
  readonly status: WrittenStatus
  readonly origin: PriceOrigin | undefined
  readonly constants: readonly ConstantAttribute[]
  /** The same in one. */
  readonly block: AttributeBlock
}

/** Writes a call's cost onto its span under the names that the configuration asks for. */
export class CostWriter {
  readonly #config: CostConfig
  readonly #currency: Uint8Array
  readonly #total = new DoubleAttribute('gen_ai.usage.cost')
  readonly #parts = partNames.map(part => new DoubleAttribute(`sluice.cost.${part}`))
  readonly #amounts = new Float64Array(partNames.length)
  /** The total and the parts that are more than zero, by the bits of their places. */
  readonly #numbers: (AttributeBlock | undefined)[] = new Array(1 << partNames.length).fill(undefined)
  readonly #profileKeys: readonly { part: Part; attribute: DoubleAttribute }[]
  readonly #remarks = new WeakMap<ModelEntry, Remark[]>()
  /** Of the call before: most come in runs of one model. */
  #lastEntry: ModelEntry | undefined
  #lastRemark: Remark | undefined

  constructor(config: CostConfig) {
    this.#config = config
    this.#currency = encodeString(config.currency)
    this.#profileKeys = config.profiles.flatMap(profile =>
      Object.entries(profileKeys[profile]).map(([part, key]) => ({
        part: part as Part,
        attribute: new DoubleAttribute(key),
      })),
    )
  }

  /** Takes status and cost of the call that `reader` has read and `pricer` has priced last. */
  write(span: SpanView, reader: CallReader, status: WrittenStatus, pricer: Pricer): void {
    const { indexOf } = reader.roles
    const isNew =
      indexOf[costPlace]! < 0 && indexOf[statusPlace]! < 0 && indexOf[priceIdPlace]! < 0 && indexOf[detailPlace]! < 0
    if (isNew && this.#profileKeys.length === 0) this.#append(span, status, pricer)
    else this.#set(span.attributes, status, pricer)
  }

  /** The same onto the log record of an event. */
  writeEvent(record: LogRecordView, status: WrittenStatus, pricer: Pricer): void {
    this.#set(record.attributes, status, pricer)
  }

  /** On a span that has nothing of it, as nearly all: two blocks of bytes and the numbers in the first. */
  #append({ attributes, message }: SpanView, status: WrittenStatus, { cost, entry, origin }: Pricer): void {
    const isPriced = status === 'priced' || status === 'estimated'
    // A reported cost may have stood in a JSON object of several.
    if (isPriced || status === 'reported') {
      const amounts = this.#amountsOf(cost)
      let parts = 0
      if (this.#config.breakdown && isPriced)
        for (let i = 0; i < amounts.length; i++) if (amounts[i]! > 0) parts |= 1 << i
      const block = this.#numbers[parts] ?? this.#createNumbers(parts)
      const start = attributes.appendCopy(block)
      const { view } = message.workspace
      view.setFloat64(start + block.valueEnd(0) - doubleBytes, cost.total, true)
      for (let i = 0, at = 1; at < block.count; i++) {
        if ((parts & (1 << i)) !== 0) view.setFloat64(start + block.valueEnd(at++) - doubleBytes, amounts[i]!, true)
      }
    }
    if (this.#config.breakdown) attributes.appendConstants(this.#remarkOf(status, entry!, origin).block)
  }

  #createNumbers(parts: number): AttributeBlock {
    const keys = [totalKey, ...partNames.filter((_, i) => (parts & (1 << i)) !== 0).map(partKey)]
    const block = new AttributeBlock(
      otlp.spanAttributes,
      keys.map(key => ({ key, value: encodeDouble(0) })),
    )
    this.#numbers[parts] = block
    return block
  }

  #amountsOf(cost: CallCost): Float64Array {
    const amounts = this.#amounts
    amounts[0] = cost.input
    amounts[1] = cost.output
    amounts[2] = cost.cacheRead
    amounts[3] = cost.cacheWrite
    amounts[4] = cost.other
    return amounts
  }

  #set(attributes: AttributeList, status: WrittenStatus, { cost, entry, origin }: Pricer): void {
    const isPriced = status === 'priced' || status === 'estimated'
    if (isPriced || status === 'reported') {
      this.#total.write(attributes, cost.total)
      if (this.#config.profiles.length > 0) this.#writeProfiles(attributes, status, cost)
    }
    if (!this.#config.breakdown) return
    if (isPriced) {
      const amounts = this.#amountsOf(cost)
      for (let i = 0; i < amounts.length; i++) if (amounts[i]! > 0) this.#parts[i]!.write(attributes, amounts[i]!)
    }
    const { constants } = this.#remarkOf(status, entry!, origin)
    for (let i = 0; i < constants.length; i++) {
      const constant = constants[i]!
      if (!attributes.insertConstant(constant)) attributes.set(constant.key, constant.value)
    }
  }

  #writeProfiles(attributes: AttributeList, status: WrittenStatus, cost: CallCost): void {
    for (const { part, attribute } of this.#profileKeys) {
      if (part === 'total' || status !== 'reported') attribute.write(attributes, cost[part])
    }
    const { profiles } = this.#config
    if (profiles.includes('langfuse') && status !== 'reported') {
      const details = { input: cost.input, output: cost.output, total: cost.total }
      attributes.set(langfuseDetails, encodeString(JSON.stringify(details)))
    }
    if (profiles.includes('otel')) {
      attributes.set(otelCurrency, this.#currency)
      attributes.set(otelSource, status === 'reported' ? providerValue : localValue)
    }
  }

  #remarkOf(status: WrittenStatus, entry: ModelEntry, origin: PriceOrigin | undefined): Remark {
    const last = this.#lastRemark
    if (entry === this.#lastEntry && last?.status === status && last.origin === origin) return last
    let remarks = this.#remarks.get(entry)
    if (remarks === undefined) {
      remarks = []
      this.#remarks.set(entry, remarks)
    }
    let remark = remarks.find(known => known.status === status && known.origin === origin)
    if (remark === undefined) {
      const constants = this.#constantsOf(status, entry, origin)
      remark = { status, origin, constants, block: new AttributeBlock(otlp.spanAttributes, constants) }
      remarks.push(remark)
    }
    this.#lastEntry = entry
    this.#lastRemark = remark
    return remark
  }

  #constantsOf(status: WrittenStatus, { resolved }: ModelEntry, origin: PriceOrigin | undefined) {
    const text = (key: AttributeKey, value: string) => new ConstantAttribute(key, encodeString(value))
    const constants = [text(statusKey, status)]
    if (origin !== undefined && (status === 'priced' || status === 'estimated')) {
      const { providerId, modelId } = resolved
      constants.push(text(priceIdKey, `${providerId}/${modelId}`), text(sourceKey, origin.source))
      if (origin.asOf !== '') constants.push(text(asOfKey, origin.asOf))
      if (this.#config.currency !== 'USD') constants.push(new ConstantAttribute(currencyKey, this.#currency))
    }
    return constants
  }
}

function partKey(part: (typeof partNames)[number]): AttributeKey {
  return new AttributeKey(`sluice.cost.${part}`)
}
