import { AttributeKey } from '../../pdata/attribute-key.ts'
import type { AttributeList } from '../../pdata/attribute-list.ts'
import { encodeDouble, encodeString, ValueReader } from '../../pdata/value.ts'
import type { SpanView } from '../../pdata/views.ts'
import type { OperationConfig } from './config.ts'
import { globMatcher } from './glob.ts'

const costKey = new AttributeKey('operation.cost')
const nameKey = new AttributeKey('sluice.cost.operation')

interface Rule {
  readonly name: string
  readonly nameValue: Uint8Array
  readonly price: number
  readonly per: number
  readonly unit: AttributeKey | undefined
  readonly isNamed: ((text: string) => boolean) | undefined
  readonly attributes: readonly { key: AttributeKey; matches: (text: string) => boolean }[]
}

export interface PaidOperation {
  readonly name: string
  readonly nameValue: Uint8Array
  readonly cost: number
}

/** Any paid API, by the name and the attributes of its span: a price per call, or per unit that an attribute counts. */
export class OperationRules {
  readonly #rules: readonly Rule[]
  readonly #value = new ValueReader()

  constructor(configs: readonly OperationConfig[]) {
    this.#rules = configs.map(config => ({
      name: config.name,
      nameValue: encodeString(config.name),
      price: config.price,
      per: config.per,
      unit: config.unitAttribute === '' ? undefined : new AttributeKey(config.unitAttribute),
      isNamed: config.spanName === '*' ? undefined : globMatcher(config.spanName),
      attributes: Object.entries(config.attributes).map(([key, pattern]) => ({
        key: new AttributeKey(key),
        matches: globMatcher(pattern),
      })),
    }))
  }

  get isEmpty(): boolean {
    return this.#rules.length === 0
  }

  /** The first rule that the span fits. */
  find(span: SpanView): PaidOperation | undefined {
    for (const rule of this.#rules) {
      if (rule.isNamed !== undefined && !rule.isNamed(span.name)) continue
      if (!rule.attributes.every(({ key, matches }) => this.#fits(span, key, matches))) continue
      const units = rule.unit === undefined ? 1 : this.#units(span, rule.unit)
      return { name: rule.name, nameValue: rule.nameValue, cost: (units * rule.price) / rule.per }
    }
    return undefined
  }

  write(attributes: AttributeList, operation: PaidOperation): void {
    attributes.set(costKey, encodeDouble(operation.cost))
    attributes.set(nameKey, operation.nameValue)
  }

  #fits(span: SpanView, key: AttributeKey, matches: (text: string) => boolean): boolean {
    const value = this.#read(span, key)
    return value !== undefined && typeof value !== 'object' && matches(String(value))
  }

  #units(span: SpanView, key: AttributeKey): number {
    const units = Number(this.#read(span, key) ?? 1)
    return units >= 0 ? units : 0
  }

  #read(span: SpanView, key: AttributeKey) {
    const { attributes } = span
    const index = attributes.find(key)
    if (index < 0) return undefined
    const { bytes } = span.message.workspace
    return this.#value.reset(bytes, attributes.valueStart(index), attributes.valueEnd(index)).toJs()
  }
}
