import type { CallReader } from '../../model-calls/call-reader.ts'
import { roleIndex, traitCost } from '../../model-calls/role-traits.ts'
import { AttributeKey } from '../../pdata/attribute-key.ts'
import type { AttributeList } from '../../pdata/attribute-list.ts'
import { ConstantAttribute } from '../../pdata/constant-attribute.ts'
import type { SpliceOutput } from '../../pdata/splice-output.ts'
import { encodeString } from '../../pdata/value.ts'
import type { LogRecordView, SpanView } from '../../pdata/views.ts'
import type { WrittenStatus } from './call-pricing.ts'
import type { CostConfig } from './config.ts'
import { amountKeys, CostBlock } from './cost-block.ts'
import { DoubleAttribute } from './double-attribute.ts'
import type { ModelEntry } from './model-memo.ts'
import type { PriceOrigin } from './price-book.ts'
import type { CallCost } from './price-vector.ts'
import type { Pricer } from './pricer.ts'

type Part = 'total' | 'input' | 'output'

/** Names that other backends read. Sources: their documentation, as of 2026-09. */
const profileKeys: Readonly<Record<CostConfig['profiles'][number], Partial<Record<Part, string>>>> = {
  langfuse: {},
  openinference: { total: 'llm.cost.total', input: 'llm.cost.prompt', output: 'llm.cost.completion' },
  logfire: { total: 'operation.cost' },
  sentry: { total: 'gen_ai.cost.total_tokens', input: 'gen_ai.cost.input_tokens', output: 'gen_ai.cost.output_tokens' },
  otel: { total: 'gen_ai.usage.cost.amount' },
}

const recentCount = 64
/** The amounts of a call's cost: the total alone. */
const totalAlone = 1
const amountsMax = 1 << amountKeys.length
/** Where what is written may stand already. */
const [costPlace, statusPlace, priceIdPlace, detailPlace] = (
  ['existingCost', 'costStatus', 'priceId', 'costDetail'] as const
).map(roleIndex) as [number, number, number, number]

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
  readonly entry: ModelEntry
  readonly status: WrittenStatus
  readonly origin: PriceOrigin | undefined
  readonly constants: readonly ConstantAttribute[]
  /** The same behind amounts of its cost, by the bits of their places. */
  readonly blocks: (CostBlock | undefined)[]
}

/** Writes a call's cost onto its span under the names that the configuration asks for. */
export class CostWriter {
  readonly #config: CostConfig
  readonly #currency: Uint8Array
  readonly #attributes = amountKeys.map(({ text }) => new DoubleAttribute(text))
  /** Of the last call, in the order of their keys. */
  readonly #amounts = new Float64Array(amountKeys.length)
  readonly #totalBlock = new CostBlock(totalAlone, [])
  readonly #profileKeys: readonly { part: Part; attribute: DoubleAttribute }[]
  readonly #remarks = new WeakMap<ModelEntry, Remark[]>()
  /** Of the last `prepare`. */
  #block: CostBlock | undefined
  /** Those of the last calls, by their models' ids. */
  readonly #recent: (Remark | undefined)[] = new Array(recentCount).fill(undefined)

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

  /** Whether nothing of it stands on the span that was read last, so that all of it is new. */
  isNewTo({ roles, values }: CallReader): boolean {
    if ((roles.traits & traitCost) === 0) return true
    return !(values.has(costPlace) || values.has(statusPlace) || values.has(priceIdPlace) || values.has(detailPlace))
  }

  /** Whether what is new comes in blocks, which `prepare` makes. */
  get writesBlocks(): boolean {
    return this.#profileKeys.length === 0
  }

  /** Takes status and cost of the call that `reader` has read and `pricer` has priced last. */
  write(span: SpanView, reader: CallReader, status: WrittenStatus, pricer: Pricer): void {
    if (this.writesBlocks && this.isNewTo(reader)) this.#append(span, status, pricer)
    else this.#set(span.attributes, status, pricer)
  }

  /** Chooses what is new on such a span. Returns its length in bytes; `writeTo` then writes it. */
  prepare(status: WrittenStatus, { cost, entry, origin }: Pricer): number {
    const isPriced = status === 'priced' || status === 'estimated'
    let amounts = 0
    // A reported cost may have stood in a JSON object of several.
    if (isPriced || status === 'reported') {
      amounts = totalAlone
      const values = this.#takeAmounts(cost)
      if (this.#config.breakdown && isPriced)
        for (let i = 1; i < values.length; i++) if (values[i]! > 0) amounts |= 1 << i
    }
    if (this.#config.breakdown) this.#block = blockOf(this.#remarkOf(status, entry!, origin), amounts)
    else this.#block = amounts === 0 ? undefined : this.#totalBlock
    return this.#block === undefined ? 0 : this.#block.length
  }

  /** Behind the span's own bytes. */
  writeTo(output: SpliceOutput): void {
    this.#block?.writeTo(output, this.#amounts)
  }

  /** The same onto the log record of an event. */
  writeEvent(record: LogRecordView, status: WrittenStatus, pricer: Pricer): void {
    this.#set(record.attributes, status, pricer)
  }

  /** On a span that has nothing of it, as nearly all: a block of bytes and the numbers in it. */
  #append({ attributes, message }: SpanView, status: WrittenStatus, pricer: Pricer): void {
    this.prepare(status, pricer)
    const block = this.#block
    if (block === undefined) return
    if (!block.hasNumbers) attributes.appendConstants(block.attributes)
    else {
      const start = attributes.appendCopy(block.attributes)
      block.fill(message.workspace.view, start, this.#amounts)
    }
  }

  #takeAmounts(cost: CallCost): Float64Array {
    const amounts = this.#amounts
    amounts[0] = cost.total
    amounts[1] = cost.input
    amounts[2] = cost.output
    amounts[3] = cost.cacheRead
    amounts[4] = cost.cacheWrite
    amounts[5] = cost.other
    return amounts
  }

  #set(attributes: AttributeList, status: WrittenStatus, { cost, entry, origin }: Pricer): void {
    const isPriced = status === 'priced' || status === 'estimated'
    if (isPriced || status === 'reported') {
      this.#attributes[0]!.write(attributes, cost.total)
      if (this.#config.profiles.length > 0) this.#writeProfiles(attributes, status, cost)
    }
    if (!this.#config.breakdown) return
    if (isPriced) {
      const amounts = this.#takeAmounts(cost)
      for (let i = 1; i < amounts.length; i++) if (amounts[i]! > 0) this.#attributes[i]!.write(attributes, amounts[i]!)
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
    const slot = entry.id % recentCount
    const recent = this.#recent[slot]
    if (recent !== undefined && recent.entry === entry && recent.status === status && recent.origin === origin) {
      return recent
    }
    let remarks = this.#remarks.get(entry)
    if (remarks === undefined) {
      remarks = []
      this.#remarks.set(entry, remarks)
    }
    let remark = findRemark(remarks, status, origin)
    if (remark === undefined) {
      const constants = this.#constantsOf(status, entry, origin)
      remark = { entry, status, origin, constants, blocks: new Array(amountsMax).fill(undefined) }
      remarks.push(remark)
    }
    this.#recent[slot] = remark
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

/** A function of its own: a closure in one that is called for every call would cost each of them its surroundings. */
function findRemark(
  remarks: readonly Remark[],
  status: WrittenStatus,
  origin: PriceOrigin | undefined,
): Remark | undefined {
  return remarks.find(known => known.status === status && known.origin === origin)
}

function blockOf({ blocks, constants }: Remark, amounts: number): CostBlock {
  let block = blocks[amounts]
  if (block === undefined) {
    block = new CostBlock(amounts, constants)
    blocks[amounts] = block
  }
  return block
}
