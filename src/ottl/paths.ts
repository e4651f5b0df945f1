import { AttributeKey } from '../pdata/attribute-key.ts'
import type { AttributeList } from '../pdata/attribute-list.ts'
import * as otlp from '../pdata/otlp-fields.ts'
import type { AttributeReader, LogReader } from '../pdata/record-reader.ts'
import { ValueReader } from '../pdata/value.ts'
import { valueText } from '../processor-helper/value-text.ts'
import {
  attributeAt,
  attributeMap,
  type ContextName,
  type Expression,
  type Getter,
  listOf,
  type OttlContext,
} from './context.ts'
import { editable, fields } from './fields.ts'
import { OttlError } from './lexer.ts'
import type { PathNode } from './parser.ts'
import { EvaluationError, type OttlValue, typeName } from './value.ts'
import { asMap, encodeForOtlp, setMap, toPlain, withValueAt, writeAttribute } from './write.ts'

const attributeLists: Readonly<Record<ContextName, (context: OttlContext) => AttributeReader>> = {
  resource: context => context.resource.attributes,
  scope: context => context.scope.attributes,
  span: context => context.span.attributes,
  spanevent: context => context.event.attributes,
  log: context => context.log.attributes,
  metric: context => context.metricView.message.attributes,
  datapoint: context => context.point.attributes,
}

/** Contexts that a condition may also name by prefix. */
const around: Readonly<Record<ContextName, readonly ContextName[]>> = {
  resource: ['resource'],
  scope: ['scope', 'resource'],
  span: ['span', 'scope', 'resource'],
  spanevent: ['spanevent', 'span', 'scope', 'resource'],
  log: ['log', 'scope', 'resource'],
  metric: ['metric', 'scope', 'resource'],
  datapoint: ['datapoint', 'metric', 'scope', 'resource'],
}

/** Splits a path into the context that it speaks of and the rest. */
export function contextOf(
  path: PathNode,
  own: ContextName,
): { context: ContextName; names: string[]; keySegment: number } {
  const first = path.segments[0]!.name
  const prefix = (first === 'instrumentation_scope' ? 'scope' : first) as ContextName
  const isPrefix = path.segments.length > 1 && around[own].includes(prefix)
  const rest = isPrefix ? path.segments.slice(1) : path.segments
  return {
    context: isPrefix ? prefix : own,
    names: rest.map(segment => segment.name),
    keySegment: path.segments.length - 1,
  }
}

/** Makes a path ready for evaluation in conditions of the context `own`. `keys` are the compiled keys at its end. */
export function compilePath(path: PathNode, own: ContextName, keys: readonly Expression[]): Expression {
  const { context, names } = contextOf(path, own)
  for (const segment of path.segments.slice(0, -1)) {
    if (segment.keys.length > 0) throw new OttlError(`${segment.name} takes no key here`, path.at)
  }
  const name = names.join('.')
  if (name === 'attributes' || (context === 'metric' && name === 'metadata')) {
    if (name === 'attributes' && context === 'metric') throw unknownPath(path, name, context)
    return { ...compileAttributes(attributeLists[context], keys), context }
  }
  if (name === 'cache') return { ...compileCache(keys), context: own }
  if (context === 'log' && name === 'body') return { ...compileBody(keys), context }
  if (context === 'log' && name === 'body.string' && keys.length === 0) return { ...bodyString, context }
  const field = fields[context][name]
  if (field === undefined) throw unknownPath(path, name, context)
  if (keys.length > 0)
    return name === 'trace_state' ? { ...compileTraceState(field, keys), context } : fail(`${name} takes no key`, path)
  return { ...field, context }
}

function unknownPath(path: PathNode, name: string, context: ContextName): OttlError {
  const known = ['attributes', ...Object.keys(fields[context])].join(', ')
  return new OttlError(`unknown path ${name} in context ${context} (known: ${known})`, path.at)
}

function fail(message: string, path: PathNode): never {
  throw new OttlError(message, path.at)
}

function compileAttributes(list: (context: OttlContext) => AttributeReader, keys: readonly Expression[]): Expression {
  const [first, ...rest] = keys
  const editable = (context: OttlContext) => listOf(list(context))
  if (first === undefined) {
    return {
      get: context => attributeMap(list(context)),
      set: (context, value) => setMap(editable(context), value),
      list: editable,
    }
  }
  if (typeof first.constant !== 'string') return compileDynamicAttribute(editable, first, rest)
  const key = new AttributeKey(first.constant)
  const get: Getter = context => {
    const attributes = list(context)
    const at = attributes.find(key)
    return at < 0 ? undefined : attributeAt(attributes, at)
  }
  if (rest.length > 0) {
    return {
      get: context => index(get(context), rest, context),
      set: (context, value) => {
        const changed = withValueAt(get(context), evaluateKeys(rest, context), value)
        writeAttribute(editable(context), key, changed)
      },
    }
  }
  return {
    get,
    set: (context, value) => writeAttribute(editable(context), key, value),
    attribute: { list: editable, reader: list, key },
    source: {
      point(context, reader) {
        const attributes = list(context)
        const at = attributes.find(key)
        if (at < 0) return false
        reader.reset(attributes.bytes, attributes.valueStart(at), attributes.valueEnd(at))
        return true
      },
    },
  }
}

/** An attribute whose key comes from data. */
function compileDynamicAttribute(
  list: (context: OttlContext) => AttributeList,
  first: Expression,
  rest: readonly Expression[],
): Expression {
  const find = (context: OttlContext) => {
    const key = first.get(context)
    if (typeof key !== 'string') throw new EvaluationError(`a key of attributes must be text, found ${typeName(key)}`)
    return new AttributeKey(key)
  }
  const currentOf = (attributes: AttributeList, key: AttributeKey) => {
    const at = attributes.find(key)
    return at < 0 ? undefined : attributeAt(attributes, at)
  }
  return {
    get: context => index(currentOf(list(context), find(context)), rest, context),
    set: (context, value) => {
      const attributes = list(context)
      const key = find(context)
      const changed = withValueAt(currentOf(attributes, key), evaluateKeys(rest, context), value)
      writeAttribute(attributes, key, changed)
    },
  }
}

const bodyReader = new ValueReader()

function readBody({ log }: OttlContext, reader: ValueReader): boolean {
  reader.reset(log.message.bytes, log.bodyStart, log.bodyEnd)
  return true
}

function setBody({ message }: LogReader, value: OttlValue): void {
  editable(message).setBytes(otlp.logBody, encodeForOtlp(value))
}

const bodyString: Expression = {
  get: context => {
    readBody(context, bodyReader)
    return valueText(bodyReader)
  },
  set: ({ log }, value) => {
    if (typeof value !== 'string') throw new EvaluationError(`expected string, found ${typeName(value)}`)
    setBody(log, value)
  },
}

function compileBody(keys: readonly Expression[]): Expression {
  const get: Getter = context => {
    readBody(context, bodyReader)
    return bodyReader.toJs()
  }
  if (keys.length === 0) {
    return { get, set: ({ log }, value) => setBody(log, value), source: { point: readBody } }
  }
  return {
    get: context => {
      const body = get(context)
      if (body instanceof Map || Array.isArray(body)) return index(body, keys, context)
      throw new EvaluationError(`a body that is ${typeName(body)} has no keys`)
    },
    set: (context, value) => {
      const body = get(context)
      if (!(body instanceof Map) && !Array.isArray(body)) {
        throw new EvaluationError(`a body that is ${typeName(body)} has no keys`)
      }
      setBody(context.log, withValueAt(body, evaluateKeys(keys, context), value))
    },
  }
}

/** The scratch map of an item. */
function compileCache(keys: readonly Expression[]): Expression {
  if (keys.length === 0) {
    return {
      get: context => context.cache,
      set: ({ cache }, value) => {
        const members = asMap(value)
        // The map itself may be what is set.
        const copy = [...members]
        cache.clear()
        for (const [key, member] of copy) cache.set(key, member)
      },
    }
  }
  return {
    get: context => index(context.cache, keys, context),
    set: (context, value) => {
      const [first, ...rest] = evaluateKeys(keys, context)
      if (typeof first !== 'string')
        throw new EvaluationError(`a key of the cache must be text, found ${typeName(first)}`)
      const { cache } = context
      cache.set(first, withValueAt(cache.get(first), rest, toPlain(value)))
    },
  }
}

function compileTraceState(field: Expression, keys: readonly Expression[]): Expression {
  return {
    get: context => {
      const key = keys[0]!.get(context)
      for (const member of String(field.get(context)).split(',')) {
        const equals = member.indexOf('=')
        if (equals > 0 && member.slice(0, equals).trim() === key) return member.slice(equals + 1)
      }
      return undefined
    },
    set: (context, value) => {
      const key = keys[0]!.get(context)
      if (typeof value !== 'string' || typeof key !== 'string') {
        throw new EvaluationError('a member of the trace state has text as key and value')
      }
      const members = String(field.get(context)).split(',')
      const others = members
        .map(member => member.trim())
        .filter(member => member !== '' && !member.startsWith(`${key}=`))
      const isValid = /^[a-z0-9][-a-z0-9_*/@]{0,255}$/.test(key) && /^[ -+\--<>-~]{0,255}[!-+\--<>-~]$/.test(value)
      if (isValid) field.set!(context, [`${key}=${value}`, ...others].slice(0, 32).join(','))
    },
  }
}

function evaluateKeys(keys: readonly Expression[], context: OttlContext): OttlValue[] {
  return keys.map(key => key.get(context))
}

/** Follows keys into maps and lists; nil where a key is absent. */
export function index(value: OttlValue, keys: readonly Expression[], context: OttlContext): OttlValue {
  let current = value
  for (const expression of keys) {
    const key = expression.get(context)
    if (current === undefined) return undefined
    if (current instanceof Map && typeof key === 'string') current = (current as Map<string, OttlValue>).get(key)
    else if (Array.isArray(current) && typeof key === 'bigint') {
      if (key < 0n || key >= BigInt(current.length)) throw new EvaluationError(`index ${key} is out of range`)
      current = current[Number(key)]
    } else throw new EvaluationError(`cannot look for a ${typeName(key)} key in a ${typeName(current)}`)
  }
  return current
}
