import type { Attributes, ValueJson } from './json-request.ts'

/** What a terminal would obey instead of showing it: telemetry must not be able to move the cursor. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: those are the ones to find
const controls = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g

export function printable(text: string): string {
  return text.replace(controls, found => {
    if (found === '\n') return '\\n'
    if (found === '\t') return '\\t'
    return `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}

/** A value as one word or JSON: what `normal` shows behind the equals sign. */
export function plainValue(value: ValueJson | undefined): string {
  if (value === undefined) return ''
  if (value.stringValue !== undefined) return printable(value.stringValue)
  if (value.arrayValue !== undefined) return `[${(value.arrayValue.values ?? []).map(plainValue).join(', ')}]`
  if (value.kvlistValue !== undefined) {
    const pairs = value.kvlistValue.values ?? []
    return `{${pairs.map(({ key = '', value }) => `${printable(key)}: ${plainValue(value)}`).join(', ')}}`
  }
  const simple = value.intValue ?? value.doubleValue ?? value.boolValue ?? value.bytesValue
  return simple === undefined ? '' : printable(String(simple))
}

/** The same with its type, as `detailed` shows it: `Str(GET)`. */
export function typedValue(value: ValueJson | undefined): string {
  const text = plainValue(value)
  if (value === undefined) return 'Empty()'
  if (value.stringValue !== undefined) return `Str(${text})`
  if (value.intValue !== undefined) return `Int(${text})`
  if (value.doubleValue !== undefined) return `Double(${text})`
  if (value.boolValue !== undefined) return `Bool(${text})`
  if (value.bytesValue !== undefined) return `Bytes(${text})`
  if (value.arrayValue !== undefined) return `Slice(${text})`
  return value.kvlistValue === undefined ? 'Empty()' : `Map(${text})`
}

/** `k=v k=v`, with a leading space where there is anything. */
export function inlineAttributes(attributes: Attributes = []): string {
  return attributes.map(({ key = '', value }) => ` ${printable(key)}=${plainValue(value)}`).join('')
}

/** Nanoseconds since the epoch as an ISO time, all nine digits. */
export function time(nanos: string | undefined): string {
  if (nanos === undefined || nanos === '0') return '(none)'
  const all = BigInt(nanos)
  const ms = all / 1_000_000n
  if (ms > 8_640_000_000_000_000n) return `${nanos} ns`
  const iso = new Date(Number(ms)).toISOString()
  return `${iso.slice(0, -1)}${String(all % 1_000_000n).padStart(6, '0')}Z`
}

/** The time between two of them, in the unit that suits it. */
export function span(startNanos: string | undefined, endNanos: string | undefined): string {
  if (startNanos === undefined || endNanos === undefined) return ''
  const nanos = Number(BigInt(endNanos) - BigInt(startNanos))
  const sign = nanos < 0 ? '-' : ''
  const size = Math.abs(nanos)
  if (size < 1e3) return `${sign}${size}ns`
  if (size < 1e6) return `${sign}${+(size / 1e3).toPrecision(4)}us`
  if (size < 1e9) return `${sign}${+(size / 1e6).toPrecision(4)}ms`
  return `${sign}${+(size / 1e9).toPrecision(4)}s`
}
