import { AttributeKey } from '../../pdata/attribute-key.ts'
import type { EncodedValue } from '../../pdata/attribute-list.ts'
import { type Condition, type ConditionSubject, parseCondition } from '../../pdata/condition.ts'
import * as otlp from '../../pdata/otlp-fields.ts'
import { encodeDouble, encodeValue } from '../../pdata/value.ts'
import { WireWriter } from '../../wire/wire-writer.ts'
import type { CountMetricConfig } from './config.ts'

const deltaTemporality = 1

interface CountedAttribute {
  readonly key: AttributeKey
  readonly defaultValue: EncodedValue | undefined
}

/** One combination of attribute values. */
interface Series {
  count: number
  /** The attributes as fields of a data point. */
  readonly attributes: Uint8Array
}

/** Counts the items of one metric within one resource. Items without attributes to tell apart cost no allocation. */
export class Counter {
  readonly #name: string
  readonly #description: string
  readonly #conditions: readonly Condition[]
  readonly #attributes: readonly CountedAttribute[]
  readonly #series = new Map<string, Series>()
  #count = 0

  constructor(name: string, config: CountMetricConfig) {
    this.#name = name
    this.#description = config.description
    this.#conditions = config.conditions.map(parseCondition)
    this.#attributes = config.attributes.map(({ key, defaultValue }) => ({
      key: new AttributeKey(key),
      defaultValue: encodedDefault(defaultValue),
    }))
  }

  get isEmpty(): boolean {
    return this.#count === 0 && this.#series.size === 0
  }

  see(subject: ConditionSubject): void {
    if (this.#conditions.length > 0 && !this.#conditions.some(condition => condition.matches(subject))) return
    if (this.#attributes.length === 0) this.#count++
    else this.#countSeries(subject)
  }

  /** Writes the metric as a monotonic delta sum, and begins anew. Returns the number of its data points. */
  write(writer: WireWriter, startNs: bigint, timeNs: bigint): number {
    const metric = writer.open(otlp.scopeGroupRecords)
    writer.stringField(otlp.metricName, this.#name)
    if (this.#description !== '') writer.stringField(otlp.metricDescription, this.#description)
    const sum = writer.open(otlp.metricSum)
    const pointCount = (this.#count > 0 ? 1 : 0) + this.#series.size
    if (this.#count > 0) writePoint(writer, this.#count, undefined, startNs, timeNs)
    for (const { count, attributes } of this.#series.values()) writePoint(writer, count, attributes, startNs, timeNs)
    writer.uint32Field(otlp.dataAggregationTemporality, deltaTemporality)
    writer.boolField(otlp.dataIsMonotonic, true)
    writer.close(sum)
    writer.close(metric)
    this.clear()
    return pointCount
  }

  clear(): void {
    this.#count = 0
    this.#series.clear()
  }

  #countSeries(subject: ConditionSubject): void {
    const values: EncodedValue[] = []
    let key = ''
    for (const attribute of this.#attributes) {
      const value = countedValue(attribute, subject)
      if (value === undefined) return
      values.push(value)
      key += `${value.length}:${Buffer.from(value.buffer, value.byteOffset, value.length).toString('latin1')}`
    }
    const known = this.#series.get(key)
    if (known !== undefined) known.count++
    else this.#series.set(key, { count: 1, attributes: this.#encode(values) })
  }

  #encode(values: readonly EncodedValue[]): Uint8Array {
    const writer = new WireWriter(256)
    for (const [index, { key }] of this.#attributes.entries()) {
      const pair = writer.open(otlp.numberPointAttributes)
      writer.bytesField(otlp.keyValueKey, key.bytes)
      writer.bytesField(otlp.keyValueValue, values[index] ?? new Uint8Array(0))
      writer.close(pair)
    }
    return writer.finish()
  }
}

function writePoint(
  writer: WireWriter,
  count: number,
  attributes: Uint8Array | undefined,
  startNs: bigint,
  timeNs: bigint,
): void {
  const mark = writer.open(otlp.dataPoints)
  if (attributes !== undefined) writer.raw(attributes)
  writer.fixed64Field(otlp.pointStartTime, startNs)
  writer.fixed64Field(otlp.pointTime, timeNs)
  writer.fixed64Field(otlp.numberPointAsInt, BigInt(count))
  writer.close(mark)
}

/** A number of the configuration is a double, a bigint an int. */
function encodedDefault(value: unknown): EncodedValue | undefined {
  if (value === undefined) return undefined
  return typeof value === 'number' ? encodeDouble(value) : encodeValue(value)
}

/** The item's value, else that of its resource, else the default. */
function countedValue({ key, defaultValue }: CountedAttribute, subject: ConditionSubject): EncodedValue | undefined {
  for (const view of [subject.record, subject.resource]) {
    if (view === undefined) continue
    const { attributes, message } = view
    const index = attributes.find(key)
    if (index < 0) continue
    return message.workspace.bytes.slice(attributes.valueStart(index), attributes.valueEnd(index))
  }
  return defaultValue
}
