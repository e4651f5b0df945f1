import { type JsValue, type ValueReader, valueBool, valueDouble, valueInt, valueString } from '../pdata/value.ts'

/** A value as the Collector prints it: text as it is, numbers in decimal, lists and maps as JSON, bytes in base64. */
export function valueText(value: ValueReader): string {
  return value.kind === valueString ? value.text() : jsText(value.toJs())
}

/** Text, bool and numbers without an exponent; undefined for every other kind. */
export function scalarText(value: ValueReader): string | undefined {
  switch (value.kind) {
    case valueString:
      return value.text()
    case valueBool:
      return String(value.bool())
    case valueInt:
      return String(value.int())
    case valueDouble:
      return plainDecimal(value.double())
    default:
      return undefined
  }
}

export function jsText(value: JsValue): string {
  if (value === undefined) return ''
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  if (typeof value === 'number') return goFloat(value)
  if (Array.isArray(value) || value instanceof Map) return json(value)
  return String(value)
}

function json(value: JsValue): string {
  if (value === undefined) return 'null'
  if (typeof value === 'string') return JSON.stringify(value)
  if (value instanceof Uint8Array) return JSON.stringify(Buffer.from(value).toString('base64'))
  if (Array.isArray(value)) return `[${value.map(json).join(',')}]`
  if (value instanceof Map) {
    const members = [...value].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${json(member)}`).join(',')}}`
  }
  return typeof value === 'number' ? goFloat(value) : String(value)
}

function goFloat(value: number): string {
  if (Object.is(value, -0)) return '-0'
  if (value === Number.POSITIVE_INFINITY) return '+Inf'
  return value === Number.NEGATIVE_INFINITY ? '-Inf' : String(value)
}

function plainDecimal(value: number): string {
  const text = goFloat(value)
  const parts = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(text)
  if (parts === null) return text
  const [, sign, first, rest = '', exponent] = parts
  const digits = `${first}${rest}`
  const power = Number(exponent)
  if (power < 0) return `${sign}0.${'0'.repeat(-power - 1)}${digits}`
  return `${sign}${digits}${'0'.repeat(Math.max(0, power - rest.length))}`
}
