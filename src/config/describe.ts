import type { ConfigDeclaration, Field } from './declare.ts'

/** One key of a declaration, flattened: `protocols.grpc.endpoint`. Items of lists and maps have `[]` and `<key>`. */
export interface DescribedKey {
  readonly path: readonly string[]
  readonly field: Field<unknown>
  /** In words: `duration`, `list of text`, `gzip, zstd or none`. */
  readonly type: string
  readonly defaultText: string
  readonly doc: string
  /** Required, limits, deprecation, no effect, changed meaning. */
  readonly notes: readonly string[]
}

/** `actions[].key`: as people write paths. */
export function dottedPath(path: readonly string[]): string {
  return path.join('.').replaceAll('.[]', '[]')
}

const depthMax = 12

/** Every key of a declaration in its order, nested ones behind their section. */
export function describeKeys(declaration: ConfigDeclaration<unknown>): DescribedKey[] {
  return keysOf(declaration, [])
}

function keysOf(declaration: ConfigDeclaration<unknown>, prefix: readonly string[]): DescribedKey[] {
  if (prefix.length > depthMax) return []
  return Object.values(declaration.shape).flatMap(field => fieldKeys(field, [...prefix, field.key]))
}

function fieldKeys(field: Field<unknown>, path: readonly string[]): DescribedKey[] {
  const own: DescribedKey = {
    path,
    field,
    type: typeText(field),
    defaultText: field.extra.required === true ? '' : field.defaultText,
    doc: field.doc,
    notes: notesOf(field),
  }
  return [own, ...nestedKeys(field, path)]
}

function nestedKeys(field: Field<unknown>, path: readonly string[]): DescribedKey[] {
  const { declaration, item, variants, tag } = field.extra
  if (declaration !== undefined) return keysOf(declaration, path)
  if (item !== undefined) return nestedKeys(item, [...path, field.kind === 'list' ? '[]' : '<key>'])
  if (variants === undefined) return []
  return Object.entries(variants).flatMap(([name, variant]) => keysOf(variant, [...path, `${tag}=${name}`]))
}

function typeText(field: Field<unknown>): string {
  const { item, values } = field.extra
  switch (field.kind) {
    case 'uint':
    case 'int':
      return 'integer'
    case 'float':
      return 'number'
    case 'bool':
      return 'boolean'
    case 'string':
      return field.extra.listens === undefined ? 'text' : 'address'
    case 'opaque':
      return 'secret'
    case 'duration':
      return 'duration'
    case 'byteSize':
      return 'size'
    case 'enum':
      return (values ?? []).map(value => (value === '' ? '""' : value)).join(' \\| ')
    case 'list':
      return item === undefined ? 'list' : `list of ${typeText(item)}`
    case 'map':
      return item === undefined ? 'map' : `map of ${typeText(item)}`
    case 'headers':
      return 'map of secret, or list of name and value'
    case 'section':
      return 'section'
    case 'optionalSection':
      return 'section'
    case 'variant':
      return `section by ${field.extra.tag}`
    case 'componentRef':
      return `id of ${field.extra.refers === 'pipeline' ? 'a pipeline' : 'an extension'}`
    default:
      return 'any'
  }
}

function notesOf(field: Field<unknown>): string[] {
  const { required, min, max, deprecated, noEffect, changed, formerly } = field.extra
  const notes: string[] = []
  if (required === true) notes.push('required')
  if (min !== undefined && min !== 0) notes.push(`at least ${min}`)
  if (max !== undefined) notes.push(`at most ${max}`)
  if (formerly !== undefined) notes.push(`formerly ${formerly.join(', ')}`)
  if (deprecated !== undefined) notes.push(`deprecated: ${deprecated}`)
  if (noEffect !== undefined) notes.push(`without effect: ${noEffect}`)
  if (changed !== undefined) notes.push(changed)
  return notes
}

/** The table of a component's README; the shared blocks at the end of long paths stay readable as dotted keys. */
export function markdownTable(declaration: ConfigDeclaration<unknown>): string {
  const keys = describeKeys(declaration)
  if (keys.length === 0) return 'This component has no keys.\n'
  const rows = keys.map(({ path, type, defaultText, doc, notes }) => {
    const remarks = notes.length === 0 ? '' : ` (${notes.join('; ')})`
    const shown = defaultText === '' ? '' : `\`${defaultText}\``
    return `| \`${dottedPath(path)}\` | ${type} | ${shown} | ${escapeCell(doc + remarks)} |`
  })
  return `${['| Key | Type | Default | Meaning |', '| --- | --- | --- | --- |', ...rows].join('\n')}\n`
}

function escapeCell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ')
}
