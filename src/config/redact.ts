import { type ComponentRegistry, componentKinds, sectionOf } from './agent-config.ts'
import { normalizedId } from './component-id.ts'
import { findRegistered } from './component-section.ts'
import type { ConfigDeclaration, Field } from './declare.ts'
import { redactedText, secretKeyPattern } from './secret-key.ts'
import type { ConfigNode, MapEntry, MapNode } from './tree.ts'

/** The tree as it may be shown: secrets by declaration, by the name of their key, and inside URLs, are replaced. */
export function redactedTree(root: ConfigNode, registry: ComponentRegistry): ConfigNode {
  if (root.kind !== 'map') return redactByName(root)
  return mapEntries(root, (entry, key) => {
    const kind = componentKinds.find(candidate => sectionOf(candidate) === key)
    if (kind === undefined || entry.value.kind !== 'map') return redactByName(entry.value)
    return mapEntries(entry.value, (component, id) => {
      const type = normalizedId(id).split('/')[0] ?? ''
      const registered = findRegistered(registry, kind, type)
      return registered === undefined
        ? redactByName(component.value)
        : redactSection(component.value, registered.config)
    })
  })
}

function redactSection(node: ConfigNode, declaration: ConfigDeclaration<unknown>): ConfigNode {
  if (node.kind !== 'map') return redactByName(node)
  const fields = Object.values(declaration.shape)
  return mapEntries(node, (entry, key) => {
    const field = fields.find(candidate => candidate.key === key || candidate.extra.formerly?.includes(key) === true)
    return field === undefined ? redactEntry(entry) : redactField(entry.value, field)
  })
}

function redactField(node: ConfigNode, field: Field<unknown>): ConfigNode {
  const { declaration, item, variants, tag } = field.extra
  if (field.kind === 'opaque' || field.kind === 'headers') return hidden(node, field.kind === 'headers')
  if (declaration !== undefined) return redactSection(node, declaration)
  if (item !== undefined && node.kind === 'list') {
    return { ...node, items: node.items.map(child => redactField(child, item)), expanded: undefined }
  }
  if (item !== undefined && node.kind === 'map') return mapEntries(node, entry => redactField(entry.value, item))
  if (item?.kind === 'opaque') return hidden(node, false)
  if (variants !== undefined && node.kind === 'map') {
    const name = node.entries.get(tag ?? 'type')?.value
    const variant = name?.kind === 'scalar' ? variants[name.text] : undefined
    if (variant !== undefined) return redactSection(node, variant)
  }
  return redactByName(node)
}

/** Every scalar below replaced; header names, in the list form, stay. */
function hidden(node: ConfigNode, keepsNames: boolean): ConfigNode {
  if (node.kind === 'list')
    return { ...node, items: node.items.map(item => hidden(item, keepsNames)), expanded: undefined }
  if (node.kind === 'map') {
    return mapEntries(node, (entry, key) =>
      keepsNames && key === 'name' ? entry.value : hidden(entry.value, keepsNames),
    )
  }
  if (node.value === null || node.value === '') return node
  return { ...node, value: redactedText, text: redactedText, expanded: undefined, isPlain: false }
}

function redactEntry(entry: MapEntry): ConfigNode {
  if (secretKeyPattern.test(entry.key)) return hidden(entry.value, false)
  return entry.key === 'headers' ? hidden(entry.value, true) : redactByName(entry.value)
}

function redactByName(node: ConfigNode): ConfigNode {
  if (node.kind === 'list') return { ...node, items: node.items.map(redactByName), expanded: undefined }
  if (node.kind === 'map') return mapEntries(node, redactEntry)
  if (typeof node.value !== 'string') return node
  const text = redactedUrl(node.value)
  return text === node.value ? node : { ...node, value: text, text, expanded: undefined }
}

/** A URL without its user and password. */
function redactedUrl(text: string): string {
  return text.replace(/(:\/\/)[^/@\s]+@/g, `$1${redactedText}@`)
}

function mapEntries(node: MapNode, convert: (entry: MapEntry, key: string) => ConfigNode): MapNode {
  const entries = new Map<string, MapEntry>()
  for (const [key, entry] of node.entries) entries.set(key, { ...entry, value: convert(entry, key) })
  return { ...node, entries, expanded: undefined }
}
