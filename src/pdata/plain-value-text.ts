import type { PlainMap, PlainValue } from './trace-objects.ts'

/**
 * A value as text, for formats whose tags are text only: numbers in decimal, bytes in base64, lists and maps as JSON.
 *
 * Source: https://opentelemetry.io/docs/specs/otel/common/#mapping-arbitrary-data-to-otlp-anyvalue (the way back)
 */
export function valueText(value: PlainValue): string {
  if (value === undefined) return ''
  if (typeof value === 'string') return value
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  return typeof value === 'object' ? valueJson(value) : String(value)
}

/** A value as plain JSON; integers keep all digits, what JSON has no number for is text. */
function valueJson(value: PlainValue): string {
  if (value === undefined) return 'null'
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'number') return Number.isFinite(value) ? doubleJson(value) : `"${value}"`
  if (value instanceof Uint8Array) return `"${Buffer.from(value).toString('base64')}"`
  if (value instanceof Map) return mapJson(value)
  if (Array.isArray(value)) return `[${value.map(valueJson).join(',')}]`
  return String(value)
}

export function mapJson(map: PlainMap): string {
  return `{${[...map].map(([key, value]) => `${JSON.stringify(key)}:${valueJson(value)}`).join(',')}}`
}

function doubleJson(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value)
}
