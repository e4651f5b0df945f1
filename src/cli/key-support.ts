import { type ComponentRegistry, componentKinds, sectionOf } from '../config/agent-config.ts'
import { parseComponentId } from '../config/component-id.ts'
import { findRegistered } from '../config/component-section.ts'
import type { ConfigDeclaration, Field } from '../config/declare.ts'
import { serviceConfig } from '../config/sections/service.ts'
import type { ConfigNode, ConfigPath, MapEntry, Place } from '../config/tree.ts'
import { removedKeys, upstreamNote } from '../config/upstream.ts'

export const supportLevels = ['supported', 'no effect', 'changed', 'deprecated', 'unsupported'] as const
export type SupportLevel = (typeof supportLevels)[number]

/** What Sluice makes of one key of a file. */
export interface KeySupport {
  readonly path: ConfigPath
  readonly place: Place
  readonly level: SupportLevel
  readonly note: string
}

/** Where a section stands: its path, the key that names it, and the kind of component around it. */
interface At {
  readonly path: ConfigPath
  readonly place: Place
  readonly kind: string
}

/** Looks each key of a merged file up in the declarations, in the order of the file. */
export function keySupport(root: ConfigNode, registry: ComponentRegistry): KeySupport[] {
  const found: KeySupport[] = []
  if (root.kind !== 'map') return found
  for (const entry of root.entries.values()) {
    const kind = componentKinds.find(candidate => sectionOf(candidate) === entry.key)
    if (entry.key === 'service') {
      found.push(supported([entry.key], entry))
      const at = { path: [entry.key], place: entry.keyPlace, kind: 'service' }
      sectionSupport(serviceConfig as ConfigDeclaration<unknown>, entry.value, at, found)
    } else if (kind === undefined) {
      found.push({ path: [entry.key], place: entry.keyPlace, level: 'unsupported', note: 'no such section' })
    } else {
      found.push(supported([entry.key], entry))
      if (entry.value.kind !== 'map') continue
      for (const component of entry.value.entries.values()) componentSupport(kind, component, registry, found)
    }
  }
  return found
}

function componentSupport(
  kind: (typeof componentKinds)[number],
  entry: MapEntry,
  registry: ComponentRegistry,
  found: KeySupport[],
): void {
  const path = [sectionOf(kind), entry.key]
  const id = parseComponentId(entry.key)
  const type = 'message' in id ? entry.key : id.type
  const registered = findRegistered(registry, kind, type)
  if (registered === undefined) {
    const note = upstreamNote(kind, type)
    const text = note === undefined ? `Sluice has no such ${kind}` : `${note.reason}; ${note.remedy}`
    const level = note?.isIgnored === true ? 'no effect' : 'unsupported'
    found.push({ path, place: entry.keyPlace, level, note: text })
    return
  }
  const isRenamed = registered.type !== type
  const note = isRenamed ? `now called ${registered.type}` : ''
  found.push({ path, place: entry.keyPlace, level: isRenamed ? 'deprecated' : 'supported', note })
  sectionSupport(registered.config, entry.value, { path, place: entry.keyPlace, kind }, found)
}

function sectionSupport(
  declaration: ConfigDeclaration<unknown>,
  node: ConfigNode,
  { path, place, kind }: At,
  found: KeySupport[],
  foreignKeys: readonly string[] = [],
): void {
  const keys = node.kind === 'map' ? node.entries : new Map<string, MapEntry>()
  for (const field of Object.values(declaration.shape)) {
    if (field.extra.listens === undefined || keys.has(field.key) || field.defaultText.startsWith(':')) continue
    if (!/^(localhost|127\.0\.0\.1):/.test(field.defaultText)) continue
    const note = `${field.key} is ${field.defaultText} where nothing is written; before v0.104 it was every interface`
    found.push({ path, place, level: 'changed', note })
  }
  for (const entry of keys.values()) {
    const field = Object.values(declaration.shape).find(
      candidate => candidate.key === entry.key || candidate.extra.formerly?.includes(entry.key) === true,
    )
    const keyPath = [...path, entry.key]
    if (field !== undefined) {
      found.push({ path: keyPath, place: entry.keyPlace, ...judge(field, entry.key) })
      fieldSupport(field, entry.value, { path: keyPath, place: entry.keyPlace, kind }, found)
    } else if (foreignKeys.includes(entry.key)) found.push(supported(keyPath, entry))
    else {
      const note = removedKeys[`${kind} ${entry.key === 'logLevel' ? 'loglevel' : entry.key}`] ?? 'no such key'
      const isUnderstood = entry.key.toLowerCase() === 'loglevel' || entry.key === 'batcher'
      found.push({ path: keyPath, place: entry.keyPlace, level: isUnderstood ? 'deprecated' : 'unsupported', note })
    }
  }
}

function fieldSupport(field: Field<unknown>, node: ConfigNode, at: At, found: KeySupport[]): void {
  const { declaration, item, variants, tag } = field.extra
  const { path, kind } = at
  if (declaration !== undefined) {
    sectionSupport(declaration, node, at, found, field.kind === 'optionalSection' ? ['enabled'] : [])
  } else if (variants !== undefined && node.kind === 'map') {
    const name = node.entries.get(tag ?? 'type')?.value
    const variant = name?.kind === 'scalar' && Object.hasOwn(variants, name.text) ? variants[name.text] : undefined
    if (variant !== undefined) sectionSupport(variant, node, at, found, [tag ?? 'type'])
    else found.push({ path, place: node.place, level: 'unsupported', note: `no such ${tag ?? 'type'}` })
  } else if (item !== undefined && node.kind === 'list') {
    for (const [index, child] of node.items.entries()) {
      fieldSupport(item, child, { path: [...path, index], place: child.place, kind }, found)
    }
  } else if (item !== undefined && node.kind === 'map') {
    for (const entry of node.entries.values()) {
      const keyPath = [...path, entry.key]
      found.push(supported(keyPath, entry))
      fieldSupport(item, entry.value, { path: keyPath, place: entry.keyPlace, kind }, found)
    }
  }
}

function judge(field: Field<unknown>, key: string): { level: SupportLevel; note: string } {
  const { noEffect, changed, deprecated } = field.extra
  if (noEffect !== undefined) return { level: 'no effect', note: noEffect }
  if (changed !== undefined) return { level: 'changed', note: changed }
  if (deprecated !== undefined) return { level: 'deprecated', note: deprecated }
  if (key !== field.key) return { level: 'deprecated', note: `now called ${field.key}` }
  return { level: 'supported', note: '' }
}

function supported(path: ConfigPath, entry: MapEntry): KeySupport {
  return { path, place: entry.keyPlace, level: 'supported', note: '' }
}
