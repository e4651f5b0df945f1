import {
  type Attributes,
  dataOf,
  type LogJson,
  type MetricJson,
  type RequestJson,
  resourcesOf,
  type SpanJson,
  scopesOf,
} from './json-request.ts'
import { pointValue } from './render-normal.ts'
import { printable, span, time, typedValue } from './render-value.ts'

const spanKinds = ['Unspecified', 'Internal', 'Server', 'Client', 'Producer', 'Consumer']
const statusCodes = ['Unset', 'Ok', 'Error']
const temporalities = ['Unspecified', 'Delta', 'Cumulative']

/** Everything, as an indented tree in the Collector's words. */
export function renderDetailed(request: RequestJson): string {
  const lines: string[] = []
  for (const [i, resource] of resourcesOf(request).entries()) {
    lines.push(`Resource #${i}`)
    if (resource.schemaUrl) lines.push(`Resource SchemaURL: ${printable(resource.schemaUrl)}`)
    attributeLines(lines, 'Resource attributes:', resource.resource?.attributes, '')
    for (const [j, group] of scopesOf(resource).entries()) {
      const { name = '', version = '', attributes } = group.scope ?? {}
      lines.push(`Scope #${j} ${printable(name)} ${printable(version)}`.trimEnd())
      if (group.schemaUrl) lines.push(`Scope SchemaURL: ${printable(group.schemaUrl)}`)
      attributeLines(lines, 'Scope attributes:', attributes, '')
      for (const [k, each] of (group.spans ?? []).entries()) spanLines(lines, k, each)
      for (const [k, each] of (group.metrics ?? []).entries()) metricLines(lines, k, each)
      for (const [k, each] of (group.logRecords ?? []).entries()) logLines(lines, k, each)
    }
  }
  return `${lines.join('\n')}\n`
}

function spanLines(lines: string[], index: number, each: SpanJson): void {
  lines.push(`Span #${index}`)
  put(lines, 'Trace ID', each.traceId ?? '')
  put(lines, 'Parent ID', each.parentSpanId ?? '')
  put(lines, 'ID', each.spanId ?? '')
  put(lines, 'Name', printable(each.name ?? ''))
  put(lines, 'Kind', spanKinds[each.kind ?? 0] ?? String(each.kind))
  if (each.traceState) put(lines, 'TraceState', printable(each.traceState))
  put(lines, 'Start time', time(each.startTimeUnixNano))
  put(lines, 'End time', `${time(each.endTimeUnixNano)}  (${span(each.startTimeUnixNano, each.endTimeUnixNano)})`)
  put(lines, 'Status code', statusCodes[each.status?.code ?? 0] ?? String(each.status?.code))
  put(lines, 'Status message', printable(each.status?.message ?? ''))
  if (each.droppedAttributesCount) put(lines, 'DroppedAttributesCount', String(each.droppedAttributesCount))
  if (each.droppedEventsCount) put(lines, 'DroppedEventsCount', String(each.droppedEventsCount))
  if (each.droppedLinksCount) put(lines, 'DroppedLinksCount', String(each.droppedLinksCount))
  attributeLines(lines, 'Attributes:', each.attributes, '')
  for (const [i, event] of (each.events ?? []).entries()) {
    lines.push(
      `Event #${i}`,
      `     -> Name: ${printable(event.name ?? '')}`,
      `     -> Timestamp: ${time(event.timeUnixNano)}`,
    )
    attributeLines(lines, '     -> Attributes:', event.attributes, '     ')
  }
  for (const [i, link] of (each.links ?? []).entries()) {
    lines.push(`Link #${i}`, `     -> Trace ID: ${link.traceId ?? ''}`, `     -> ID: ${link.spanId ?? ''}`)
    attributeLines(lines, '     -> Attributes:', link.attributes, '     ')
  }
}

function logLines(lines: string[], index: number, record: LogJson): void {
  const text = printable(record.severityText ?? '')
  lines.push(
    `LogRecord #${index}`,
    `ObservedTimestamp: ${time(record.observedTimeUnixNano)}`,
    `Timestamp: ${time(record.timeUnixNano)}`,
    `SeverityText: ${text}`,
    `SeverityNumber: ${severityName(record.severityNumber ?? 0)}(${record.severityNumber ?? 0})`,
  )
  if (record.eventName) lines.push(`EventName: ${printable(record.eventName)}`)
  lines.push(`Body: ${typedValue(record.body)}`)
  attributeLines(lines, 'Attributes:', record.attributes, '')
  lines.push(`Trace ID: ${record.traceId ?? ''}`, `Span ID: ${record.spanId ?? ''}`, `Flags: ${record.flags ?? 0}`)
}

function metricLines(lines: string[], index: number, metric: MetricJson): void {
  const [kind, data] = dataOf(metric) ?? []
  lines.push(`Metric #${index}`, 'Descriptor:', `     -> Name: ${printable(metric.name ?? '')}`)
  lines.push(
    `     -> Description: ${printable(metric.description ?? '')}`,
    `     -> Unit: ${printable(metric.unit ?? '')}`,
  )
  if (kind === undefined || data === undefined) return
  lines.push(`     -> DataType: ${kind[0]?.toUpperCase()}${kind.slice(1)}`)
  if (kind === 'sum') lines.push(`     -> IsMonotonic: ${data.isMonotonic ?? false}`)
  if (data.aggregationTemporality !== undefined) {
    lines.push(
      `     -> AggregationTemporality: ${temporalities[data.aggregationTemporality] ?? data.aggregationTemporality}`,
    )
  }
  for (const [i, point] of (data.dataPoints ?? []).entries()) {
    lines.push(`DataPoint #${i}`)
    attributeLines(lines, 'Data point attributes:', point.attributes, '')
    lines.push(`StartTimestamp: ${time(point.startTimeUnixNano)}`, `Timestamp: ${time(point.timeUnixNano)}`)
    lines.push(`Value: ${pointValue(kind, point)}`)
  }
}

function put(lines: string[], name: string, value: string): void {
  lines.push(`    ${name.padEnd(14)} : ${value}`.trimEnd())
}

function attributeLines(lines: string[], heading: string, attributes: Attributes = [], indent: string): void {
  if (attributes.length === 0) return
  lines.push(heading)
  for (const { key = '', value } of attributes) lines.push(`${indent}     -> ${printable(key)}: ${typedValue(value)}`)
}

/** OTLP's severity ranges: four numbers to a word. */
function severityName(severity: number): string {
  if (severity < 1 || severity > 24) return 'Unspecified'
  const name = ['Trace', 'Debug', 'Info', 'Warn', 'Error', 'Fatal'][Math.floor((severity - 1) / 4)] ?? ''
  const step = (severity - 1) % 4
  return step === 0 ? name : `${name}${step + 1}`
}
