import type { Signal } from '../pdata/otlp-batch.ts'
import { decodePlain, type Plain } from './otlp-oracle.ts'

const names = {
  traces: ['resourceSpans', 'scopeSpans', 'spans'],
  metrics: ['resourceMetrics', 'scopeMetrics', 'metrics'],
  logs: ['resourceLogs', 'scopeLogs', 'logRecords'],
  profiles: ['resourceProfiles', 'scopeProfiles', 'profiles'],
} as const
const dataKinds = ['gauge', 'sum', 'histogram', 'exponentialHistogram', 'summary']

/**
 * A request as protobufjs reads it, flattened to its items: each with everything around it. Two requests that say the
 * same have the same list, however they are grouped.
 */
export function flattenItems(signal: Signal, bytes: Uint8Array): Plain[] {
  const [groupsName, scopesName, recordsName] = names[signal]
  const items: Plain[] = []
  for (const group of list(decodePlain(signal, bytes), groupsName)) {
    for (const scopeGroup of list(group, scopesName)) {
      for (const record of list(scopeGroup, recordsName)) {
        const around = { group: without(group, scopesName), scopeGroup: without(scopeGroup, recordsName) }
        if (signal !== 'metrics') items.push({ ...around, record })
        else for (const point of points(record)) items.push({ ...around, ...point })
      }
    }
  }
  return items
}

function points(metric: Plain): Plain[] {
  return dataKinds.flatMap(kind => {
    const data = metric[kind] as Plain | undefined
    if (data === undefined) return []
    return list(data, 'dataPoints').map(point => ({
      metric: without(metric, kind),
      kind,
      data: without(data, 'dataPoints'),
      point,
    }))
  })
}

function list(message: Plain, name: string): Plain[] {
  return (message[name] ?? []) as Plain[]
}

function without(message: Plain, name: string): Plain {
  const { [name]: _removed, ...rest } = message
  return rest
}
