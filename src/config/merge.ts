import type { ConfigNode, MapEntry, MapNode } from './tree.ts'
import { isNull } from './tree.ts'

/** Later sources win: maps merge key by key, everything else replaces, and a null erases what stood before. */
export function mergeTrees(earlier: ConfigNode | undefined, later: ConfigNode): ConfigNode {
  if (earlier === undefined || earlier.kind !== 'map' || later.kind !== 'map') return later
  const entries = new Map(earlier.entries)
  for (const [key, entry] of later.entries) {
    const before = entries.get(key)
    if (before === undefined) entries.set(key, entry)
    else if (before.value.kind === 'map' && entry.value.kind === 'map') {
      entries.set(key, { ...before, value: mergeTrees(before.value, entry.value) })
    } else entries.set(key, entry)
  }
  return { ...earlier, entries }
}

/** `receivers::otlp::protocols:` at the top of a source means the nested maps. */
export function unflattenTop(tree: ConfigNode): ConfigNode {
  if (tree.kind !== 'map' || ![...tree.entries.keys()].some(key => key.includes('::'))) return tree
  let result: ConfigNode = { ...tree, entries: new Map<string, MapEntry>() }
  for (const entry of tree.entries.values()) result = mergeTrees(result, nested(entry, tree))
  return result
}

function nested(entry: MapEntry, around: MapNode): MapNode {
  const keys = entry.key.split('::')
  let value = entry.value
  for (const key of keys.slice(1).reverse()) {
    value = { ...around, entries: new Map([[key, { key, keyPlace: entry.keyPlace, value }]]) }
  }
  const key = keys[0] ?? ''
  return { ...around, entries: new Map([[key, { key, keyPlace: entry.keyPlace, value }]]) }
}

/** Whether a source says nothing at all. */
export function isEmptyTree(tree: ConfigNode | undefined): boolean {
  return tree === undefined || isNull(tree) || (tree.kind === 'map' && tree.entries.size === 0)
}
