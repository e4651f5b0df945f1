import { type Condition, compileCondition, EvaluationError } from '../../ottl/condition.ts'
import type { ContextName, OttlContext } from '../../ottl/context.ts'
import { AttributeKey } from '../../pdata/attribute-key.ts'
import type { EncodedValue } from '../../pdata/constant-attribute.ts'
import * as otlp from '../../pdata/otlp-fields.ts'
import type { AttributeReader } from '../../pdata/record-reader.ts'
import { encodeDouble, encodeValue } from '../../pdata/value.ts'
import { WireWriter } from '../../wire/wire-writer.ts'
import type { CountMetricConfig } from './config.ts'
import type { TimeRange } from './time-range.ts'

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

/** Attributes are read where a counter asks for them. */
interface Attributed {
  readonly attributes: AttributeReader
}

/** Counts the items of one metric within one resource. Items without attributes to tell apart cost no allocation. */
export class Counter {
  readonly #name: string
  readonly #description: string
  readonly #noteError: () => void
  readonly #conditions: readonly Condition[]
  readonly #attributes: readonly CountedAttribute[]
  readonly #series = new Map<string, Series>()
  #count = 0

  /** `own` is the context of the conditions; `noteError` hears of each that could not be evaluated. */
  constructor(name: string, config: CountMetricConfig, own: ContextName, noteError: () => void) {
    this.#name = name
    this.#description = config.description
    this.#noteError = noteError
    this.#conditions = config.conditions.map(source => compileCondition(source, own))
    this.#attributes = config.attributes.map(({ key, defaultValue }) => ({
      key: new AttributeKey(key),
      defaultValue: encodedDefault(defaultValue),
    }))
  }

  get isEmpty(): boolean {
    return this.#count === 0 && this.#series.size === 0
  }

  /** Counts the item that the context points at, if a condition holds; `item` has its own attributes. */
  see(context: OttlContext, item: Attributed | undefined): void {
    if (this.#conditions.length > 0 && !this.#isAnyTrue(context)) return
    if (this.#attributes.length === 0) this.#count++
    else this.#countSeries(context, item)
  }

  /** Writes the metric as a monotonic delta sum, and begins anew. Returns the number of its data points. */
  write(writer: WireWriter, times: TimeRange, nowNs: bigint): number {
    const startNs = times.startNs(nowNs)
    const timeNs = times.endNs(nowNs)
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

  #isAnyTrue(context: OttlContext): boolean {
    for (let i = 0; i < this.#conditions.length; i++) {
      try {
        if (this.#conditions[i]!(context)) return true
      } catch (error) {
        if (!(error instanceof EvaluationError)) throw error
        this.#noteError()
      }
    }
    return false
  }

  #countSeries(context: OttlContext, item: Attributed | undefined): void {
    let key = ''
    for (const attribute of this.#attributes) {
      const text = valueKey(attribute, context, item)
      if (text === undefined) return
      key += text
    }
    const known = this.#series.get(key)
    if (known !== undefined) known.count++
    else this.#series.set(key, { count: 1, attributes: this.#encode(context, item) })
  }

  #encode(context: OttlContext, item: Attributed | undefined): Uint8Array {
    const writer = new WireWriter(256)
    for (const attribute of this.#attributes) {
      const { bytes, start, end } = locate(attribute, context, item)
      const pair = writer.open(otlp.numberPointAttributes)
      writer.bytesField(otlp.keyValueKey, attribute.key.bytes)
      writer.bytesField(otlp.keyValueValue, bytes, start, end)
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

/** Where a value stands; reused, since there is one lookup per item and attribute. */
const found = { isPresent: false, bytes: new Uint8Array(0), start: 0, end: 0 }

/** The item's value, else that of its scope, of its resource, else the default. */
function locate(
  { key, defaultValue }: CountedAttribute,
  { scope, resource }: OttlContext,
  item: Attributed | undefined,
): Readonly<typeof found> {
  if (item !== undefined && locateIn(item.attributes, key)) return found
  if (locateIn(scope.attributes, key) || locateIn(resource.attributes, key)) return found
  found.isPresent = defaultValue !== undefined
  found.bytes = (defaultValue ?? new Uint8Array(0)) as Uint8Array<ArrayBuffer>
  found.start = 0
  found.end = found.bytes.length
  return found
}

function locateIn(attributes: AttributeReader, key: AttributeKey): boolean {
  const index = attributes.find(key)
  if (index < 0) return false
  found.bytes = attributes.bytes as Uint8Array<ArrayBuffer>
  found.start = attributes.valueStart(index)
  found.end = attributes.valueEnd(index)
  found.isPresent = true
  return true
}

/** The value's bytes as a text of its own; undefined where there is none. */
function valueKey(attribute: CountedAttribute, context: OttlContext, item: Attributed | undefined): string | undefined {
  const { isPresent, bytes, start, end } = locate(attribute, context, item)
  if (!isPresent) return undefined
  let text = `${end - start}:`
  // Values are short: a loop beats a Buffer around the bytes, bench/connectors.
  if (end - start > 96)
    return text + Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1')
  for (let i = start; i < end; i++) text += String.fromCharCode(bytes[i]!)
  return text
}
