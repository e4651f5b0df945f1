/**
 * Field numbers of OTLP's messages, as in `proto/`. Traces, metrics, logs and profiles nest alike and use the same
 * numbers for the request, the resource's group and the scope's group, so one walk serves all of them.
 *
 * Source: https://github.com/open-telemetry/opentelemetry-proto
 */

/** `Export*ServiceRequest`, `TracesData`, `MetricsData`, `LogsData`: the resource groups. */
export const requestResources = 1
/** `ExportProfilesServiceRequest` only: the tables that all profiles of the request point into. */
export const requestDictionary = 2

/** `ResourceSpans`, `ResourceMetrics`, `ResourceLogs`, `ResourceProfiles`. */
export const groupResource = 1
export const groupScopes = 2
export const groupSchemaUrl = 3

/** `ScopeSpans`, `ScopeMetrics`, `ScopeLogs`, `ScopeProfiles`. */
export const scopeGroupScope = 1
export const scopeGroupRecords = 2
export const scopeGroupSchemaUrl = 3

export const resourceAttributes = 1
export const resourceDroppedAttributesCount = 2
export const resourceEntityRefs = 3

export const scopeName = 1
export const scopeVersion = 2
export const scopeAttributes = 3
export const scopeDroppedAttributesCount = 4

export const spanTraceId = 1
export const spanSpanId = 2
export const spanTraceState = 3
export const spanParentSpanId = 4
export const spanName = 5
export const spanKind = 6
export const spanStartTime = 7
export const spanEndTime = 8
export const spanAttributes = 9
export const spanDroppedAttributesCount = 10
export const spanEvents = 11
export const spanDroppedEventsCount = 12
export const spanLinks = 13
export const spanDroppedLinksCount = 14
export const spanStatus = 15
export const spanFlags = 16

export const eventTime = 1
export const eventName = 2
export const eventAttributes = 3
export const eventDroppedAttributesCount = 4

export const linkTraceId = 1
export const linkSpanId = 2
export const linkTraceState = 3
export const linkAttributes = 4
export const linkDroppedAttributesCount = 5
export const linkFlags = 6

export const statusMessage = 2
export const statusCode = 3

export const logTime = 1
export const logSeverityNumber = 2
export const logSeverityText = 3
export const logBody = 5
export const logAttributes = 6
export const logDroppedAttributesCount = 7
export const logFlags = 8
export const logTraceId = 9
export const logSpanId = 10
export const logObservedTime = 11
export const logEventName = 12

export const metricName = 1
export const metricDescription = 2
export const metricUnit = 3
export const metricGauge = 5
export const metricSum = 7
export const metricHistogram = 9
export const metricExponentialHistogram = 10
export const metricSummary = 11
export const metricMetadata = 12

/** In `Gauge`, `Sum`, `Histogram`, `ExponentialHistogram` and `Summary` alike. */
export const dataPoints = 1
export const dataAggregationTemporality = 2
/** In `Sum` only. */
export const dataIsMonotonic = 3

export const pointStartTime = 2
export const pointTime = 3

export const numberPointAsDouble = 4
export const numberPointExemplars = 5
export const numberPointAsInt = 6
export const numberPointAttributes = 7
export const numberPointFlags = 8

export const histogramPointCount = 4
export const histogramPointSum = 5
export const histogramPointBucketCounts = 6
export const histogramPointExplicitBounds = 7
export const histogramPointExemplars = 8
export const histogramPointAttributes = 9
export const histogramPointFlags = 10
export const histogramPointMin = 11
export const histogramPointMax = 12

export const exponentialPointAttributes = 1
export const exponentialPointCount = 4
export const exponentialPointSum = 5
export const exponentialPointScale = 6
export const exponentialPointZeroCount = 7
export const exponentialPointPositive = 8
export const exponentialPointNegative = 9
export const exponentialPointFlags = 10
export const exponentialPointExemplars = 11
export const exponentialPointMin = 12
export const exponentialPointMax = 13
export const exponentialPointZeroThreshold = 14
export const bucketsOffset = 1
export const bucketsCounts = 2

export const summaryPointCount = 4
export const summaryPointSum = 5
export const summaryPointQuantileValues = 6
export const summaryPointAttributes = 7
export const summaryPointFlags = 8
export const quantileQuantile = 1
export const quantileValue = 2

export const exemplarTime = 2
export const exemplarAsDouble = 3
export const exemplarSpanId = 4
export const exemplarTraceId = 5
export const exemplarAsInt = 6
export const exemplarAttributes = 7

export const keyValueKey = 1
export const keyValueValue = 2

export const anyString = 1
export const anyBool = 2
export const anyInt = 3
export const anyDouble = 4
export const anyArray = 5
export const anyKvlist = 6
export const anyBytes = 7

/** In `ArrayValue` and `KeyValueList` alike. */
export const listValues = 1
