import { stringify } from 'yaml'
import { formatPlace } from '../config/problem-format.ts'
import type { ConfigNode, MapNode, ScalarNode } from '../config/tree.ts'

/** A tree as YAML lines; with `withSources` each line that holds a value ends in a comment that says where it came from. */
export function writeYaml(node: ConfigNode, withSources: boolean): string {
  const lines: Line[] = []
  writeNode(node, 0, lines)
  const width = Math.min(60, Math.max(0, ...lines.map(line => line.text.length)))
  return lines
    .map(({ text, from }) => (withSources && from !== undefined ? `${text.padEnd(width)}  # ${from}\n` : `${text}\n`))
    .join('')
}

interface Line {
  text: string
  from: string | undefined
}

function writeNode(node: ConfigNode, depth: number, lines: Line[]): void {
  if (node.kind === 'map') writeMap(node, depth, lines)
  else if (node.kind === 'list') {
    for (const item of node.items) writeItem(item, depth, lines)
  } else lines.push({ text: `${'  '.repeat(depth)}${scalarText(node)}`, from: sourceText(node) })
}

function writeMap(node: MapNode, depth: number, lines: Line[]): void {
  for (const entry of node.entries.values()) {
    const key = `${'  '.repeat(depth)}${inlineText(entry.key)}:`
    const { value } = entry
    if (value.kind === 'scalar') {
      const text = scalarText(value)
      lines.push({ text: text === '' ? key : `${key} ${text}`, from: sourceText(value) })
    } else if (isEmpty(value)) {
      lines.push({ text: `${key} ${value.kind === 'map' ? '{}' : '[]'}`, from: sourceText(value) })
    } else if (value.kind === 'list' && value.items.every(item => item.kind === 'scalar')) {
      const items = value.items.map(item => (item.kind === 'scalar' ? flowText(item) : ''))
      lines.push({ text: `${key} [${items.join(', ')}]`, from: sourceText(value) })
    } else {
      lines.push({ text: key, from: undefined })
      writeNode(value, depth + 1, lines)
    }
  }
}

function writeItem(item: ConfigNode, depth: number, lines: Line[]): void {
  const indent = '  '.repeat(depth)
  if (item.kind === 'scalar') {
    lines.push({ text: `${indent}- ${scalarText(item)}`, from: sourceText(item) })
    return
  }
  if (isEmpty(item)) {
    lines.push({ text: `${indent}- ${item.kind === 'map' ? '{}' : '[]'}`, from: sourceText(item) })
    return
  }
  const start = lines.length
  writeNode(item, depth + 1, lines)
  const first = lines[start]
  if (first !== undefined) first.text = `${indent}- ${first.text.slice(indent.length + 2)}`
}

function isEmpty(node: ConfigNode): boolean {
  return (node.kind === 'map' && node.entries.size === 0) || (node.kind === 'list' && node.items.length === 0)
}

function scalarText(node: ScalarNode): string {
  if (node.value === null) return ''
  // Text that a placeholder inserted may look like a number where a text field takes it: quoted, it means the same.
  if (typeof node.value === 'string') return inlineText(node.value)
  if (typeof node.value === 'number') return node.text
  return String(node.value)
}

function flowText(node: ScalarNode): string {
  const text = node.value === null ? 'null' : scalarText(node)
  return typeof node.value === 'string' && /[,[\]{}]/.test(text) && !/^["']/.test(text)
    ? JSON.stringify(node.value)
    : text
}

function inlineText(value: string): string {
  // YAML 1.1 readers take these for numbers or booleans; quotes make every reader agree.
  if (/^[-+.\d][\d_.:xXoObBeE+-]*$/.test(value) || /^(y|n|yes|no|on|off)$/i.test(value)) return JSON.stringify(value)
  if (value.includes('\n')) return JSON.stringify(value)
  return stringify(value, { lineWidth: 0 }).trimEnd()
}

function sourceText(node: ConfigNode): string {
  const place = formatPlace(node.place)
  return node.place.origin === undefined ? place : `${place}, ${node.place.origin}`
}
