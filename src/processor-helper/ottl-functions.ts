import { parseDurationMs } from '../config/duration.ts'
import { AttributeKey } from '../pdata/attribute-key.ts'
import { ValueReader, valueString } from '../pdata/value.ts'
import { isZero } from '../wire/is-zero.ts'
import { attributeAt, type ContextName, type Expression, type Getter } from './ottl-context.ts'
import { OttlError } from './ottl-lexer.ts'
import { EvaluationError, isEqual, OttlDuration, OttlTime, type OttlValue, typeName } from './ottl-value.ts'
import { Pattern } from './pattern.ts'
import { jsText } from './value-text.ts'

type Make = (args: readonly Expression[], own: ContextName) => Getter

interface OttlFunction {
  /** Names of the arguments, for calls by name; those from `optionalFrom` on may be left out. */
  readonly args: readonly string[]
  readonly optionalFrom?: number
  /** Contexts that it may be used in; all where absent. */
  readonly only?: readonly ContextName[]
  readonly make: Make
}

/** A function of its arguments' values. */
function pure(
  args: readonly string[],
  run: (...values: OttlValue[]) => OttlValue,
  optionalFrom?: number,
): OttlFunction {
  const make: Make = ([a, b, c]) => {
    if (c !== undefined) return context => run(a!.get(context), b!.get(context), c.get(context))
    if (b !== undefined) return context => run(a!.get(context), b.get(context))
    if (a !== undefined) return context => run(a.get(context))
    return () => run()
  }
  return optionalFrom === undefined ? { args, make } : { args, make, optionalFrom }
}

const target = ['target'] as const

function string(value: OttlValue, name: string): string {
  if (typeof value === 'string') return value
  throw new EvaluationError(`${name} needs text, found ${typeName(value)}`)
}

/** Text of any value; nil stays nil. */
function textOf(value: OttlValue): string | undefined {
  if (value === undefined) return undefined
  if (value instanceof OttlTime) return new Date(Number(value.ns / 1_000_000n)).toISOString()
  if (value instanceof OttlDuration) return `${value.ns}ns`
  return jsText(value as never)
}

function onText(name: string, run: (text: string, other: string) => OttlValue, args: readonly string[]): OttlFunction {
  return pure(args, (value, other) => run(string(value, name), other === undefined ? '' : string(other, name)))
}

function isKind(test: (value: OttlValue) => boolean): OttlFunction {
  return pure(target, test)
}

function ofDuration(nanoseconds: bigint): OttlFunction {
  return pure(['value'], value => {
    if (value instanceof OttlDuration) return Number(value.ns) / Number(nanoseconds)
    throw new EvaluationError(`expected a duration, found ${typeName(value)}`)
  })
}

function ofTime(nanoseconds: bigint): OttlFunction {
  return pure(['value'], value => {
    if (value instanceof OttlTime) return value.ns / nanoseconds
    throw new EvaluationError(`expected a time, found ${typeName(value)}`)
  })
}

function length(value: OttlValue): OttlValue {
  if (typeof value === 'string') return BigInt(Buffer.byteLength(value))
  if (Array.isArray(value) || value instanceof Uint8Array) return BigInt(value.length)
  if (value instanceof Map) return BigInt(value.size)
  throw new EvaluationError(`Len needs text, bytes, a list or a map, found ${typeName(value)}`)
}

function int(value: OttlValue): OttlValue {
  if (typeof value === 'bigint') return value
  if (typeof value === 'number')
    return Number.isFinite(value) ? BigInt.asIntN(64, BigInt(Math.trunc(value))) : undefined
  if (typeof value === 'boolean') return value ? 1n : 0n
  return typeof value === 'string' && /^[+-]?\d+$/.test(value) ? BigInt(value.replace(/^\+/, '')) : undefined
}

function double(value: OttlValue): OttlValue {
  if (typeof value === 'number') return value
  if (typeof value === 'bigint' || typeof value === 'boolean') return Number(value)
  return typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value)) ? Number(value) : undefined
}

function bool(value: OttlValue): OttlValue {
  if (typeof value === 'boolean') return value
  if (typeof value === 'bigint' || typeof value === 'number') return Number(value) !== 0
  if (value === 'true' || value === '1') return true
  return value === 'false' || value === '0' ? false : undefined
}

function idBytes(length: number): OttlFunction {
  return pure(['bytes'], value => {
    if (typeof value === 'string' && value.length === length * 2) return Uint8Array.from(Buffer.from(value, 'hex'))
    if (value instanceof Uint8Array && value.length === length) return value
    throw new EvaluationError(`an id needs ${length} bytes`)
  })
}

const reader = new ValueReader()

/** IsMatch over bytes where the target stands in the request as text: nothing is decoded, and answers are remembered. */
const isMatch: OttlFunction = {
  args: ['target', 'pattern'],
  make: ([value, source]) => {
    if (typeof source!.constant !== 'string') {
      return context => {
        const text = textOf(value!.get(context))
        return text !== undefined && new Pattern(string(source!.get(context), 'IsMatch')).test(text)
      }
    }
    const pattern = new Pattern(source!.constant)
    const { source: bytes, text: field } = value!
    if (field !== undefined) {
      return context => {
        const message = field.message(context)
        return pattern.testBytes(
          message.workspace.bytes,
          message.valueStart(field.field),
          message.valueEnd(field.field),
        )
      }
    }
    return context => {
      if (bytes?.point(context, reader) && reader.kind === valueString) {
        return pattern.testBytes(reader.bytes, reader.start, reader.end)
      }
      const text = textOf(value!.get(context))
      return text !== undefined && pattern.test(text)
    }
  },
}

/** Whether any data point of the metric has the key, or the key with that text. */
function onDataPoints(args: readonly string[]): OttlFunction {
  return {
    args,
    only: ['metric'],
    make: ([keyExpression, wanted]) => {
      const key = new AttributeKey(String(keyExpression!.constant))
      return context => {
        const { points, point } = context.metric
        let isFound = false
        points.rewind()
        while (points.next()) {
          const at = point.attributes.find(key)
          if (at < 0) continue
          isFound ||= wanted === undefined || isEqual(attributeAt(point.attributes, at), wanted.get(context))
        }
        return isFound
      }
    },
  }
}

const functions: Readonly<Record<string, OttlFunction>> = {
  IsMatch: isMatch,
  HasAttrKeyOnDatapoint: onDataPoints(['key']),
  HasAttrOnDatapoint: onDataPoints(['key', 'value']),
  IsRootSpan: {
    args: [],
    only: ['span', 'spanevent'],
    make: () => context =>
      context.span.parentSpanIdStart === 0 ||
      isZero(context.span.message.workspace.bytes, context.span.parentSpanIdStart, context.span.parentSpanIdStart + 8),
  },
  IsString: isKind(value => typeof value === 'string'),
  IsInt: isKind(value => typeof value === 'bigint'),
  IsDouble: isKind(value => typeof value === 'number'),
  IsBool: isKind(value => typeof value === 'boolean'),
  IsMap: isKind(value => value instanceof Map),
  IsList: isKind(value => Array.isArray(value)),
  IsEmpty: isKind(
    value =>
      value === undefined ||
      value === '' ||
      (value instanceof Map ? value.size === 0 : Array.isArray(value) && value.length === 0),
  ),
  HasPrefix: onText('HasPrefix', (text, prefix) => text.startsWith(prefix), ['target', 'prefix']),
  HasSuffix: onText('HasSuffix', (text, suffix) => text.endsWith(suffix), ['target', 'suffix']),
  ToLowerCase: onText('ToLowerCase', text => text.toLowerCase(), target),
  ToUpperCase: onText('ToUpperCase', text => text.toUpperCase(), target),
  Trim: pure(
    ['target', 'replacement'],
    (text, cut) => trim(string(text, 'Trim'), cut === undefined ? ' ' : string(cut, 'Trim')),
    1,
  ),
  TrimPrefix: onText(
    'TrimPrefix',
    (text, cut) => (cut !== '' && text.startsWith(cut) ? text.slice(cut.length) : text),
    ['target', 'prefix'],
  ),
  TrimSuffix: onText(
    'TrimSuffix',
    (text, cut) => (cut !== '' && text.endsWith(cut) ? text.slice(0, -cut.length) : text),
    ['target', 'suffix'],
  ),
  Len: pure(target, length),
  Int: pure(target, int),
  Double: pure(target, double),
  Bool: pure(target, bool),
  String: pure(target, textOf),
  Concat: pure(['vals', 'delimiter'], (values, delimiter) => {
    if (!Array.isArray(values)) throw new EvaluationError('Concat needs a list')
    return (values as OttlValue[]).map(value => textOf(value) ?? '<nil>').join(string(delimiter, 'Concat'))
  }),
  Split: onText('Split', (text, delimiter) => text.split(delimiter), ['target', 'delimiter']),
  Substring: pure(['target', 'start', 'length'], (value, start, count) => {
    const bytes = Buffer.from(string(value, 'Substring'))
    const from = Number(start)
    const to = from + Number(count)
    if (!(from >= 0 && to >= from && to <= bytes.length)) throw new EvaluationError('Substring is out of range')
    return bytes.toString('utf8', from, to)
  }),
  Coalesce: pure(['values'], values =>
    Array.isArray(values) ? (values as OttlValue[]).find(value => value !== undefined) : undefined,
  ),
  ContainsValue: pure(
    ['target', 'item'],
    (list, item) => Array.isArray(list) && (list as OttlValue[]).some(value => isEqual(value, item)),
  ),
  TraceID: idBytes(16),
  SpanID: idBytes(8),
  Hex: pure(target, value => {
    if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
    return Buffer.from(string(value, 'Hex')).toString('hex')
  }),
  Duration: pure(['duration'], text => {
    const ms = parseDurationMs(string(text, 'Duration'))
    if (ms === undefined) throw new EvaluationError(`not a duration: ${String(text)}`)
    return new OttlDuration(BigInt(Math.round(ms * 1e6)))
  }),
  Now: pure([], () => new OttlTime(BigInt(Date.now()) * 1_000_000n)),
  UnixNano: ofTime(1n),
  UnixMicro: ofTime(1000n),
  UnixMilli: ofTime(1_000_000n),
  UnixSeconds: ofTime(1_000_000_000n),
  Nanoseconds: pure(['value'], value => {
    if (value instanceof OttlDuration) return value.ns
    throw new EvaluationError(`expected a duration, found ${typeName(value)}`)
  }),
  Microseconds: ofDuration(1000n),
  Milliseconds: ofDuration(1_000_000n),
  Seconds: ofDuration(1_000_000_000n),
  Minutes: ofDuration(60_000_000_000n),
  Hours: ofDuration(3_600_000_000_000n),
}

/** Makes a call ready for evaluation. Throws `OttlError` where the function or its arguments are wrong. */
export function compileCall(
  call: { readonly name: string; readonly at: number },
  args: readonly { readonly name: string | undefined; readonly value: Expression }[],
  own: ContextName,
): Getter {
  const { name, at } = call
  const known = Object.hasOwn(functions, name) ? functions[name] : undefined
  if (known === undefined)
    throw new OttlError(`unknown function ${name} (known: ${Object.keys(functions).join(', ')})`, at)
  if (known.only !== undefined && !known.only.includes(own)) {
    throw new OttlError(`${name} is for conditions of context ${known.only.join(' or ')}`, at)
  }
  const ordered: Expression[] = []
  for (const [i, { name: argument, value }] of args.entries()) {
    const place = argument === undefined ? i : known.args.indexOf(argument)
    if (place < 0 || place >= known.args.length || ordered[place] !== undefined) {
      throw new OttlError(`${name} takes ${describe(known)}`, at)
    }
    ordered[place] = value
  }
  const neededCount = known.optionalFrom ?? known.args.length
  for (let i = 0; i < neededCount; i++)
    if (ordered[i] === undefined) throw new OttlError(`${name} takes ${describe(known)}`, at)
  if (name.startsWith('HasAttr') && typeof ordered[0]?.constant !== 'string')
    throw new OttlError(`${name} needs a text as key`, at)
  if (name === 'IsMatch' && typeof ordered[1]?.constant === 'string') checkPattern(ordered[1].constant, at)
  return known.make(ordered, own)
}

function checkPattern(source: string, at: number): void {
  try {
    new Pattern(source)
  } catch (error) {
    throw new OttlError(error instanceof Error ? error.message : String(error), at)
  }
}

function describe({ args }: OttlFunction): string {
  return args.length === 0 ? 'no arguments' : `(${args.join(', ')})`
}

function trim(text: string, cut: string): string {
  let start = 0
  let end = text.length
  while (start < end && cut.includes(text[start]!)) start++
  while (end > start && cut.includes(text[end - 1]!)) end--
  return text.slice(start, end)
}
