import type { MetricFamily } from './metric-registry.ts'
import { HistogramSeries, readSeries } from './metric-registry.ts'
import type { Labels } from './metrics.ts'

export interface PrometheusSettings {
  /** Adds `_total` to counters and the unit to names, as a Collector with suffixes turned on does. */
  readonly withSuffixes: boolean
  /** Labels of `target_info`: the agent's own resource. */
  readonly resource: Labels
}

export const prometheusContentType = 'text/plain; version=0.0.4; charset=utf-8'

/** All metrics in Prometheus' text format, names and labels as the Collector writes them. */
export function renderPrometheus(families: readonly MetricFamily[], settings: PrometheusSettings): string {
  const lines: string[] = []
  for (const family of families) renderFamily(lines, family, settings.withSuffixes)
  if (Object.keys(settings.resource).length > 0) {
    lines.push('# HELP target_info Target metadata', '# TYPE target_info gauge')
    lines.push(`target_info${labelText(promLabels(settings.resource))} 1`)
  }
  return `${lines.join('\n')}\n`
}

function renderFamily(lines: string[], family: MetricFamily, withSuffixes: boolean): void {
  const name = familyName(family, withSuffixes)
  lines.push(`# HELP ${name} ${escapeHelp(family.description.description)}`, `# TYPE ${name} ${family.type}`)
  for (const series of family.series.values()) {
    if (series instanceof HistogramSeries) renderHistogram(lines, name, series)
    else lines.push(`${name}${labelText(promLabels(series.labels))} ${number(readSeries(series))}`)
  }
}

function renderHistogram(lines: string[], name: string, series: HistogramSeries): void {
  let cumulative = 0
  series.counts.forEach((count, i) => {
    cumulative += count
    const bound = series.bounds[i]
    const le = bound === undefined ? '+Inf' : number(bound)
    lines.push(`${name}_bucket${labelText({ ...promLabels(series.labels), le })} ${number(cumulative)}`)
  })
  const labels = labelText(promLabels(series.labels))
  lines.push(`${name}_sum${labels} ${number(series.sum)}`, `${name}_count${labels} ${number(series.count)}`)
}

const unitSuffixes: Readonly<Record<string, string>> = {
  s: '_seconds',
  ms: '_milliseconds',
  By: '_bytes',
  '1': '_ratio',
}

function familyName(family: MetricFamily, withSuffixes: boolean): string {
  const name = family.description.name.replace(/[^a-zA-Z0-9_:]/g, '_')
  if (!withSuffixes) return name
  const unit = family.type === 'counter' && family.description.unit === '1' ? '' : unitSuffixes[family.description.unit]
  const withUnit = unit === undefined || name.endsWith(unit) ? name : name + unit
  return family.type === 'counter' && !withUnit.endsWith('_total') ? `${withUnit}_total` : withUnit
}

function promLabels(labels: Labels): Labels {
  const result: Record<string, string> = {}
  for (const [label, value] of Object.entries(labels)) {
    const name = label.replace(/[^a-zA-Z0-9_]/g, '_')
    result[/^[0-9]/.test(name) ? `_${name}` : name] = value
  }
  return result
}

function labelText(labels: Labels): string {
  const parts = Object.entries(labels).map(([label, value]) => `${label}="${escapeValue(value)}"`)
  return parts.length === 0 ? '' : `{${parts.join(',')}}`
}

function escapeValue(value: string): string {
  return value.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n')
}

function escapeHelp(text: string): string {
  return text.replace(/\\/g, '\\\\').replace(/\n/g, '\\n')
}

function number(value: number): string {
  if (Number.isFinite(value)) return String(value)
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'
}
