import { converter, type OttlFunctions } from './function.ts'
import { anyValue, choice, list, literal, map, optional, textOf, texts } from './parameters.ts'
import { EvaluationError, isEqual, OttlList, type OttlValue, typeName } from './value.ts'

/** Converters about lists and maps. Names, arguments and meaning are the Collector's. */
export const collectionFunctions: OttlFunctions = {
  Len: converter([anyValue('target')], length),
  Keys: converter([map('target')], target => [...target.keys()]),
  Values: converter([map('target')], target => [...target.values()]),
  Coalesce: converter([list('values')], values => values.find(value => value !== undefined)),
  ContainsValue: converter([list('target'), anyValue('item')], (target, item) =>
    target.some(value => isEqual(value, item)),
  ),
  Index: converter([anyValue('target'), anyValue('value')], (target, value) => {
    if (typeof target === 'string') {
      if (typeof value !== 'string') throw new EvaluationError('value must be text')
      const at = target.indexOf(value)
      return at < 0 ? -1n : BigInt(Buffer.byteLength(target.slice(0, at)))
    }
    if (!Array.isArray(target)) throw new EvaluationError(`target must be text or a list, found ${typeName(target)}`)
    return BigInt((target as OttlValue[]).findIndex(item => isEqual(item, value)))
  }),
  Sort: converter([list('target'), optional(choice('order', 'asc', 'desc'))], (target, order) => sorted(target, order)),
  SliceToMap: converter(
    [list('target'), optional(literal(texts('key_path'))), optional(literal(texts('value_path')))],
    (target, keyPath, valuePath) => {
      const result = new Map<string, OttlValue>()
      for (const [i, item] of target.entries()) {
        if ((keyPath ?? valuePath) !== undefined && !(item instanceof Map)) {
          throw new EvaluationError(`elements must be maps, found ${typeName(item)}`)
        }
        const key = keyPath === undefined ? String(i) : follow(item, keyPath)
        if (typeof key !== 'string') throw new EvaluationError(`the key of element ${i} is no text`)
        result.set(key, valuePath === undefined ? item : follow(item, valuePath))
      }
      return result
    },
  ),
  ParseSeverity: converter([anyValue('target'), literal(map('mapping'), severityProblem)], severityOf),
  IsString: converter([anyValue('target')], value => typeof value === 'string'),
  IsInt: converter([anyValue('target')], value => typeof value === 'bigint'),
  IsDouble: converter([anyValue('target')], value => typeof value === 'number'),
  IsBool: converter([anyValue('target')], value => typeof value === 'boolean'),
  IsMap: converter([anyValue('target')], value => value instanceof Map),
  IsList: converter([anyValue('target')], value => Array.isArray(value) || value instanceof OttlList),
  IsEmpty: converter(
    [anyValue('target')],
    value =>
      value === undefined ||
      value === '' ||
      (value instanceof Map ? value.size === 0 : Array.isArray(value) && value.length === 0),
  ),
}

function length(value: OttlValue): OttlValue {
  if (typeof value === 'string') return BigInt(Buffer.byteLength(value))
  if (Array.isArray(value) || value instanceof Uint8Array) return BigInt(value.length)
  if (value instanceof Map || value instanceof OttlList) return BigInt(value.size)
  throw new EvaluationError(`Len needs text, bytes, a list or a map, found ${typeName(value)}`)
}

function follow(value: OttlValue, path: readonly string[]): OttlValue {
  let current = value
  if (path.length === 0) throw new EvaluationError('a path needs at least one key')
  for (const key of path) {
    const found = current instanceof Map && (current as Map<string, OttlValue>).has(key)
    if (!found) throw new EvaluationError(`an element has nothing at ${path.join('.')}`)
    current = (current as Map<string, OttlValue>).get(key)
  }
  return current
}

/** Numbers by size; as soon as text or a bool is among them, all as text. Lists of anything else stay as they are. */
function sorted(target: readonly OttlValue[], order = 'asc'): OttlValue[] {
  const isText = (value: OttlValue) => value === undefined || typeof value === 'string' || typeof value === 'boolean'
  const isNumber = (value: OttlValue) => typeof value === 'bigint' || typeof value === 'number'
  if (!target.every(value => isText(value) || isNumber(value))) return [...target]
  const keyed = target.some(isText)
    ? target.map(value => ({ value, key: Buffer.from(textOf(value) ?? '') }))
    : target.map(value => ({ value, key: value as bigint | number }))
  const sign = order === 'desc' ? -1 : 1
  keyed.sort((a, b) => {
    if (a.key instanceof Buffer && b.key instanceof Buffer) return sign * Buffer.compare(a.key, b.key)
    return a.key < b.key ? -sign : a.key > b.key ? sign : 0
  })
  return keyed.map(({ value }) => value)
}

const ranges: Readonly<Record<string, readonly [bigint, bigint]>> = {
  '2xx': [200n, 299n],
  '3xx': [300n, 399n],
  '4xx': [400n, 499n],
  '5xx': [500n, 599n],
}

function rangeOf(value: OttlValue): readonly [bigint, bigint] | undefined {
  if (typeof value === 'string') return ranges[value]
  if (!(value instanceof Map)) return undefined
  const [min, max] = ['min', 'max'].map(key => (value as Map<string, OttlValue>).get(key))
  return typeof min === 'bigint' && typeof max === 'bigint' ? [min, max] : undefined
}

function severityProblem(mapping: ReadonlyMap<string, OttlValue>): string | undefined {
  for (const [level, criteria] of mapping) {
    if (!Array.isArray(criteria)) return `needs a list for ${level}`
    for (const item of criteria as OttlValue[]) {
      if (!(item instanceof Map)) return `needs a list of maps for ${level}`
      const criterion = item as Map<string, OttlValue>
      const equals = criterion.get('equals')
      const range = criterion.get('range')
      if (equals !== undefined && !(Array.isArray(equals) && equals.every(each => typeof each === 'string'))) {
        return `needs a list of texts as equals of ${level}`
      }
      if (range !== undefined && rangeOf(range) === undefined) return `has a range of ${level} that is none`
    }
  }
  return undefined
}

function severityOf(target: OttlValue, mapping: ReadonlyMap<string, OttlValue>): OttlValue {
  if (typeof target !== 'string' && typeof target !== 'bigint') {
    throw new EvaluationError(`a severity is made of text or an int, found ${typeName(target)}`)
  }
  for (const [level, criteria] of mapping) {
    for (const criterion of criteria as Map<string, OttlValue>[]) {
      if (typeof target === 'string') {
        if ((criterion.get('equals') as string[] | undefined)?.includes(target)) return level
        continue
      }
      const range = rangeOf(criterion.get('range'))
      if (range !== undefined && target >= range[0] && target <= range[1]) return level
    }
  }
  throw new EvaluationError(`no severity for ${target}`)
}
