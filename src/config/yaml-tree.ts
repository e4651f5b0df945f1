import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  parseAllDocuments,
  Scalar,
  visit,
  type YAMLMap,
  type YAMLParseError,
} from 'yaml'
import { resolvePlainScalar } from './plain-scalar.ts'
import type { Problem } from './problem.ts'
import type { ProblemCode } from './problem-codes.ts'
import { secretKeyPattern } from './secret-key.ts'
import type { ConfigNode, MapEntry, Place, ScalarValue, SourceText } from './tree.ts'

export const sourceCharactersMax = 4 * 1024 * 1024
const depthMax = 64
/** Values in one source, each alias counted in full. */
const nodeCountMax = 200_000

/** Reads YAML into a tree whose every value knows its place. The tree is undefined where the text is empty or broken. */
export function parseYamlTree(source: SourceText, problems: Problem[]): ConfigNode | undefined {
  return new TreeReader(source, problems).read()
}

class LimitError extends Error {}

class TreeReader {
  readonly #source: SourceText
  readonly #problems: Problem[]
  readonly #anchors = new Map<string, ConfigNode>()
  readonly #sizes = new Map<ConfigNode, number>()
  #nodeCount = 0

  constructor(source: SourceText, problems: Problem[]) {
    this.#source = source
    this.#problems = problems
  }

  read(): ConfigNode | undefined {
    if (this.#source.text.length > sourceCharactersMax) {
      this.#report(
        'SLC0116',
        0,
        0,
        `the source has ${this.#source.text.length} characters; at most ${sourceCharactersMax}`,
      )
      return undefined
    }
    const [document, second] = this.#parse()
    if (document === undefined) return undefined
    const [error] = [...document.errors].sort((a, b) => a.pos[0] - b.pos[0])
    if (error?.code === 'RESOURCE_EXHAUSTION') {
      this.#report('SLC0116', 0, 0, `values are nested deeper than ${depthMax} levels`)
      return undefined
    }
    if (error !== undefined) {
      this.#reportSyntax(error as YAMLParseError, document)
      return undefined
    }
    if (second !== undefined) {
      const at = second.range?.[0] ?? 0
      this.#report('SLC0117', at, at, 'only the first YAML document is read', 'remove the --- line', 'warning')
    }
    if (document.contents === null) return undefined
    try {
      return this.#node(document.contents as Node, 0)
    } catch (error) {
      if (!(error instanceof LimitError)) throw error
      this.#report('SLC0116', 0, 0, error.message)
      return undefined
    }
  }

  #parse(): readonly Document[] {
    try {
      const parsed = parseAllDocuments(this.#source.text, {
        uniqueKeys: false,
        prettyErrors: false,
        logLevel: 'silent',
      })
      return Array.isArray(parsed) ? (parsed as Document[]) : []
    } catch (error) {
      // The parser recurses per level of nesting.
      if (!(error instanceof RangeError)) throw error
      this.#report('SLC0116', 0, 0, `values are nested deeper than ${depthMax} levels`)
      return []
    }
  }

  #node(node: Node, depth: number): ConfigNode {
    if (depth > depthMax) throw new LimitError(`values are nested deeper than ${depthMax} levels`)
    const before = this.#nodeCount
    if (isAlias(node)) return this.#alias(node.source, this.#place(node))
    this.#count(1)
    const tree = this.#plainNode(node, depth)
    const anchor = (node as { anchor?: string }).anchor
    if (anchor !== undefined) {
      this.#anchors.set(anchor, tree)
      this.#sizes.set(tree, this.#nodeCount - before)
    }
    return tree
  }

  #plainNode(node: Node, depth: number): ConfigNode {
    const place = this.#place(node)
    if (isMap(node)) return { kind: 'map', entries: this.#entries(node, depth), expanded: undefined, place }
    if (isSeq(node)) {
      const items = node.items.map(item => this.#node(item as Node, depth + 1))
      return { kind: 'list', items, expanded: undefined, place }
    }
    if (!isScalar(node)) throw new LimitError('a kind of YAML node that nobody foresaw')
    const isPlain = node.type === undefined || node.type === Scalar.PLAIN
    const text = String(node.source ?? node.value ?? '')
    return { kind: 'scalar', value: scalarValue(text, isPlain, node.tag), text, expanded: undefined, isPlain, place }
  }

  #alias(name: string, place: Place): ConfigNode {
    const target = this.#anchors.get(name)
    if (target === undefined) {
      this.#report(
        'SLC0118',
        place.start,
        place.end,
        `no anchor &${name} before this alias`,
        `define &${name} earlier in the same source; a value cannot contain itself`,
      )
      return { kind: 'scalar', value: null, text: '', expanded: undefined, isPlain: true, place }
    }
    this.#count(this.#sizes.get(target) ?? 1)
    return target
  }

  #entries(node: YAMLMap, depth: number): ReadonlyMap<string, MapEntry> {
    const entries = new Map<string, MapEntry>()
    const merged: ConfigNode[] = []
    for (const pair of node.items as Pair<Node, Node | null>[]) {
      const key = pair.key
      const value = pair.value === null ? this.#nothing(key) : this.#node(pair.value, depth + 1)
      if (isScalar(key) && key.type === Scalar.PLAIN && key.source === '<<') merged.push(value)
      else this.#addEntry(entries, key, value)
    }
    for (const source of merged) this.#merge(entries, source)
    return entries
  }

  #addEntry(entries: Map<string, MapEntry>, key: Node, value: ConfigNode): void {
    const keyPlace = this.#place(key)
    const keyNode = isAlias(key) ? this.#alias(key.source, keyPlace) : undefined
    const text = isScalar(key)
      ? String(key.source ?? key.value ?? '')
      : keyNode?.kind === 'scalar'
        ? keyNode.text
        : undefined
    if (text === undefined) {
      this.#report('SLC0101', keyPlace.start, keyPlace.end, 'a key must be text, not a list or a map')
      return
    }
    const first = entries.get(text)
    if (first !== undefined) {
      this.#problems.push({
        code: 'SLC0107',
        severity: 'error',
        message: `key "${text}" is written twice in this map`,
        path: [text],
        place: keyPlace,
        remedy: 'put everything under one of the two and remove the other',
        related: [{ message: 'first defined here', place: first.keyPlace }],
      })
      return
    }
    entries.set(text, { key: text, keyPlace, value })
  }

  /** `<<`: keys of the map itself win over merged ones, and earlier maps of a list over later ones. */
  #merge(entries: Map<string, MapEntry>, source: ConfigNode): void {
    if (source.kind === 'list') {
      for (const item of source.items) this.#merge(entries, item)
    } else if (source.kind === 'map') {
      for (const [key, entry] of source.entries) if (!entries.has(key)) entries.set(key, entry)
    } else {
      const { start, end } = source.place
      this.#report('SLC0101', start, end, 'the merge key << takes a map or a list of maps', 'write <<: *anchor')
    }
  }

  #nothing(key: Node): ConfigNode {
    const at = key.range?.[1] ?? 0
    const place = { source: this.#source, start: at, end: at }
    return { kind: 'scalar', value: null, text: '', expanded: undefined, isPlain: true, place }
  }

  #count(nodes: number): void {
    this.#nodeCount += nodes
    if (this.#nodeCount > nodeCountMax) throw new LimitError(`aliases expand to more than ${nodeCountMax} values`)
  }

  #place(node: Node): Place {
    const [start, end] = node.range ?? [0, 0]
    return { source: this.#source, start, end }
  }

  #reportSyntax(error: YAMLParseError, document: Document): void {
    const { text } = this.#source
    const lineStart = text.lastIndexOf('\n', error.pos[0] - 1) + 1
    const lineEnd = text.indexOf('\n', lineStart)
    const line = text.slice(lineStart, lineEnd === -1 ? undefined : lineEnd)
    const tab = /^( *)\t/.exec(line)
    if (tab !== null || error.code === 'TAB_AS_INDENT') {
      const at = tab === null ? error.pos[0] : lineStart + (tab[1]?.length ?? 0)
      this.#report('SLC0114', at, at + 1, 'a tab is used for indentation', 'replace each tab by two spaces')
      return
    }
    const glued = /^\s*(?:- +)?([A-Za-z_][\w./-]*):(?=[^\s:/])\S/.exec(line)
    if (glued !== null) {
      const at = lineStart + glued[0].length - 2
      this.#report('SLC0113', at, at + 1, `no space after "${glued[1]}:"`, `write "${glued[1]}: " with a space`)
      return
    }
    if (text[error.pos[0]] === '{' && text[error.pos[0] - 1] === '$') {
      const message = 'a placeholder inside {} or [] needs quotes'
      const [placeholder] = /^\$\{[^}]*\}/.exec(text.slice(error.pos[0] - 1)) ?? ['${...}']
      const key = /([\w.-]+)["']?\s*:\s*$/.exec(text.slice(lineStart, error.pos[0] - 1))?.[1]
      // The default of a secret is one, too.
      const isSecret = key !== undefined && secretKeyPattern.test(key)
      const shown = isSecret ? placeholder.replace(/:-.*(?=\})/s, ':-...') : placeholder
      this.#report('SLC0101', error.pos[0] - 1, error.pos[0] + 1, message, `write "${shown}"`)
      return
    }
    const open = unclosed(document, error)
    if (open !== undefined) {
      this.#report('SLC0101', open.start, open.start + 1, `this ${open.what} is never closed`, `close the ${open.what}`)
      return
    }
    const { message, remedy } = syntaxAdvice(error)
    this.#report('SLC0101', error.pos[0], Math.max(error.pos[0] + 1, error.pos[1]), message, remedy)
  }

  #report(
    code: ProblemCode,
    start: number,
    end: number,
    message: string,
    remedy?: string,
    severity: 'error' | 'warning' = 'error',
  ): void {
    const place = { source: this.#source, start, end }
    this.#problems.push({ code, severity, message, path: [], place, remedy, related: [] })
  }
}

function scalarValue(text: string, isPlain: boolean, tag: string | undefined): ScalarValue {
  switch (tag) {
    case 'tag:yaml.org,2002:str':
    case '!':
      return text
    case 'tag:yaml.org,2002:float': {
      const value = resolvePlainScalar(text)
      return typeof value === 'bigint' ? Number(value) : value
    }
    case 'tag:yaml.org,2002:null':
      return null
    case 'tag:yaml.org,2002:int':
    case 'tag:yaml.org,2002:bool':
      return resolvePlainScalar(text)
    default:
      return isPlain ? resolvePlainScalar(text) : text
  }
}

/** The quote or bracket that a complaint further down is really about. */
function unclosed(document: Document, error: YAMLParseError): { start: number; what: 'quote' | 'bracket' } | undefined {
  const isQuote = error.code === 'MISSING_CHAR' && /quote/i.test(error.message)
  const isBracket = /flow (map|seq|collection)|Flow|expected .*[\]}]/.test(error.message)
  if (!isQuote && !isBracket) return undefined
  let found: { start: number; what: 'quote' | 'bracket' } | undefined
  visit(document, {
    Scalar(_key, node) {
      const isQuoted = node.type === Scalar.QUOTE_DOUBLE || node.type === Scalar.QUOTE_SINGLE
      const start = node.range?.[0]
      if (isQuote && isQuoted && start !== undefined && start < error.pos[0]) found = { start, what: 'quote' }
    },
    Collection(_key, node) {
      const start = node.range?.[0]
      const isOpen = (node.range?.[1] ?? 0) >= error.pos[0]
      if (!isQuote && node.flow === true && start !== undefined && start < error.pos[0] && isOpen) {
        found = { start, what: 'bracket' }
      }
    },
  })
  return found
}

function syntaxAdvice(error: YAMLParseError): { message: string; remedy: string | undefined } {
  switch (error.code) {
    case 'BLOCK_AS_IMPLICIT_KEY':
      return {
        message: 'a second "key: value" on one line',
        remedy: 'start a new line, indented one step deeper, or put the value in quotes',
      }
    case 'BAD_INDENT':
      return { message: 'the indentation fits no level above', remedy: 'line the key up with its neighbours' }
    case 'MULTILINE_IMPLICIT_KEY':
    case 'KEY_OVER_1024_CHARS':
      return {
        message: 'this is read as one text over several lines, where a key with a value is expected',
        remedy: 'look for a missing colon, a missing quote or a wrong indentation here or on the line above',
      }
    case 'MISSING_CHAR':
      return { message: 'a key without a colon', remedy: 'put a colon and a space after the key' }
    case 'BAD_SCALAR_START':
      return { message: 'a plain value cannot start with this character', remedy: 'put the value in quotes' }
    default:
      return { message: `not valid YAML: ${error.message.split('\n')[0]}`, remedy: undefined }
  }
}
