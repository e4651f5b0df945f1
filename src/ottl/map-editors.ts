import { AttributeKey } from '../pdata/attribute-key.ts'
import { ValueReader, valueArray, valueEmpty, valueMap, valueString } from '../pdata/value.ts'
import type { Pattern } from '../processor-helper/pattern.ts'
import { valueText } from '../processor-helper/value-text.ts'
import type { Expression, Getter, OttlContext } from './context.ts'
import { type Editor, type Editors, removeWhere, rewriteMap, rewriteTexts, type TextTest } from './editor.ts'
import { bind } from './function.ts'
import { OttlError } from './lexer.ts'
import { anyValue, choice, flag, int, list, literal, map, optional, text, textOf, texts } from './parameters.ts'
import { pattern } from './parse-functions.ts'
import { isContinuation } from './text-functions.ts'
import { EvaluationError, type OttlValue } from './value.ts'
import { asMap, writeAttribute, writeAttributeAt } from './write.ts'

const target = anyValue('target')
const reader = new ValueReader()

/** An editor of a map, whose other arguments are read for every item. */
function mapEditor<const P extends readonly { read(value: OttlValue): unknown; readonly name: string }[]>(
  parameters: P,
  run: (target: Expression, context: OttlContext, ...values: Values<P>) => void,
): Editor {
  return {
    parameters: [target, ...parameters],
    targetCount: 1,
    make: args => {
      const [into, ...others] = args
      const read = bind(parameters, others, (...values) => values)
      return context => run(into!, context, ...(read(context) as Values<P>))
    },
  }
}

type Values<P extends readonly { read(value: OttlValue): unknown }[]> = {
  -readonly [K in keyof P]: P[K] extends { read(value: OttlValue): infer T } ? T : never
}

function not(test: TextTest): TextTest {
  return {
    test: value => !test.test(value),
    testBytes: (bytes, start, end) => !test.testBytes(bytes, start, end),
  }
}

/** A set of texts. */
class TextSet implements TextTest {
  readonly #texts: ReadonlySet<string>
  readonly #keys: readonly AttributeKey[]

  constructor(wanted: readonly string[]) {
    this.#texts = new Set(wanted)
    this.#keys = wanted.map(each => new AttributeKey(each))
  }

  test(value: string): boolean {
    return this.#texts.has(value)
  }

  testBytes(bytes: Uint8Array, start: number, end: number): boolean {
    for (const key of this.#keys) if (key.equals(bytes, start, end)) return true
    return false
  }
}

function textSet(name: string) {
  const asTexts = texts(name)
  return { name, read: (value: OttlValue) => new TextSet(asTexts.read(value)) }
}

function keyOf(name: string) {
  const asText = text(name)
  return { name, read: (value: OttlValue) => new AttributeKey(asText.read(value)) }
}

const natural = (value: bigint) => (value < 0n ? 'must not be negative' : undefined)

/** Editors of maps and lists. Names, arguments and meaning are the Collector's. */
export const mapEditors: Editors = {
  delete_key: {
    ...mapEditor([keyOf('key')], (into, context, key) => {
      if (into.list !== undefined) {
        into.list(context).remove(key)
        return
      }
      const members = asMap(into.get(context))
      if (!members.has(key.text)) return
      const left = new Map(members)
      left.delete(key.text)
      into.set!(context, left)
    }),
    step: ([into, key]) =>
      into!.list === undefined || typeof key!.constant !== 'string'
        ? undefined
        : { edit: { action: 'delete', key: new AttributeKey(key!.constant) } },
  },
  delete_matching_keys: mapEditor([pattern('pattern')], removeWhere),
  keep_matching_keys: mapEditor([pattern('pattern')], (into, context, wanted: Pattern) =>
    removeWhere(into, context, not(wanted)),
  ),
  keep_keys: mapEditor([textSet('keys')], (into, context, keys) => removeWhere(into, context, not(keys))),
  limit: {
    parameters: [target, literal(int('limit'), natural), literal(texts('priority_keys'))],
    targetCount: 1,
    make: ([into, limit, priority], _own, at) => {
      const most = Number(limit!.constant)
      const keys = priority!.constant as string[]
      if (keys.length > most) throw new OttlError('limit must be at least the number of priority_keys', at)
      return limitEdit(into!, most, new TextSet(keys))
    },
  },
  truncate_all: {
    parameters: [target, literal(int('limit'), natural), optional(literal(flag('utf8_safe')))],
    targetCount: 1,
    make: ([into, limit]) => truncateEdit(into!, Number(limit!.constant)),
  },
  stringify_all: {
    parameters: [target],
    targetCount: 1,
    make:
      ([into]) =>
      context => {
        if (into!.list === undefined) {
          rewriteMap(into!, context, members => new Map([...members].map(([key, value]) => [key, textOf(value) ?? ''])))
          return
        }
        const attributes = into!.list(context)
        for (let i = 0; i < attributes.size; i++) {
          if (attributes.isRemoved(i)) continue
          reader.reset(attributes.bytes, attributes.valueStart(i), attributes.valueEnd(i))
          if (reader.kind !== valueString) writeAttributeAt(attributes, i, valueText(reader))
        }
      },
  },
  merge_maps: mapEditor(
    [map('source'), choice('strategy', 'insert', 'update', 'upsert')],
    (into, context, source, strategy) => {
      if (into.list === undefined) {
        rewriteMap(into, context, members => {
          const merged = new Map(members)
          for (const [key, value] of source) if (isTaken(strategy, members.has(key))) merged.set(key, value)
          return merged
        })
        return
      }
      const attributes = into.list(context)
      for (const [name, value] of source) {
        const key = new AttributeKey(name)
        if (isTaken(strategy, attributes.find(key) >= 0)) writeAttribute(attributes, key, value)
      }
    },
  ),
  flatten: {
    parameters: [
      target,
      optional(literal(text('prefix'))),
      optional(literal(int('depth'), value => (value < 1n ? 'must be above 0' : undefined))),
      optional(literal(flag('resolve_conflicts'))),
    ],
    targetCount: 1,
    make: ([into, prefix, depth, resolves]) => {
      const start = prefix === undefined ? '' : String(prefix.constant)
      const depthMax = depth === undefined ? Number.POSITIVE_INFINITY : Number(depth.constant)
      return context => {
        if (start === '' && into!.list !== undefined && !hasNested(into!, context)) return
        rewriteMap(into!, context, members => flatten(members, start, depthMax, resolves?.constant === true))
      }
    },
  },
  append: {
    parameters: [target, optional(anyValue('value')), optional(list('values'))],
    targetCount: 1,
    make: ([into, value, values], _own, at) => {
      if (value === undefined && values === undefined) throw new OttlError('append needs value or values', at)
      return context => {
        const current = into!.get(context)
        if (current instanceof Map) throw new EvaluationError('a map cannot be appended to')
        const items = current === undefined ? [] : Array.isArray(current) ? [...(current as OttlValue[])] : [current]
        if (value !== undefined) items.push(value.get(context))
        if (values !== undefined) items.push(...list('values').read(values.get(context)))
        into!.set!(context, items)
      }
    },
  },
  delete_index: {
    parameters: [target, int('start_index'), optional(int('end_index'))],
    targetCount: 1,
    make: ([into, start, end]) => {
      const startOf = intOf(start!, 'start_index')
      const endOf = end === undefined ? (context: OttlContext) => startOf(context) + 1 : intOf(end, 'end_index')
      return context => deleteIndex(into!, context, startOf(context), endOf(context))
    },
  },
}

function intOf({ get }: { readonly get: Getter }, name: string): (context: OttlContext) => number {
  const asInt = int(name)
  return context => Number(asInt.read(get(context)))
}

function isTaken(strategy: string, isThere: boolean): boolean {
  return strategy === 'upsert' || (strategy === 'update') === isThere
}

function deleteIndex(into: Expression, context: OttlContext, from: number, to: number): void {
  const items = list('target').read(into.get(context))
  const isAll = from === 0 && to === items.length
  if (!isAll && (from < 0 || from >= items.length || to < from || to > items.length)) {
    throw new EvaluationError(`${from} to ${to} is outside of a list of ${items.length}`)
  }
  if (to > from) into.set!(context, items.toSpliced(from, to - from))
}

function limitEdit(into: Expression, most: number, priority: TextSet): (context: OttlContext) => void {
  return context => {
    const attributes = into.list?.(context)
    const members = attributes === undefined ? asMap(into.get(context)) : undefined
    const keys: string[] = []
    let size = members?.size ?? 0
    if (attributes !== undefined) for (let i = 0; i < attributes.size; i++) if (!attributes.isRemoved(i)) size++
    if (size <= most) return
    if (members !== undefined) keys.push(...members.keys())
    else {
      for (let i = 0; i < attributes!.size; i++) if (!attributes!.isRemoved(i)) keys.push(attributes!.keyText(i))
    }
    let kept = keys.filter(key => priority.test(key)).length
    const cut = keys.filter(key => !priority.test(key) && kept++ >= most)
    removeWhere(into, context, new TextSet(cut))
  }
}

/** Text is cut at the end of a character: half of one would make the message one that no receiver takes. */
function truncateEdit(into: Expression, most: number): (context: OttlContext) => void {
  const isLonger: TextTest = {
    test: value => Buffer.byteLength(value) > most,
    testBytes: (_, start, end) => end - start > most,
  }
  return context =>
    rewriteTexts(into, context, isLonger, value => {
      const bytes = Buffer.from(value)
      let end = most
      while (end > 0 && isContinuation(bytes[end])) end--
      return bytes.toString('utf8', 0, end)
    })
}

function hasNested(into: Expression, context: OttlContext): boolean {
  const attributes = into.list!(context)
  for (let i = 0; i < attributes.size; i++) {
    if (attributes.isRemoved(i)) continue
    reader.reset(attributes.bytes, attributes.valueStart(i), attributes.valueEnd(i))
    if (reader.kind === valueMap || reader.kind === valueArray || reader.kind === valueEmpty) return true
  }
  return false
}

/** Members of members become members of the whole, their keys joined by points. */
function flatten(
  members: ReadonlyMap<string, OttlValue>,
  prefix: string,
  depthMax: number,
  resolves: boolean,
): Map<string, OttlValue> {
  const flat = new Map<string, OttlValue>()
  const conflicts = new Map<string, number>()
  const put = (key: string, value: OttlValue) => {
    if (!resolves || !flat.has(key)) {
      flat.set(key, value)
      return
    }
    const count = conflicts.get(key) ?? 0
    conflicts.set(key, count + 1)
    flat.set(`${key}.${count}`, value)
  }
  const visit = (key: string, value: OttlValue, depth: number, isItem: boolean) => {
    if (value instanceof Map && depth < depthMax) {
      for (const [name, member] of value as Map<string, OttlValue>) visit(`${key}.${name}`, member, depth + 1, false)
    } else if (Array.isArray(value) && depth < depthMax) {
      for (const [i, item] of (value as OttlValue[]).entries()) {
        const isNested = (item instanceof Map || Array.isArray(item)) && depth + 1 < depthMax
        // Where conflicts are resolved, items of a list count as members of one key.
        if (isNested) visit(`${key}.${i}`, item, depth + 1, true)
        else put(resolves ? key : `${key}.${i}`, item)
      }
    } else put(isItem && resolves ? key.replace(/\.\d+$/, '') : key, value)
  }
  for (const [key, value] of members) visit(prefix === '' ? key : `${prefix}.${key}`, value, 0, false)
  return flat
}
