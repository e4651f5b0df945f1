import type { StageProcessor, StageResult } from '../component/stage-processor.ts'
import { countItems } from '../pdata/count.ts'
import type { ClientMetadata, Signal } from '../pdata/otlp-batch.ts'
import { StageWalk } from '../pdata/stage-walk.ts'
import { decodePlain, encodePlain, type Plain } from './otlp-oracle.ts'

/** Runs one stateless processor over a request written as plain values. */
export function runProcessor(
  processor: StageProcessor,
  signal: Signal,
  request: Plain,
  metadata?: ClientMetadata,
): { request: Plain; isSame: boolean } & Omit<StageResult, 'bytes'> {
  const bytes = encodePlain(signal, request)
  const walk = new StageWalk(signal, [processor])
  processor.begin?.(metadata)
  const out = walk.run(bytes)
  const dropped = walk.dropped[0] ?? 0
  return {
    request: decodePlain(signal, out),
    isSame: out === bytes,
    itemCount: countItems(signal, out),
    counts: [{ dropped, dropReason: processor.dropReason ?? '', metrics: [...processor.takeCounts()] }],
  }
}

/** `{a: 'x', n: 1n, d: 1.5}` as OTLP's list of attributes. */
export function attributesOf(values: Readonly<Record<string, unknown>>): Plain[] {
  return Object.entries(values).map(([key, value]) => ({ key, value: anyValue(value) }))
}

function anyValue(value: unknown): Plain {
  if (typeof value === 'string') return { stringValue: value }
  if (typeof value === 'boolean') return { boolValue: value }
  if (typeof value === 'bigint') return { intValue: String(value) }
  if (typeof value === 'number') return { doubleValue: value }
  if (value instanceof Uint8Array) return { bytesValue: value }
  if (Array.isArray(value)) return { arrayValue: { values: value.map(anyValue) } }
  if (value === null || value === undefined) return {}
  return { kvlistValue: { values: attributesOf(value as Record<string, unknown>) } }
}

/** The other way: a list of attributes as an object, ints as bigints. */
export function valuesOf(attributes: unknown): Record<string, unknown> {
  const values: Record<string, unknown> = {}
  for (const { key = '', value } of (attributes ?? []) as { key?: string; value?: Plain }[])
    values[key] = plainValue(value)
  return values
}

function plainValue(value: Plain | undefined): unknown {
  const [kind, member] = Object.entries(value ?? {})[0] ?? []
  if (kind === undefined) return null
  if (kind === 'intValue') return BigInt(member as string)
  if (kind === 'arrayValue') return (((member as Plain)['values'] as Plain[] | undefined) ?? []).map(plainValue)
  if (kind === 'kvlistValue') return valuesOf((member as Plain)['values'])
  return member
}

const names = {
  traces: ['resourceSpans', 'scopeSpans', 'spans'],
  logs: ['resourceLogs', 'scopeLogs', 'logRecords'],
  metrics: ['resourceMetrics', 'scopeMetrics', 'metrics'],
} as const

/** A request of one resource and one scope. */
export function requestOf(
  signal: keyof typeof names,
  records: readonly Plain[],
  resource: Readonly<Record<string, unknown>> = {},
  scope: Plain = {},
): Plain {
  const [groups, scopes, items] = names[signal]
  return { [groups]: [{ resource: { attributes: attributesOf(resource) }, [scopes]: [{ scope, [items]: records }] }] }
}

/** All records of a decoded request. */
export function recordsOf(signal: keyof typeof names, request: Plain): Plain[] {
  const [groups, scopes, items] = names[signal]
  const list = (owner: Plain, name: string) => (owner[name] ?? []) as Plain[]
  return list(request, groups).flatMap(group => list(group, scopes).flatMap(scope => list(scope, items)))
}
