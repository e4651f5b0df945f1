import { jsText } from '../processor-helper/value-text.ts'
import type { Expression } from './context.ts'
import { OttlError } from './lexer.ts'
import { EvaluationError, OttlDuration, OttlId, OttlTime, type OttlValue, typeName } from './value.ts'

/** What a function takes at one place: how its value is read, and what a literal may be at the start. */
export interface Parameter<T> {
  readonly name: string
  readonly isOptional?: boolean
  /** Must be written in the expression itself. */
  readonly isLiteral?: boolean
  /** Throws `EvaluationError` where the value is of another type. An optional one that is left out is not read. */
  read(value: OttlValue): T
}

/** The arguments that a function's run gets for its parameters. */
export type ArgumentsOf<P extends readonly Parameter<unknown>[]> = {
  -readonly [K in keyof P]: P[K] extends Parameter<infer T> ? T : never
}

type Kind<T> = (name: string) => Parameter<T>

function kind<T>(wanted: string, convert: (value: OttlValue) => T | undefined): Kind<T> {
  return name => ({
    name,
    read(value) {
      const converted = convert(value)
      if (converted === undefined) throw new EvaluationError(`${name} must be ${wanted}, found ${typeName(value)}`)
      return converted
    },
  })
}

/** Any value, nil too. */
export const anyValue: Kind<OttlValue> = name => ({ name, read: value => value })
export const text = kind('text', value => (typeof value === 'string' ? value : undefined))
export const int = kind('an int', value => (typeof value === 'bigint' ? value : undefined))
/** A number, or text or a bool that is one. */
export const floatLike = kind('a number', floatOf)
export const numbers = kind('a list of numbers', value =>
  Array.isArray(value) && value.every(item => typeof item === 'number' || typeof item === 'bigint')
    ? value.map(Number)
    : undefined,
)
export const flag = kind('true or false', value => (typeof value === 'boolean' ? value : undefined))
export const list = kind('a list', value => (Array.isArray(value) ? (value as OttlValue[]) : undefined))
export const map = kind('a map', value => (value instanceof Map ? (value as Map<string, OttlValue>) : undefined))
export const time = kind('a time', value => (value instanceof OttlTime ? value : undefined))
export const duration = kind('a duration', value => (value instanceof OttlDuration ? value : undefined))
export const texts = kind('a list of text', value =>
  Array.isArray(value) && value.every(item => typeof item === 'string') ? (value as string[]) : undefined,
)
/** Text, or what is turned into it; nil stays nil. */
export const textLike: Kind<string | undefined> = name => ({ name, read: textOf })
export const bytesLike = kind('text, bytes, a number or a bool', bytesOf)

export function optional<T>(parameter: Parameter<T>): Parameter<T | undefined> {
  return { ...parameter, isOptional: true }
}

/** A value that stands in the expression itself, so that what is wrong with it shows at the start. */
export function literal<T>(parameter: Parameter<T>, problem: (value: T) => string | undefined = () => undefined) {
  const { name } = parameter
  return {
    name,
    isLiteral: true,
    read(value: OttlValue): T {
      const read = parameter.read(value)
      const found = problem(read)
      if (found !== undefined) throw new EvaluationError(`${name} ${found}`)
      return read
    },
  }
}

/** One of some texts. */
export function choice(name: string, ...choices: readonly string[]): Parameter<string> {
  return literal(text(name), value => (choices.includes(value) ? undefined : `must be one of ${choices.join(', ')}`))
}

/** Any value as text the way the Collector makes it: bytes in hex, lists and maps as JSON; nil stays nil. */
export function textOf(value: OttlValue): string | undefined {
  if (value === undefined || typeof value === 'string') return value
  if (value instanceof OttlId) return `[${value.join(',')}]`
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
  if (value instanceof OttlTime) return JSON.stringify(value.toText())
  if (value instanceof OttlDuration) return String(value.ns)
  const printed = jsText(value as never)
  return typeof value === 'object' ? printed.replace(/[<>&]/g, escapeMarkup) : printed
}

/** As Go writes JSON that may end up in HTML. */
function escapeMarkup(letter: string): string {
  return `\\u00${letter.charCodeAt(0).toString(16)}`
}

function floatOf(value: OttlValue): number | undefined {
  if (typeof value === 'string' && value.trim() === '') return undefined
  if (typeof value === 'object' || value === undefined) return undefined
  const number = Number(value)
  return Number.isNaN(number) ? undefined : number
}

/** Text as UTF-8, numbers as eight bytes, the highest first, bools as one; nil as none. */
function bytesOf(value: OttlValue): Uint8Array | undefined {
  if (value === undefined) return new Uint8Array(0)
  if (value instanceof Uint8Array) return value
  if (typeof value === 'string') return Buffer.from(value)
  if (typeof value === 'boolean') return Uint8Array.of(value ? 1 : 0)
  const bytes = Buffer.alloc(8)
  if (typeof value === 'bigint') bytes.writeBigInt64BE(value)
  else if (typeof value === 'number') bytes.writeDoubleBE(value)
  else return undefined
  return bytes
}

/** Puts a call's arguments in the order of the parameters. Throws `OttlError` where they do not fit. */
export function placeArguments(
  call: { readonly name: string; readonly at: number },
  parameters: readonly Parameter<unknown>[],
  args: readonly { readonly name: string | undefined; readonly value: Expression }[],
): (Expression | undefined)[] {
  const { name, at } = call
  const ordered: (Expression | undefined)[] = parameters.map(() => undefined)
  let isNamed = false
  for (const [i, { name: argument, value }] of args.entries()) {
    if (argument === undefined && isNamed) throw new OttlError(`${name}: arguments with names come last`, at)
    isNamed ||= argument !== undefined
    const wanted = argument === undefined ? undefined : snakeCase(argument)
    const place = wanted === undefined ? i : parameters.findIndex(parameter => parameter.name === wanted)
    if (place < 0 || place >= parameters.length || ordered[place] !== undefined) {
      throw new OttlError(`${name} takes ${describe(parameters)}`, at)
    }
    ordered[place] = value
  }
  for (const [i, parameter] of parameters.entries()) {
    const argument = ordered[i]
    if (argument === undefined) {
      if (parameter.isOptional !== true) throw new OttlError(`${name} takes ${describe(parameters)}`, at)
      continue
    }
    if (parameter.isLiteral === true && argument.isConstant !== true) {
      throw new OttlError(`${name} takes ${parameter.name} only as it is written here, not from data`, at)
    }
    if (argument.isConstant === true) checkConstant(name, parameter, argument, at)
  }
  return ordered
}

function checkConstant(name: string, parameter: Parameter<unknown>, argument: Expression, at: number): void {
  try {
    parameter.read(argument.constant)
  } catch (error) {
    if (error instanceof EvaluationError) throw new OttlError(`${name}: ${error.message}`, at)
    throw error
  }
}

function describe(parameters: readonly Parameter<unknown>[]): string {
  if (parameters.length === 0) return 'no arguments'
  return `(${parameters.map(({ name, isOptional }) => (isOptional ? `${name}?` : name)).join(', ')})`
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)
}
