import type { AttributeValue, ConfigDeclaration, Field } from './declare.ts'
import { decodeScalar } from './decode-scalar.ts'
import { type Decoding, labelOf, type Position } from './decoding.ts'
import { listKeys } from './list-keys.ts'
import { parseListenAddress } from './listen-address.ts'
import { nearest } from './nearest.ts'
import { Opaque } from './opaque.ts'
import { noteSecret } from './secret-text.ts'
import { type ConfigNode, describeNode, isBroken, isNull, type MapNode } from './tree.ts'

/** The typed value of one key; its default where the key is absent or wrong. */
export function decodeValue(field: Field<unknown>, at: Position, decoding: Decoding): unknown {
  if (at.node === undefined && field.extra.required === true) {
    const message = `"${field.key}" is required here`
    decoding.report('SLC0106', 'error', at.path, at.keyPlace, message, requiredRemedy(field))
    return fallback(field, at, decoding)
  }
  if (isBroken(at.node)) return fallback(field, at, decoding)
  const problemsBefore = decoding.problems.length
  const value = decodeKind(field, at, decoding)
  const isWrong = decoding.problems.slice(problemsBefore).some(problem => problem.severity === 'error')
  if (at.node !== undefined && !isNull(at.node) && !isWrong) inspectValue(field, value, at, at.node, decoding)
  noteUse(field, value, at, decoding)
  return value
}

function decodeKind(field: Field<unknown>, at: Position, decoding: Decoding): unknown {
  switch (field.kind) {
    case 'section':
      return decoding.decodeSection(field.extra.declaration as ConfigDeclaration<unknown>, at, decoding)
    case 'optionalSection':
      return decodeOptional(field, at, decoding)
    case 'variant':
      return decodeVariant(field, at, decoding)
    case 'list':
      return decodeList(field, at, decoding)
    case 'map':
      return decodeMap(field, at, decoding)
    case 'headers':
      return decodeHeaders(field, at, decoding)
    case 'any':
      return at.node === undefined || isNull(at.node) ? field.defaultValue : plainValue(at.node)
    case 'attributeValue':
      return at.node === undefined ? field.defaultValue : attributeValueOf(at.node)
    default:
      return decodeScalar(field, at, decoding)
  }
}

/** What stands in for a value that cannot be had. */
function fallback(field: Field<unknown>, at: Position, decoding: Decoding): unknown {
  const absent = { ...at, node: undefined }
  if (field.kind === 'section')
    return decoding.decodeSection(field.extra.declaration as ConfigDeclaration<unknown>, absent, decoding)
  return field.defaultValue
}

function requiredRemedy(field: Field<unknown>): string {
  const example = field.extra.example ?? field.extra.values?.[0]
  return `add ${field.key}: ${example ?? '...'}${field.doc === '' ? '' : ` (${field.doc})`}`
}

function decodeOptional(field: Field<unknown>, at: Position, decoding: Decoding): unknown {
  const declaration = field.extra.declaration as ConfigDeclaration<unknown>
  const { node } = at
  if (node === undefined) {
    return field.extra.enabledByDefault === true ? decoding.decodeSection(declaration, at, decoding) : undefined
  }
  if (isNull(node) && field.extra.nullIsOff === true) return undefined
  const hasOwnSwitch = Object.values(declaration.shape).some(inner => inner.key === 'enabled')
  const value = decoding.decodeSection(declaration, at, decoding, hasOwnSwitch ? [] : ['enabled'])
  const enabled = node.kind === 'map' ? node.entries.get('enabled') : undefined
  if (enabled === undefined) return value
  if (enabled.value.kind === 'scalar' && typeof enabled.value.value === 'boolean') {
    return enabled.value.value ? value : undefined
  }
  if (!hasOwnSwitch) {
    const message = `expected true or false, found ${describeNode(enabled.value)}`
    decoding.report('SLC0103', 'error', [...at.path, 'enabled'], enabled.value.place, message, 'write true or false')
  }
  return undefined
}

function decodeVariant(field: Field<unknown>, at: Position, decoding: Decoding): unknown {
  const tag = field.extra.tag ?? 'type'
  const variants = field.extra.variants ?? {}
  const node = at.node
  if (node?.kind !== 'map') {
    const found = node === undefined ? 'nothing' : describeNode(node)
    const remedy = `write a map with the key "${tag}": ${listKeys(Object.keys(variants))}`
    decoding.report('SLC0103', 'error', at.path, node?.place ?? at.keyPlace, `expected a map, found ${found}`, remedy)
    return undefined
  }
  const entry = node.entries.get(tag)
  const name = entry?.value.kind === 'scalar' ? entry.value.text : undefined
  const declaration = name !== undefined && Object.hasOwn(variants, name) ? variants[name] : undefined
  if (declaration !== undefined) {
    const value = decoding.decodeSection(declaration, at, decoding, [tag]) as object
    return { [tag]: name, ...value }
  }
  const path = [...at.path, tag]
  const allowed = `one of: ${listKeys(Object.keys(variants))}`
  if (entry === undefined) {
    decoding.report('SLC0106', 'error', path, node.place, `"${tag}" is required here`, `add ${tag}: ${allowed}`)
  } else {
    const close = nearest(name ?? '', Object.keys(variants))
    const remedy = close === undefined ? allowed : `did you mean "${close}"? ${allowed}`
    decoding.report('SLC0104', 'error', path, entry.value.place, `unknown ${tag} "${name ?? ''}"`, remedy)
  }
  return undefined
}

function decodeList(field: Field<unknown>, at: Position, decoding: Decoding): unknown {
  const item = field.extra.item as Field<unknown>
  const { node } = at
  if (node === undefined || isNull(node)) return field.defaultValue
  if (node.kind === 'list') {
    return node.items.map((child, index) => decodeListItem(item, child, [...at.path, index], decoding))
  }
  const takesText = ['string', 'opaque', 'enum', 'componentRef'].includes(item.kind)
  if (takesText && node.kind === 'scalar' && (typeof node.value === 'string' || node.expanded !== undefined)) {
    const text = node.expanded ?? node.text
    if (text === '') return []
    return text.split(',').map((part, index) => {
      const child: ConfigNode = { ...node, value: part, text: part, expanded: part }
      return decodeListItem(item, child, [...at.path, index], decoding)
    })
  }
  const remedy =
    node.kind === 'scalar' ? `write [${node.text}], or one item per line behind "- "` : 'put "- " before each item'
  decoding.report('SLC0103', 'error', at.path, node.place, `expected a list, found ${describeNode(node)}`, remedy)
  return field.defaultValue
}

function decodeListItem(
  item: Field<unknown>,
  node: ConfigNode,
  path: readonly (string | number)[],
  decoding: Decoding,
) {
  if (isNull(node) && (item.kind === 'section' || item.kind === 'variant')) {
    decoding.report('SLC0103', 'error', path, node.place, 'an empty item in this list', 'remove it, or write its keys')
    return item.defaultValue
  }
  return decodeValue(item, { node, path, keyPlace: node.place }, decoding)
}

function decodeMap(field: Field<unknown>, at: Position, decoding: Decoding): unknown {
  const { node } = at
  if (node === undefined || isNull(node)) return field.defaultValue
  if (node.kind !== 'map') {
    const message = `expected a map, found ${describeNode(node)}`
    decoding.report('SLC0103', 'error', at.path, node.place, message, 'write one "key: value" per line')
    return field.defaultValue
  }
  const value = { ...(field.defaultValue as Record<string, unknown>) }
  const item = field.extra.item as Field<unknown>
  for (const entry of node.entries.values()) {
    const position = { node: entry.value, path: [...at.path, entry.key], keyPlace: entry.keyPlace }
    setOwn(value, entry.key, decodeValue(item, position, decoding))
  }
  return value
}

function decodeHeaders(field: Field<unknown>, at: Position, decoding: Decoding): unknown {
  const { node } = at
  const value: Record<string, Opaque> = {}
  if (node === undefined || isNull(node)) return value
  if (node.kind === 'scalar') {
    noteSecret(node.place)
    const remedy = 'write one "name: value" per line, with a space after the colon'
    decoding.report('SLC0103', 'error', at.path, node.place, 'expected a map of headers, found a text', remedy)
    return value
  }
  const pairs =
    node.kind === 'map'
      ? [...node.entries.values()]
      : node.items.flatMap((item, index) => pairOf(item, index, at, decoding))
  for (const { key, keyPlace, value: child } of pairs) {
    if (Object.hasOwn(value, key)) {
      decoding.report('SLC0107', 'error', [...at.path, key], keyPlace, `header "${key}" is listed twice`, 'keep one')
      continue
    }
    const header = { ...field, kind: 'opaque' as const, key, defaultValue: new Opaque('') }
    setOwn(value, key, decodeScalar(header, { node: child, path: [...at.path, key], keyPlace }, decoding))
  }
  return value
}

function pairOf(item: ConfigNode, index: number, at: Position, decoding: Decoding) {
  const name = item.kind === 'map' ? item.entries.get('name') : undefined
  const value = item.kind === 'map' ? item.entries.get('value') : undefined
  if (name?.value.kind === 'scalar' && value !== undefined) {
    return [{ key: name.value.text, keyPlace: name.value.place, value: value.value }]
  }
  const message = 'an item of this list needs the keys "name" and "value"'
  const [key] = item.kind === 'map' ? item.entries.keys() : []
  const remedy =
    key === undefined || name !== undefined || value !== undefined
      ? 'write - name: x, and value: y below it'
      : `leave out the dash before "${key}", or write - name: x, and value: y below it`
  decoding.report('SLC0103', 'error', [...at.path, index], item.place, message, remedy)
  return []
}

function inspectValue(field: Field<unknown>, value: unknown, at: Position, node: ConfigNode, decoding: Decoding): void {
  const validate = field.extra.validate as ((value: unknown) => string | undefined) | undefined
  if (value === undefined || value === null) return
  const message = validate?.(value)
  if (message !== undefined)
    decoding.report('SLC0105', 'error', at.path, node.place, `"${labelOf(field, at)}" ${message}`)
  const isEmpty =
    value === '' || (value instanceof Opaque && value.isEmpty) || (Array.isArray(value) && value.length === 0)
  if (field.extra.required === true && isEmpty) {
    const text = `"${field.key}" must not be empty`
    decoding.report('SLC0106', 'error', at.path, node.place, text, requiredRemedy(field))
  }
}

function noteUse(field: Field<unknown>, value: unknown, at: Position, decoding: Decoding): void {
  if (typeof value !== 'string') return
  const { listens, refers } = field.extra
  if (value === '' && (listens === undefined || at.node === undefined)) return
  if (listens !== undefined) {
    const problem = parseListenAddress(value) === undefined && !value.startsWith('/') && !value.startsWith('unix:')
    if (problem && at.node !== undefined) {
      const remedy = 'write host:port, such as localhost:4317, or 0.0.0.0:4317 for every interface'
      decoding.report('SLC0105', 'error', at.path, at.node.place, `"${value}" is no address to listen on`, remedy)
    } else
      decoding.listens.push({ address: value, transport: listens, path: at.path, place: at.node?.place ?? at.keyPlace })
  }
  if (field.kind === 'componentRef' && refers !== undefined && at.node !== undefined) {
    decoding.references.push({ id: value, refers, path: at.path, place: at.node.place })
  }
}

/** A tree as plain JavaScript values. Whole numbers are numbers while that is exact, else bigints. */
export function plainValue(node: ConfigNode): unknown {
  if (node.kind === 'list') return node.items.map(plainValue)
  if (node.kind === 'map') return plainMap(node, plainValue)
  if (typeof node.value !== 'bigint') return node.value
  const number = Number(node.value)
  return Number.isSafeInteger(number) ? number : node.value
}

function attributeValueOf(node: ConfigNode): AttributeValue | undefined {
  if (node.kind === 'list') return node.items.map(attributeValueOf).filter(value => value !== undefined)
  if (node.kind === 'map') return plainMap(node, attributeValueOf) as Record<string, AttributeValue>
  return node.value ?? undefined
}

function plainMap(node: MapNode, convert: (node: ConfigNode) => unknown): Record<string, unknown> {
  const value: Record<string, unknown> = {}
  for (const entry of node.entries.values()) setOwn(value, entry.key, convert(entry.value))
  return value
}

/** Assignment that a key named `__proto__` cannot turn into anything else. */
function setOwn(target: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true })
}
