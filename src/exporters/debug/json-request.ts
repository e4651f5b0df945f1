/** OTLP/JSON as our own writer makes it: defaults are left out, ids are hexadecimal, 64-bit numbers are text. */
export interface RequestJson {
  readonly resourceSpans?: readonly ResourceJson[]
  readonly resourceMetrics?: readonly ResourceJson[]
  readonly resourceLogs?: readonly ResourceJson[]
}

export interface ResourceJson {
  readonly resource?: { readonly attributes?: Attributes; readonly droppedAttributesCount?: number }
  readonly schemaUrl?: string
  readonly scopeSpans?: readonly ScopeJson[]
  readonly scopeMetrics?: readonly ScopeJson[]
  readonly scopeLogs?: readonly ScopeJson[]
}

export interface ScopeJson {
  readonly scope?: { readonly name?: string; readonly version?: string; readonly attributes?: Attributes }
  readonly schemaUrl?: string
  readonly spans?: readonly SpanJson[]
  readonly metrics?: readonly MetricJson[]
  readonly logRecords?: readonly LogJson[]
}

export type Attributes = readonly { readonly key?: string; readonly value?: ValueJson }[]

export interface ValueJson {
  readonly stringValue?: string
  readonly boolValue?: boolean
  readonly intValue?: string
  readonly doubleValue?: number | string
  readonly bytesValue?: string
  readonly arrayValue?: { readonly values?: readonly ValueJson[] }
  readonly kvlistValue?: { readonly values?: Attributes }
}

export interface SpanJson {
  readonly traceId?: string
  readonly spanId?: string
  readonly parentSpanId?: string
  readonly traceState?: string
  readonly name?: string
  readonly kind?: number
  readonly startTimeUnixNano?: string
  readonly endTimeUnixNano?: string
  readonly attributes?: Attributes
  readonly droppedAttributesCount?: number
  readonly droppedEventsCount?: number
  readonly droppedLinksCount?: number
  readonly events?: readonly {
    readonly name?: string
    readonly timeUnixNano?: string
    readonly attributes?: Attributes
  }[]
  readonly links?: readonly { readonly traceId?: string; readonly spanId?: string; readonly attributes?: Attributes }[]
  readonly status?: { readonly code?: number; readonly message?: string }
}

export interface LogJson {
  readonly timeUnixNano?: string
  readonly observedTimeUnixNano?: string
  readonly severityNumber?: number
  readonly severityText?: string
  readonly body?: ValueJson
  readonly attributes?: Attributes
  readonly traceId?: string
  readonly spanId?: string
  readonly flags?: number
  readonly eventName?: string
}

export interface MetricJson {
  readonly name?: string
  readonly description?: string
  readonly unit?: string
  readonly gauge?: DataJson
  readonly sum?: DataJson
  readonly histogram?: DataJson
  readonly exponentialHistogram?: DataJson
  readonly summary?: DataJson
}

export interface DataJson {
  readonly dataPoints?: readonly PointJson[]
  readonly isMonotonic?: boolean
  readonly aggregationTemporality?: number
}

export interface PointJson {
  readonly attributes?: Attributes
  readonly startTimeUnixNano?: string
  readonly timeUnixNano?: string
  readonly asInt?: string
  readonly asDouble?: number | string
  readonly count?: string
  readonly sum?: number | string
  readonly min?: number | string
  readonly max?: number | string
  readonly bucketCounts?: readonly string[]
  readonly explicitBounds?: readonly number[]
  readonly scale?: number
  readonly zeroCount?: string
  readonly quantileValues?: readonly { readonly quantile?: number; readonly value?: number }[]
}

const metricKinds = ['gauge', 'sum', 'histogram', 'exponentialHistogram', 'summary'] as const
export type MetricKind = (typeof metricKinds)[number]

export function resourcesOf(request: RequestJson): readonly ResourceJson[] {
  return request.resourceSpans ?? request.resourceMetrics ?? request.resourceLogs ?? []
}

export function scopesOf(resource: ResourceJson): readonly ScopeJson[] {
  return resource.scopeSpans ?? resource.scopeMetrics ?? resource.scopeLogs ?? []
}

/** The metric's data and what kind it is; undefined for an empty metric. */
export function dataOf(metric: MetricJson): readonly [MetricKind, DataJson] | undefined {
  for (const kind of metricKinds) {
    const found = metric[kind]
    if (found !== undefined) return [kind, found]
  }
  return undefined
}
