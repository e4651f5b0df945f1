import { isSecretOrigin, redactedText } from './secret-key.ts'

/** One text that configuration was read from: a file, an environment variable, a flag. */
export interface SourceText {
  /** As diagnostics print it: the path as the user gave it, `env:OTEL_CONFIG`, `--set`. */
  readonly name: string
  readonly text: string
}

/** Where a value stands: a range of one source. Offsets count UTF-16 units. */
export interface Place {
  readonly source: SourceText
  readonly start: number
  readonly end: number
  /** The value came through this placeholder, which is what `start` and `end` enclose. */
  readonly placeholder?: string
  /** What the placeholder names: `environment variable PORT`, `file /run/secret`. */
  readonly origin?: string
}

export type ConfigPath = readonly (string | number)[]

/** Integers are bigints, so that no digit of a 64-bit number is lost before its field is known. */
export type ScalarValue = null | boolean | bigint | number | string

export interface ScalarNode {
  readonly kind: 'scalar'
  readonly value: ScalarValue
  /** The characters as written, without quotes. */
  readonly text: string
  /** The text that a placeholder inserted, byte for byte; a string field takes it whatever YAML makes of it. */
  readonly expanded: string | undefined
  /** Plain scalars may be numbers, null or bools; quoted and block ones are always text. */
  readonly isPlain: boolean
  /** A placeholder in it failed, which was reported: nobody needs to say more about the value. */
  readonly isBroken?: true
  readonly place: Place
}

export interface MapEntry {
  readonly key: string
  readonly keyPlace: Place
  readonly value: ConfigNode
}

export interface MapNode {
  readonly kind: 'map'
  readonly entries: ReadonlyMap<string, MapEntry>
  readonly expanded: string | undefined
  readonly place: Place
}

export interface ListNode {
  readonly kind: 'list'
  readonly items: readonly ConfigNode[]
  readonly expanded: string | undefined
  readonly place: Place
}

export type ConfigNode = ScalarNode | MapNode | ListNode

export function isBroken(node: ConfigNode | undefined): boolean {
  return node?.kind === 'scalar' && node.isBroken === true
}

/** Whether anything in the tree is broken. */
export function holdsBroken(node: ConfigNode | undefined): boolean {
  if (node === undefined || node.kind === 'scalar') return isBroken(node)
  if (node.kind === 'list') return node.items.some(holdsBroken)
  return [...node.entries.values()].some(entry => holdsBroken(entry.value))
}

export function isNull(node: ConfigNode): boolean {
  return node.kind === 'scalar' && node.value === null
}

/** Line and column, both from 1. */
export function lineColumn(source: SourceText, offset: number): { line: number; column: number } {
  const before = source.text.slice(0, offset)
  const lineStart = before.lastIndexOf('\n') + 1
  let line = 1
  for (let at = before.indexOf('\n'); at !== -1; at = before.indexOf('\n', at + 1)) line++
  return { line, column: offset - lineStart + 1 }
}

/** The value at `path`, or the deepest one on the way that exists, with the place of its key where it has one. */
export function placeOf(root: ConfigNode, path: ConfigPath, rootPlace: Place): Place {
  let node = root
  let place = rootPlace
  for (const [index, step] of path.entries()) {
    if (node.kind === 'map') {
      const entry = node.entries.get(String(step))
      if (entry === undefined) return place
      const isLast = index === path.length - 1
      node = entry.value
      place = isLast && node.kind === 'scalar' && node.place.end > node.place.start ? node.place : entry.keyPlace
    } else if (node.kind === 'list') {
      const item = node.items[Number(step)]
      if (item === undefined) return place
      node = item
      place = item.place
    } else return place
  }
  return place
}

/** The node at `path`; undefined where the path leaves the tree. */
export function nodeAt(root: ConfigNode | undefined, path: ConfigPath): ConfigNode | undefined {
  let node = root
  for (const step of path) {
    if (node === undefined || node.kind === 'scalar') return undefined
    node = node.kind === 'map' ? node.entries.get(String(step))?.value : node.items[Number(step)]
  }
  return node
}

/** The characters of a value for a message; those of what may be a secret are not repeated. */
export function shownText(node: ScalarNode): string {
  if (isSecretOrigin(node.place.origin)) return redactedText
  return node.text.length > 40 ? `${node.text.slice(0, 37)}...` : node.text
}

/** As a user would say it in an error message. */
export function describeNode(node: ConfigNode): string {
  if (node.kind === 'map') return 'a map'
  if (node.kind === 'list') return 'a list'
  if (node.value === null) return 'nothing'
  const text = shownText(node)
  if (typeof node.value === 'string') return text === redactedText ? 'a text' : `the text ${JSON.stringify(text)}`
  if (typeof node.value === 'boolean') return `the boolean ${text}`
  return text === redactedText ? 'a number' : `the number ${text}`
}
