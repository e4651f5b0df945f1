import protobuf from 'protobufjs'
import type { Signal } from '../pdata/otlp-batch.ts'
import { type Plain, requestTypes } from './otlp-oracle.ts'
import type { SeededRandom } from './seeded-random.ts'

/**
 * A plain message as OTLP/JSON, made from `proto/` and not from our own tables. With `random` it is spelled in any way
 * that a reader must take: keys in any order and either case, 64-bit integers bare, ids in capitals, URL-safe base64,
 * nulls, unknown keys, white space, enums by name.
 */
export function jsonVariant(signal: Signal, message: Plain, random?: SeededRandom): string {
  return object(requestTypes[signal], message, random)
}

const camel = (name: string) => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
const snake = (name: string) => name.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)

function object(type: protobuf.Type, message: Plain, random: SeededRandom | undefined): string {
  const space = () => (random?.chance(0.1) ? random.pick([' ', '\n', '\t \r\n']) : '')
  const entries = type.fieldsArray.flatMap(field => {
    const value = message[field.name]
    const name = random?.chance(0.1) ? snake(field.name) : camel(field.name)
    if (value === undefined) return random?.chance(0.05) ? [`"${name}":null`] : []
    const text = Array.isArray(value)
      ? `[${value.map(item => space() + scalar(field, item, random)).join(`${space()},`)}${space()}]`
      : scalar(field, value, random)
    return [`"${name}"${space()}:${space()}${text}`]
  })
  if (random?.chance(0.1)) entries.push(random.pick(['"zzz":[{"a":[1,-2.5e3]},null,"\\u0041"]', '"":{}', '"nam":true']))
  if (random !== undefined) random.shuffle(entries)
  return `${space()}{${entries.map(entry => space() + entry).join(`${space()},`)}${space()}}${space()}`
}

function scalar(field: protobuf.Field, value: unknown, random: SeededRandom | undefined): string {
  if (field.resolvedType instanceof protobuf.Type) return object(field.resolvedType, value as Plain, random)
  const quoted = (text: string) => (random?.chance(0.2) ? text : `"${text}"`)
  if (field.type === 'bytes') {
    const bytes = Buffer.from(value as string, 'hex')
    if (/(trace|span|profile)Id$/i.test(field.name)) {
      const hex = bytes.toString('hex')
      return JSON.stringify(random?.chance(0.3) ? hex.toUpperCase() : hex)
    }
    return JSON.stringify(random?.chance(0.5) ? bytes.toString('base64url') : bytes.toString('base64'))
  }
  if (/64$/.test(field.type)) return quoted(String(value))
  if (field.type === 'double' || field.type === 'float') {
    if (value === '-0') return '-0'
    if (!Number.isFinite(value)) return `"${value}"`
    return random?.chance(0.2) ? `"${value}"` : String(value)
  }
  if (field.resolvedType instanceof protobuf.Enum && random?.chance(0.3)) {
    return JSON.stringify(field.resolvedType.valuesById[value as number] ?? value)
  }
  if (typeof value === 'number' && !(field.resolvedType instanceof protobuf.Enum)) {
    return random?.chance(0.2) ? `"${value}"` : String(value)
  }
  return JSON.stringify(value)
}
