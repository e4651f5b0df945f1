import {
  dataOf,
  type LogJson,
  type MetricJson,
  type MetricKind,
  type PointJson,
  type RequestJson,
  resourcesOf,
  scopesOf,
} from './json-request.ts'
import { inlineAttributes, plainValue, printable, span } from './render-value.ts'

/** A line for each resource, scope and item. */
export function renderNormal(request: RequestJson): string {
  const lines: string[] = []
  for (const [i, resource] of resourcesOf(request).entries()) {
    const schema = resource.schemaUrl ? ` [${printable(resource.schemaUrl)}]` : ''
    lines.push(`Resource #${i}${schema}${inlineAttributes(resource.resource?.attributes)}`)
    for (const [j, group] of scopesOf(resource).entries()) {
      const { name = '', version, attributes } = group.scope ?? {}
      const at = version === undefined || version === '' ? '' : `@${printable(version)}`
      lines.push(`  Scope #${j} ${printable(name)}${at}${inlineAttributes(attributes)}`)
      for (const each of group.spans ?? []) {
        const took = span(each.startTimeUnixNano, each.endTimeUnixNano)
        const status = each.status?.code === 2 ? ' ERROR' : ''
        const ids = `${each.traceId ?? ''} ${each.spanId ?? ''}`
        lines.push(`    ${printable(each.name ?? '')} ${ids} ${took}${status}${inlineAttributes(each.attributes)}`)
      }
      for (const metric of group.metrics ?? []) for (const line of metricLines(metric)) lines.push(`    ${line}`)
      for (const record of group.logRecords ?? []) lines.push(`    ${logLine(record)}`)
    }
  }
  return lines.map(line => `${line}\n`).join('')
}

function logLine(record: LogJson): string {
  const severity = record.severityText ? `${printable(record.severityText)} ` : ''
  return `${severity}${plainValue(record.body)}${inlineAttributes(record.attributes)}`
}

function metricLines(metric: MetricJson): string[] {
  const [kind, data] = dataOf(metric) ?? []
  if (kind === undefined) return [`${printable(metric.name ?? '')} (no data)`]
  const points = data?.dataPoints ?? []
  const unit = metric.unit && metric.unit !== '1' ? ` ${printable(metric.unit)}` : ''
  return points.map(point => {
    const labels = inlineAttributes(point.attributes).trim()
    return `${printable(metric.name ?? '')}{${labels}} ${pointValue(kind, point)}${kind === 'gauge' || kind === 'sum' ? unit : ''}`
  })
}

/** The number, or what a distribution says about itself. */
export function pointValue(kind: MetricKind, point: PointJson): string {
  if (kind === 'gauge' || kind === 'sum') return String(point.asInt ?? point.asDouble ?? 0)
  const words = [`count=${point.count ?? 0}`]
  if (point.sum !== undefined) words.push(`sum=${point.sum}`)
  if (point.min !== undefined) words.push(`min=${point.min}`)
  if (point.max !== undefined) words.push(`max=${point.max}`)
  const bounds = point.explicitBounds ?? []
  for (const [i, count] of (kind === 'histogram' ? (point.bucketCounts ?? []) : []).entries()) {
    words.push(`le${bounds[i] ?? '+Inf'}=${count}`)
  }
  for (const { quantile = 0, value = 0 } of point.quantileValues ?? []) words.push(`q${quantile}=${value}`)
  if (kind === 'exponentialHistogram') words.push(`scale=${point.scale ?? 0}`, `zero=${point.zeroCount ?? 0}`)
  return words.join(' ')
}
