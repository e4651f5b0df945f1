import type { ConfigNode, ListNode, MapEntry, MapNode } from './tree.ts'
import { isNull } from './tree.ts'

/**
 * Later sources win: maps merge key by key, everything else replaces, and a null erases what stood before. Lists at a path
 * that `appends` says yes to keep what they had, and get what is new.
 */
export function mergeTrees(
  earlier: ConfigNode | undefined,
  later: ConfigNode,
  appends: (path: readonly string[]) => boolean = () => false,
  path: readonly string[] = [],
): ConfigNode {
  if (earlier?.kind === 'list' && later.kind === 'list' && appends(path)) return appendedList(earlier, later)
  if (earlier === undefined || earlier.kind !== 'map' || later.kind !== 'map') return later
  const entries = new Map(earlier.entries)
  for (const [key, entry] of later.entries) {
    const before = entries.get(key)
    const value = mergeTrees(before?.value, entry.value, appends, [...path, key])
    const isMerged = before?.value.kind === 'map' && entry.value.kind === 'map'
    entries.set(key, { ...(isMerged ? before : entry), value })
  }
  return { ...earlier, entries }
}

/** `service::extensions`, and `receivers` and `exporters` of pipelines: what the Collector's gate appends to. */
export function isListOfIds(path: readonly string[]): boolean {
  const last = path.at(-1)
  if (path[0] !== 'service') return false
  return path.length === 2 ? last === 'extensions' : path.length > 2 && (last === 'receivers' || last === 'exporters')
}

function appendedList(earlier: ListNode, later: ListNode): ListNode {
  const seen = new Set(earlier.items.map(idText))
  return { ...later, items: [...earlier.items, ...later.items.filter(item => !seen.has(idText(item)))] }
}

function idText(node: ConfigNode): unknown {
  return node.kind === 'scalar' ? node.text : node
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
