import type { AttributeKey } from '../pdata/attribute-key.ts'
import { AttributeList } from '../pdata/attribute-list.ts'
import type { DataPointView, MetricView } from '../pdata/metric-views.ts'
import type {
  AttributeReader,
  FieldReader,
  LogReader,
  MetricReader,
  SpanReader,
  SurroundingReader,
} from '../pdata/record-reader.ts'
import { ValueReader } from '../pdata/value.ts'
import type { EventView } from '../pdata/views.ts'
import type { OttlValue } from './value.ts'

/** The contexts that conditions are written for, by their prefix in a path. */
export type ContextName = 'resource' | 'scope' | 'span' | 'spanevent' | 'metric' | 'datapoint' | 'log'

/** What a condition looks at. Its fields are pointed at one item after the other; those outside its context are stale. */
export class OttlContext {
  resource!: SurroundingReader
  scope!: SurroundingReader
  span!: SpanReader
  event!: EventView
  eventIndex = 0
  metric!: MetricReader
  /** The metric with its data points, where there is a walk. */
  metricView!: MetricView
  point!: DataPointView
  log!: LogReader
  /** What statements keep for each other; emptied for every item. */
  readonly cache = new Map<string, OttlValue>()
  /** Payloads of metrics that statements made; they come behind those of the scope. */
  readonly newMetrics: Uint8Array[] = []

  /** Points at what stands around a record. */
  around({ resource, scope }: MetricReader): this {
    this.resource = resource
    this.scope = scope
    return this
  }

  /** Points at a metric that a walk is at, and at what stands around it. */
  enterMetric(metric: MetricView): this {
    this.metric = metric
    this.metricView = metric
    return this.around(metric)
  }
}

export type Getter = (context: OttlContext) => OttlValue

/** Where a value stands in the request, for functions that read bytes without making text of them. */
export interface ByteSource {
  /** Points `reader` at the value; false where there is none. */
  point(context: OttlContext, reader: ValueReader): boolean
}

/** A path or another expression, ready to be evaluated. */
export interface Expression {
  readonly get: Getter
  /** Set where the value is an attribute. */
  readonly source?: ByteSource
  /** Set where the value is a text field. */
  readonly text?: { readonly message: (context: OttlContext) => FieldReader; readonly field: number }
  /** Set where the value is a whole number that is never large. */
  readonly small?: (context: OttlContext) => number
  /** Set where the expression is a literal. */
  readonly constant?: OttlValue
  readonly isConstant?: boolean
  /** Set where the name of a function stands in the place of a value, for editors that take one. */
  readonly functionName?: string
  /** Of a path: the context that it speaks of. */
  readonly context?: ContextName
  /** Writes the value; absent where nothing can be written. Throws `EvaluationError` where the type is wrong. */
  readonly set?: (context: OttlContext, value: OttlValue) => void
  /** Set where the expression is all attributes of something. */
  readonly list?: (context: OttlContext) => AttributeList
  /** Set where the expression is one attribute by a key that is known. */
  readonly attribute?: {
    readonly list: (context: OttlContext) => AttributeList
    /** The same attributes where they are only read: there may be no walk. */
    readonly reader: (context: OttlContext) => AttributeReader
    readonly key: AttributeKey
  }
}

const reader = new ValueReader()

/** The value at `index` as JavaScript. */
export function attributeAt(attributes: AttributeReader, index: number): OttlValue {
  return reader.reset(attributes.bytes, attributes.valueStart(index), attributes.valueEnd(index)).toJs()
}

/** The list of a view: who reads all attributes, or writes one, needs a walk. */
export function listOf(attributes: AttributeReader): AttributeList {
  if (!(attributes instanceof AttributeList)) throw new Error('all attributes of a record are known in a walk only')
  return attributes
}

/** All attributes as a map. */
export function attributeMap(reader: AttributeReader): Map<string, OttlValue> {
  const attributes = listOf(reader)
  const map = new Map<string, OttlValue>()
  for (let i = 0; i < attributes.size; i++) {
    if (!attributes.isRemoved(i)) map.set(attributes.keyText(i), attributeAt(attributes, i))
  }
  return map
}
