import { parseByteSize } from './byte-size.ts'
import type { Field } from './declare.ts'
import { type Decoding, labelOf, type Position } from './decoding.ts'
import { durationMsMax, formatDurationMs, parseDurationMs } from './duration.ts'
import { nearest } from './nearest.ts'
import { Opaque } from './opaque.ts'
import { noteSecret } from './secret-text.ts'
import { describeNode, isNull, type ScalarNode, shownText } from './tree.ts'

/** The kinds whose value is one scalar of YAML. */
export function decodeScalar(field: Field<unknown>, at: Position, decoding: Decoding): unknown {
  const { node } = at
  if (node === undefined) return field.defaultValue
  if (field.kind === 'opaque') noteSecret(node.place)
  const takesText = ['string', 'opaque', 'componentRef'].includes(field.kind)
  if (takesText && node.expanded !== undefined) return textValue(field, node.expanded)
  if (node.kind !== 'scalar') return mismatch(field, at, decoding)
  if (isNull(node)) return decodeNull(field, node, at, decoding)
  switch (field.kind) {
    case 'bool':
      return typeof node.value === 'boolean' ? node.value : mismatch(field, at, decoding)
    case 'string':
    case 'opaque':
    case 'componentRef':
      return typeof node.value === 'string' ? textValue(field, node.text) : mismatch(field, at, decoding)
    case 'enum':
      return decodeEnum(field, node, at, decoding)
    case 'duration':
      return decodeDuration(field, node, at, decoding)
    case 'byteSize':
      return decodeByteSize(field, node, at, decoding)
    default:
      return decodeNumber(field, node, at, decoding)
  }
}

function textValue(field: Field<unknown>, text: string): unknown {
  return field.kind === 'opaque' ? new Opaque(text) : text
}

/**
 * `key:` with nothing behind it. The Collector sets the zero value, not the default; so do we, and say so. An empty
 * value that came through a placeholder is a variable that somebody forgot to set: numbers refuse it.
 */
function decodeNull(field: Field<unknown>, node: ScalarNode, at: Position, decoding: Decoding): unknown {
  if (field.kind === 'componentRef') return undefined
  if (field.extra.required === true) {
    const message = `"${field.key}" must not be empty`
    const origin = node.place.origin === undefined ? message : `${message}, and ${node.place.origin} gives nothing`
    decoding.report('SLC0106', 'error', at.path, pointAt(node, at), origin)
    return field.defaultValue
  }
  const isText = field.kind === 'string' || field.kind === 'opaque'
  if (node.place.origin !== undefined) {
    if (isText) return textValue(field, '')
    const message = `expected ${expectedText(field)}, but ${node.place.origin} is empty or not set`
    const name = /^environment variable (\w+)$/.exec(node.place.origin)?.[1]
    const fallback = `\${env:${name ?? 'NAME'}:-${field.defaultText || 'value'}}`
    const remedy = name === undefined ? `write the value` : `set ${name}, or give a default: ${fallback}`
    decoding.report('SLC0211', 'error', at.path, node.place, message, remedy)
    return field.defaultValue
  }
  const zero = zeroOf(field)
  const shown =
    zero === undefined
      ? 'is ignored'
      : `means ${zero.text}, not the default${field.defaultText === '' ? '' : ` ${field.defaultText}`}`
  const remedy = 'remove the key to get the default, or write the value'
  decoding.report('SLC0109', 'warning', at.path, pointAt(node, at), `"${field.key}" without a value ${shown}`, remedy)
  if (typeof zero?.value === 'number') return inRange(field, zero.value, { ...node, text: '0' }, at, decoding)
  return zero === undefined ? field.defaultValue : zero.value
}

/** An empty value has no characters to point at: its key has. */
function pointAt(node: ScalarNode, at: Position) {
  return node.place.end > node.place.start ? node.place : (at.keyPlace ?? node.place)
}

function zeroOf(field: Field<unknown>): { value: unknown; text: string } | undefined {
  switch (field.kind) {
    case 'bool':
      return { value: false, text: 'false' }
    case 'string':
      return { value: '', text: 'empty text' }
    case 'opaque':
      return { value: new Opaque(''), text: 'empty text' }
    case 'enum':
      return field.extra.values?.includes('') === true ? { value: '', text: 'empty text' } : undefined
    default:
      return { value: 0, text: field.kind === 'duration' ? '0s' : '0' }
  }
}

function decodeEnum(field: Field<unknown>, node: ScalarNode, at: Position, decoding: Decoding): unknown {
  const text = node.expanded ?? node.text
  const values = field.extra.values ?? []
  const found = values.find(value =>
    field.extra.ignoreCase === true ? value.toLowerCase() === text.toLowerCase() : value === text,
  )
  if (found !== undefined) return found
  const close = nearest(text, values)
  const allowed = `allowed: ${values.map(value => (value === '' ? '""' : value)).join(', ')}`
  const remedy = close === undefined ? allowed : `did you mean "${close}"? ${allowed}`
  decoding.report(
    'SLC0104',
    'error',
    at.path,
    node.place,
    `"${labelOf(field, at)}" cannot be "${shownText(node)}"`,
    remedy,
  )
  return field.defaultValue
}

function decodeDuration(field: Field<unknown>, node: ScalarNode, at: Position, decoding: Decoding): unknown {
  if (typeof node.value === 'bigint') {
    const durationMs = Number(node.value) / 1e6
    if (node.value !== 0n) {
      const message = `"${field.key}: ${node.text}" means ${node.text} nanoseconds`
      const remedy = `write the unit: ${node.text}s, ${node.text}ms`
      decoding.report('SLC0115', 'warning', at.path, node.place, message, remedy)
    }
    return inRange(field, durationMs, node, at, decoding)
  }
  const durationMs = typeof node.value === 'string' ? parseDurationMs(node.text) : undefined
  if (durationMs !== undefined && Math.abs(durationMs) <= durationMsMax) {
    return inRange(field, durationMs, node, at, decoding)
  }
  const days = /^(\d+)\s*(d|days?)$/.exec(node.text)
  const spaced = /^([\d.]+)\s+(ms|s|m|h)$/.exec(node.text)
  const words = /^([\d.]+)\s*(sec|second|min|minute|hour|hr)s?$/i.exec(node.text)
  let remedy = 'write a number and a unit: 300ms, 5s, 1h30m'
  if (days !== null) remedy = `there is no unit for days: write ${Number(days[1]) * 24}h`
  if (spaced !== null) remedy = `write ${spaced[1]}${spaced[2]}, without the space`
  if (durationMs !== undefined) remedy = `the longest is ${formatDurationMs(durationMsMax)}, 292 years`
  if (words !== null) remedy = `write ${words[1]}${(words[2] ?? 's')[0]?.toLowerCase()}`
  decoding.report('SLC0108', 'error', at.path, node.place, `"${shownText(node)}" is not a duration`, remedy)
  return field.defaultValue
}

function decodeByteSize(field: Field<unknown>, node: ScalarNode, at: Position, decoding: Decoding): unknown {
  const bytes = typeof node.value === 'bigint' ? Number(node.value) : parseByteSize(node.text)
  return bytes === undefined ? mismatch(field, at, decoding) : inRange(field, bytes, node, at, decoding)
}

function decodeNumber(field: Field<unknown>, node: ScalarNode, at: Position, decoding: Decoding): unknown {
  const { value } = node
  if (field.kind === 'float') {
    if (typeof value !== 'bigint' && typeof value !== 'number') return mismatch(field, at, decoding)
    return inRange(field, Number(value), node, at, decoding)
  }
  const isWhole = typeof value === 'bigint' || (typeof value === 'number' && Number.isInteger(value))
  return isWhole ? inRange(field, Number(value), node, at, decoding) : mismatch(field, at, decoding)
}

function inRange(field: Field<unknown>, value: number, node: ScalarNode, at: Position, decoding: Decoding): unknown {
  const { min, max } = field.extra
  const isWhole = field.kind === 'uint' || field.kind === 'int' || field.kind === 'byteSize'
  const show = (limit: number) => (field.kind === 'duration' ? formatDurationMs(limit) : String(limit))
  let message: string | undefined
  if (isWhole && !Number.isSafeInteger(value)) message = `${shownText(node)} is too large`
  if (Number.isNaN(value) && field.kind !== 'float') message = 'is not a number'
  if (min !== undefined && value < min) message = `must be at least ${show(min)}, found ${shownText(node)}`
  if (max !== undefined && value > max) message = `must be at most ${show(max)}, found ${shownText(node)}`
  if (message === undefined) return value
  decoding.report('SLC0105', 'error', at.path, node.place, `"${labelOf(field, at)}" ${message}`, rangeText(field, show))
  return field.defaultValue
}

function rangeText(field: Field<unknown>, show: (limit: number) => string): string {
  const { min, max } = field.extra
  if (min !== undefined && max !== undefined) return `allowed: ${show(min)} to ${show(max)}`
  if (max !== undefined) return `allowed: up to ${show(max)}`
  return min === undefined ? 'write a smaller number' : `allowed: ${show(min)} and more`
}

function expectedText(field: Field<unknown>): string {
  switch (field.kind) {
    case 'uint':
    case 'int':
      return 'a whole number'
    case 'float':
      return 'a number'
    case 'bool':
      return 'true or false'
    case 'duration':
      return 'a duration'
    case 'byteSize':
      return 'a size in bytes'
    case 'enum':
      return `one of ${field.extra.values?.join(', ')}`
    default:
      return 'text'
  }
}

function mismatch(field: Field<unknown>, at: Position, decoding: Decoding): unknown {
  const { node } = at
  if (node === undefined) return field.defaultValue
  const isSecret = field.kind === 'opaque' && node.kind === 'scalar'
  const found = isSecret ? 'something that is no text' : describeNode(node)
  const message = `"${labelOf(field, at)}" takes ${expectedText(field)}, found ${found}`
  decoding.report('SLC0103', 'error', at.path, node.place, message, mismatchRemedy(field, node))
  return field.defaultValue
}

function mismatchRemedy(field: Field<unknown>, node: NonNullable<Position['node']>): string | undefined {
  if (node.kind !== 'scalar') return `write ${field.key}: ${field.extra.example ?? (field.defaultText || '...')}`
  const takesText = ['string', 'opaque', 'componentRef'].includes(field.kind)
  if (field.kind === 'opaque') return 'put it in quotes'
  if (takesText) return `put it in quotes: ${field.key}: "${node.text}"`
  if (field.kind === 'bool' && /^(yes|on|y|1|t)$/i.test(node.text)) return 'write true'
  if (field.kind === 'bool' && /^(no|off|n|0|f)$/i.test(node.text)) return 'write false'
  if (!node.isPlain && /^[-+.\d]+$|^(true|false)$/.test(node.text))
    return `remove the quotes: ${field.key}: ${node.text}`
  if (node.place.origin !== undefined) return `check the value of ${node.place.origin}`
  const withUnit = /^(\d+)\s*(%|[a-z]+)$/i.exec(node.text)
  if (withUnit !== null && field.kind !== 'byteSize' && field.kind !== 'bool')
    return `write ${field.key}: ${withUnit[1]}`
  if (field.kind === 'byteSize') return 'write 1048576, 1MiB or 1MB'
  return field.defaultText === '' ? undefined : `for example ${field.key}: ${field.defaultText}`
}
