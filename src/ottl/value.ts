import type { JsValue } from '../pdata/value.ts'

/** A point in time, in nanoseconds since 1970. */
export class OttlTime {
  readonly ns: bigint
  constructor(ns: bigint) {
    this.ns = ns
  }

  /** RFC 3339 in UTC, with as many digits of the second as it needs. */
  toText(): string {
    const fraction = String(((this.ns % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n)
    const digits = fraction.padStart(9, '0').replace(/0+$/, '')
    const seconds = new Date(Number(this.ns / 1_000_000n)).toISOString().slice(0, 19)
    return `${seconds}${digits === '' ? '' : '.'}${digits}Z`
  }
}

/** A trace or span id: bytes that cannot become an attribute as they are. */
export class OttlId extends Uint8Array {}

/** A repeated message of OTLP, such as a span's events: it can be counted, and that is all. */
export class OttlList {
  readonly size: number
  constructor(size: number) {
    this.size = size
  }
}

/** A length of time in nanoseconds. */
export class OttlDuration {
  readonly ns: bigint
  constructor(ns: bigint) {
    this.ns = ns
  }
}

/** What an expression may yield; nil is undefined, ints are bigints, doubles are numbers. */
export type OttlValue = JsValue | OttlTime | OttlDuration | OttlList | OttlValue[] | Map<string, OttlValue>

export type Comparison = (left: OttlValue, right: OttlValue) => boolean

/**
 * The comparisons of OTTL: values of different types are never equal and never ordered, but int and double compare as
 * doubles. nil equals nil and empty bytes.
 */
export const comparisons: Readonly<Record<string, Comparison>> = {
  '==': isEqual,
  '!=': (left, right) => !isEqual(left, right),
  '<': (left, right) => order(left, right) < 0,
  '>': (left, right) => order(left, right) > 0,
  '<=': (left, right) => order(left, right) <= 0,
  '>=': (left, right) => order(left, right) >= 0,
}

export function isEqual(left: OttlValue, right: OttlValue): boolean {
  if (left === undefined || right === undefined) return isNil(left) && isNil(right)
  if (left instanceof Map) return right instanceof Map && isEqualMap(left, right)
  if (Array.isArray(left)) {
    return Array.isArray(right) && left.length === right.length && left.every((item, i) => isEqual(item, right[i]))
  }
  return order(left, right) === 0
}

function isNil(value: OttlValue): boolean {
  return value === undefined || (value instanceof Uint8Array && value.length === 0)
}

function isEqualMap(left: ReadonlyMap<string, OttlValue>, right: ReadonlyMap<string, OttlValue>): boolean {
  if (left.size !== right.size) return false
  for (const [key, value] of left) if (!right.has(key) || !isEqual(value, right.get(key))) return false
  return true
}

/** Negative, 0 or positive; NaN where the two have no order, so that every comparison with it is false. */
function order(left: OttlValue, right: OttlValue): number {
  if (typeof left === 'string') return typeof right === 'string' ? sign(left, right) : Number.NaN
  if (typeof left === 'bigint' && typeof right === 'bigint') return sign(left, right)
  if (isNumber(left)) return isNumber(right) ? sign(Number(left), Number(right)) : Number.NaN
  if (typeof left === 'boolean') return typeof right === 'boolean' ? sign(Number(left), Number(right)) : Number.NaN
  if (left instanceof Uint8Array) return right instanceof Uint8Array ? Buffer.compare(left, right) : Number.NaN
  if (left instanceof OttlTime) return right instanceof OttlTime ? sign(left.ns, right.ns) : Number.NaN
  if (left instanceof OttlDuration) return right instanceof OttlDuration ? sign(left.ns, right.ns) : Number.NaN
  return Number.NaN
}

function isNumber(value: OttlValue): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint'
}

function sign<T extends string | bigint | number>(left: T, right: T): number {
  if (left < right) return -1
  if (left > right) return 1
  return left === right ? 0 : Number.NaN
}

/** A mistake that shows only with data: what `error_mode` is about. */
export class EvaluationError extends Error {
  override readonly name = 'EvaluationError'
}

/** `+ - * /` on numbers, as doubles where one of them is one, or on times and durations. */
export function calculate(operator: string, left: OttlValue, right: OttlValue): OttlValue {
  if (typeof left === 'bigint' && typeof right === 'bigint') return BigInt.asIntN(64, intMath(operator, left, right))
  if (isNumber(left) && isNumber(right)) return floatMath(operator, Number(left), Number(right))
  const duration = timeMath(operator, left, right)
  if (duration !== undefined) return duration
  throw new EvaluationError(`cannot calculate ${typeName(left)} ${operator} ${typeName(right)}`)
}

function timeMath(operator: string, left: OttlValue, right: OttlValue): OttlValue {
  if (operator !== '+' && operator !== '-') return undefined
  const isPlus = operator === '+'
  if (left instanceof OttlTime && right instanceof OttlTime && !isPlus) return new OttlDuration(left.ns - right.ns)
  if (left instanceof OttlTime && right instanceof OttlDuration) {
    return new OttlTime(isPlus ? left.ns + right.ns : left.ns - right.ns)
  }
  if (left instanceof OttlDuration && right instanceof OttlTime && isPlus) return new OttlTime(left.ns + right.ns)
  if (left instanceof OttlDuration && right instanceof OttlDuration) {
    return new OttlDuration(isPlus ? left.ns + right.ns : left.ns - right.ns)
  }
  return undefined
}

function intMath(operator: string, left: bigint, right: bigint): bigint {
  if (operator === '+') return left + right
  if (operator === '-') return left - right
  if (operator === '*') return left * right
  if (right === 0n) throw new EvaluationError('division by zero')
  return left / right
}

function floatMath(operator: string, left: number, right: number): number {
  if (operator === '+') return left + right
  if (operator === '-') return left - right
  if (operator === '*') return left * right
  if (right === 0) throw new EvaluationError('division by zero')
  return left / right
}

export function typeName(value: OttlValue): string {
  if (value === undefined) return 'nil'
  if (typeof value === 'bigint') return 'int'
  if (typeof value === 'number') return 'double'
  if (typeof value === 'object') {
    if (value instanceof Uint8Array) return 'bytes'
    if (value instanceof Map) return 'map'
    if (Array.isArray(value) || value instanceof OttlList) return 'list'
    return value instanceof OttlTime ? 'time' : 'duration'
  }
  return typeof value
}
