import type { Signal } from '../../pdata/otlp-batch.ts'
import { dataOf, type RequestJson, type ResourceJson, resourcesOf, scopesOf } from './json-request.ts'
import { plainValue } from './render-value.ts'

const servicesMax = 4

/** One line: how much of what, and from whom. */
export function summarize(signal: Signal, request: RequestJson, itemCount: number, wall: Date): string {
  const resources = resourcesOf(request)
  const counts = [`${resources.length} ${plural('resource', resources.length)}`]
  let errorCount = 0
  let metricCount = 0
  const services = new Map<string, number>()
  for (const resource of resources) {
    let items = 0
    for (const scope of scopesOf(resource)) {
      for (const span of scope.spans ?? []) if (span.status?.code === 2) errorCount++
      for (const record of scope.logRecords ?? []) if ((record.severityNumber ?? 0) >= 17) errorCount++
      for (const metric of scope.metrics ?? []) items += dataOf(metric)?.[1].dataPoints?.length ?? 0
      metricCount += scope.metrics?.length ?? 0
      items += (scope.spans?.length ?? 0) + (scope.logRecords?.length ?? 0)
    }
    const name = serviceName(resource)
    services.set(name, (services.get(name) ?? 0) + items)
  }
  const nouns = { traces: 'span', metrics: 'data point', logs: 'log record', profiles: 'profile' }
  if (signal === 'metrics') counts.push(`${metricCount} ${plural('metric', metricCount)}`)
  counts.push(`${itemCount} ${plural(nouns[signal], itemCount)}`)
  if (errorCount > 0) counts.push(`${errorCount} ${plural('error', errorCount)}`)
  const heading = signal[0]?.toUpperCase() + signal.slice(1)
  return `${wall.toISOString()}  ${heading.padEnd(7)}  ${counts.join(', ')}${from(services)}`
}

function from(services: ReadonlyMap<string, number>): string {
  if (services.size === 0) return ''
  const sorted = [...services].sort((a, b) => b[1] - a[1])
  const shown = sorted.slice(0, servicesMax).map(([name, count]) => (services.size > 1 ? `${name} ${count}` : name))
  if (sorted.length > servicesMax) shown.push(`${sorted.length - servicesMax} more`)
  return `  from ${shown.join(', ')}`
}

function serviceName(resource: ResourceJson): string {
  const attribute = resource.resource?.attributes?.find(({ key }) => key === 'service.name')
  return attribute === undefined ? '(no service.name)' : plainValue(attribute.value)
}

function plural(noun: string, count: number): string {
  return count === 1 ? noun : `${noun}s`
}
