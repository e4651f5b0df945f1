import { createHash } from 'node:crypto'
import type { ConfigNode } from './tree.ts'

/** SHA-256 over the meaning of a tree: order of keys, comments and layout do not count; secrets do not leak. */
export function fingerprintOf(node: ConfigNode | undefined): string {
  return createHash('sha256').update(canonicalText(node)).digest('hex')
}

function canonicalText(node: ConfigNode | undefined): string {
  if (node === undefined) return 'absent'
  const inserted = node.expanded === undefined ? '' : `@${JSON.stringify(node.expanded)}`
  if (node.kind === 'list') return `[${node.items.map(canonicalText).join(',')}]${inserted}`
  if (node.kind === 'map') {
    const keys = [...node.entries.keys()].sort()
    return `{${keys.map(key => `${JSON.stringify(key)}:${canonicalText(node.entries.get(key)?.value)}`).join(',')}}${inserted}`
  }
  const type = typeof node.value
  return `${type}:${type === 'string' ? JSON.stringify(node.value) : String(node.value)}${inserted}`
}
