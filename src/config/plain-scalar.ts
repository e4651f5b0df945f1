import type { ScalarValue } from './tree.ts'

const words: ReadonlyMap<string, ScalarValue> = new Map<string, ScalarValue>([
  ...['', '~', 'null', 'Null', 'NULL'].map(word => [word, null] as const),
  ...['true', 'True', 'TRUE'].map(word => [word, true] as const),
  ...['false', 'False', 'FALSE'].map(word => [word, false] as const),
  ...['.nan', '.NaN', '.NAN'].map(word => [word, Number.NaN] as const),
  ...['.inf', '.Inf', '.INF', '+.inf', '+.Inf', '+.INF'].map(word => [word, Number.POSITIVE_INFINITY] as const),
  ...['-.inf', '-.Inf', '-.INF'].map(word => [word, Number.NEGATIVE_INFINITY] as const),
])

const decimal = /^[1-9][0-9]*$|^0$/
const octal = /^0o?([0-7]+)$/i
const prefixed = /^0(x[0-9a-f]+|b[01]+)$/i
const float = /^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/
const uint64Max = (1n << 64n) - 1n
const int64Min = -(1n << 63n)

/**
 * What a plain (unquoted) scalar means, as the Collector's YAML reader has it: the numbers of YAML 1.1 (`0123` is 83,
 * `08` is 8.0, `1_000` is 1000), but only true and false are booleans (`yes` and `on` stay text).
 */
export function resolvePlainScalar(text: string): ScalarValue {
  const word = words.get(text)
  if (word !== undefined) return word
  if (!/^[-+.0-9]/.test(text)) return text
  const digits = text.replaceAll('_', '')
  const integer = parseInteger(digits)
  if (integer !== undefined && integer <= uint64Max && integer >= int64Min) return integer
  return float.test(digits) ? Number(digits) : text
}

function parseInteger(digits: string): bigint | undefined {
  const isNegative = digits.startsWith('-')
  const body = isNegative || digits.startsWith('+') ? digits.slice(1) : digits
  let value: bigint
  if (decimal.test(body)) value = BigInt(body)
  else if (prefixed.test(body)) value = BigInt(body.toLowerCase())
  else if (octal.test(body)) value = BigInt(`0o${octal.exec(body)?.[1]}`)
  else return undefined
  return isNegative ? -value : value
}
