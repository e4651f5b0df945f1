import { resolvePlainScalar } from './plain-scalar.ts'
import type { Problem } from './problem.ts'
import type { ProblemCode } from './problem-codes.ts'
import { reasonOf, redactUrl, type SourceIo, splitScheme } from './source-reader.ts'
import type { ConfigNode, MapEntry, Place, ScalarNode } from './tree.ts'
import { parseYamlTree } from './yaml-tree.ts'

const expansionRoundsMax = 1000
/** Characters of one expanded text; a placeholder that doubles itself stops here. */
const expandedCharactersMax = 1024 * 1024
/** Placeholders looked up in one configuration: one that holds itself twice grows without end. */
const lookUpsMax = 5_000

/** What a placeholder stands for: its text, and how messages call where it came from. */
interface Retrieved {
  readonly text: string
  readonly origin: string
  /** An empty default: an empty text rather than nothing. */
  readonly isText: boolean
}

interface Failure {
  readonly code: ProblemCode
  readonly message: string
  readonly remedy?: string
}

/**
 * Replaces `${...}` in all values of the tree, as the Collector does: innermost first, results again, keys never. A
 * value that is one placeholder takes the type that YAML sees in the inserted text, and keeps the text beside it.
 */
export class Expander {
  readonly #io: SourceIo
  readonly #problems: Problem[]
  readonly #failed = new Set<string>()
  readonly #budget: { lookUpsLeft: number }
  /** Files that placeholders read, for whoever watches them. */
  readonly files: string[] = []

  constructor(io: SourceIo, problems: Problem[], budget = { lookUpsLeft: lookUpsMax }) {
    this.#io = io
    this.#budget = budget
    this.#problems = problems
  }

  async expand(node: ConfigNode): Promise<ConfigNode> {
    return unescapeTree(await this.#node(node, 0))
  }

  async #node(node: ConfigNode, rounds: number): Promise<ConfigNode> {
    if (node.kind === 'scalar') return await this.#scalar(node, rounds)
    if (node.kind === 'list') {
      const items: ConfigNode[] = []
      for (const item of node.items) items.push(await this.#node(item, rounds))
      return { ...node, items, expanded: await this.#expandedText(node, rounds) }
    }
    const entries = new Map<string, MapEntry>()
    for (const [key, entry] of node.entries) {
      if (/\$\{[^}]*\}/.test(key) && node.place.origin === undefined) {
        this.#report('SLC0213', 'warning', entry.keyPlace, `the placeholder in the key "${key}" is not expanded`)
      }
      entries.set(key, { ...entry, value: await this.#node(entry.value, rounds) })
    }
    return { ...node, entries, expanded: await this.#expandedText(node, rounds) }
  }

  /**
   * The text beside a value that came from a placeholder: its own placeholders are replaced as well. Where that cannot
   * be done (a comment in a variable mentions one), the value stays and only its text is lost, as in the Collector.
   */
  async #expandedText(node: ConfigNode, rounds: number): Promise<string | undefined> {
    const text = node.expanded
    if (text?.includes('${') !== true) return text
    const attempt = new Expander(this.#io, [], this.#budget)
    const scalar: ScalarNode = { kind: 'scalar', value: text, text, expanded: text, isPlain: false, place: node.place }
    const result = await attempt.#scalar(scalar, rounds)
    if (attempt.#failed.size > 0) return undefined
    return result.expanded ?? (result.kind === 'scalar' ? result.text : text)
  }

  async #scalar(node: ScalarNode, roundsBefore: number): Promise<ConfigNode> {
    if (typeof node.value !== 'string') return { ...node, expanded: await this.#expandedText(node, roundsBefore) }
    let current: ScalarNode = node
    for (let round = roundsBefore; round < expansionRoundsMax; round++) {
      const text = String(current.value)
      const uri = findPlaceholder(text)
      if (uri !== undefined && --this.#budget.lookUpsLeft < 0) break
      if (uri === undefined) {
        this.#warnLiteral(text, current)
        return current
      }
      const place = placeholderPlace(node.place, uri)
      const retrieved = await this.#retrieve(uri, place)
      if (retrieved === undefined) return { ...current, value: '', text: '', isBroken: true, place }
      const via = { ...place, placeholder: uri, origin: retrieved.origin }
      if (uri === text) {
        const value = parsedValue(retrieved, via)
        if (value.kind !== 'scalar' || typeof value.value !== 'string') {
          return await this.#node(value, round + 1)
        }
        current = value
      } else {
        const replaced = text.replaceAll(uri, () => retrieved.text)
        if (replaced.length > expandedCharactersMax) break
        const joined = (before: string | undefined, now: string) => (before === undefined ? now : `${before}, ${now}`)
        const from = {
          ...node.place,
          placeholder: joined(current.place.placeholder, uri),
          origin: joined(current.place.origin, retrieved.origin),
        }
        current = { ...current, value: replaced, text: replaced, expanded: replaced, place: from }
      }
    }
    const message = 'placeholders expand to placeholders without end'
    this.#report('SLC0206', 'error', node.place, message, 'look for a variable that names itself')
    return { ...node, value: '', text: '', isBroken: true }
  }

  async #retrieve(uri: string, place: Place): Promise<Retrieved | undefined> {
    const result = await this.#lookUp(uri.slice(2, -1), place)
    if ('text' in result) return result
    // The same placeholder of an anchored value would be reported once per alias.
    const seen = `${result.code} ${place.source.name} ${place.start} ${uri}`
    if (!this.#failed.has(seen)) this.#report(result.code, 'error', place, result.message, result.remedy)
    this.#failed.add(seen)
    return undefined
  }

  async #lookUp(inner: string, place: Place): Promise<Retrieved | Failure> {
    const defaulted = /^([a-zA-Z_]\w*):-/.exec(inner)
    if (defaulted !== null) {
      const message = `"\${${inner}}" is no valid placeholder: a default needs the word env`
      return { code: 'SLC0205', message, remedy: `write \${env:${inner}}` }
    }
    const uri = inner.includes(':') ? splitScheme(inner) : { scheme: 'env', rest: inner }
    if (uri === undefined)
      return { code: 'SLC0205', message: `"\${${inner}}" is no valid placeholder`, remedy: escapeAdvice }
    if (uri.rest.includes('$')) {
      const message = `the placeholder "\${${inner}}" contains a "$"`
      return { code: 'SLC0205', message, remedy: 'a $ inside a placeholder must begin a whole ${...}' }
    }
    switch (uri.scheme) {
      case 'env':
        return this.#environment(uri.rest, place)
      case 'file':
        return await this.#file(uri.rest, place)
      case 'yaml':
        return { text: uri.rest, origin: 'the placeholder itself', isText: false }
      case 'http':
      case 'https':
        return await this.#fetched(inner)
      default:
        return {
          code: 'SLC0205',
          message: `there is no source "${uri.scheme}:" for placeholders`,
          remedy: `use env:, file:, yaml:, http: or https:; ${escapeAdvice}`,
        }
    }
  }

  #environment(rest: string, place: Place): Retrieved | Failure {
    const split = rest.indexOf(':-')
    const name = split === -1 ? rest : rest.slice(0, split)
    const fallback = split === -1 ? undefined : rest.slice(split + 2)
    const origin = `environment variable ${name}`
    if (!/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name)) {
      const message = `"${name}" cannot be the name of an environment variable`
      const isGroup = /^\d+$/.test(name)
      const remedy = isGroup ? `a reference to a regex group is written $\${${name}} or $$${name}` : escapeAdvice
      return { code: 'SLC0203', message, remedy }
    }
    const text = Object.hasOwn(this.#io.env, name) ? this.#io.env[name] : undefined
    if (text !== undefined) return { text, origin, isText: false }
    if (fallback !== undefined) return { text: fallback, origin: `the default of ${origin}`, isText: fallback === '' }
    const remedy = `set ${name}, or give a default: \${env:${name}:-value}`
    this.#report('SLC0204', 'warning', place, `environment variable ${name} is not set; the value is empty`, remedy)
    return { text: '', origin, isText: false }
  }

  async #file(path: string, place: Place): Promise<Retrieved | Failure> {
    try {
      const text = await this.#io.readFile(path)
      this.files.push(path)
      const isText = typeof resolvePlainScalar(text.trimEnd()) === 'string' && !/^[\s]*[[{]|:(\s|$)/m.test(text)
      if (text.endsWith('\n') && isText) {
        const message = `the newline at the end of ${path} becomes part of the value`
        this.#report('SLC0210', 'warning', place, message, `write the file without it: printf '%s' "$TOKEN" > ${path}`)
      }
      return { text, origin: `file ${path}`, isText: false }
    } catch (error) {
      return {
        code: 'SLC0208',
        message: `cannot read file ${path}: ${reasonOf(error)}`,
        remedy: 'check the path and its permissions',
      }
    }
  }

  async #fetched(url: string): Promise<Retrieved | Failure> {
    try {
      return { text: await this.#io.fetchText(url), origin: redactUrl(url), isText: false }
    } catch (error) {
      return { code: 'SLC0208', message: `cannot fetch ${redactUrl(url)}: ${reasonOf(error)}` }
    }
  }

  #warnLiteral(text: string, node: ScalarNode): void {
    if (node.place.origin !== undefined) return
    const escaped = /(?<!\$)\$(?:\$\$)*\$\{[^}]*\}/.exec(text)
    const later =
      escaped === null
        ? null
        : /(?<!\$)(?:\$\$)*(\$\{(?:env:|file:)[^}]*\})/.exec(text.slice(escaped.index + escaped[0].length))
    if (later !== null) {
      const message = `${later[1]} stays as it is, since an escaped "$$" stands before it`
      this.#report('SLC0212', 'warning', node.place, message, 'put the placeholder in front of the escaped dollar sign')
    }
    const bare = /(?<!\$)(?:\$\$)*\$([A-Z_][A-Z0-9_]+)\b/.exec(text)
    if (bare !== null) {
      const place = placeholderPlace(node.place, `$${bare[1]}`)
      this.#report(
        'SLC0207',
        'warning',
        place,
        `$${bare[1]} is not expanded`,
        `write \${env:${bare[1]}}, or $$${bare[1]} for the text itself`,
      )
    }
  }

  #report(code: ProblemCode, severity: 'error' | 'warning', place: Place, message: string, remedy?: string): void {
    this.#problems.push({ code, severity, message, path: [], place, remedy, related: [] })
  }
}

const escapeAdvice = 'for a literal dollar sign write $$'

/** The innermost placeholder at the first closing brace; undefined where there is none, or where it is escaped. */
function findPlaceholder(text: string): string | undefined {
  let from = 0
  for (;;) {
    const close = text.indexOf('}', from)
    if (close === -1) return undefined
    const open = text.lastIndexOf('${', close)
    if (open < from) {
      from = close + 1
      continue
    }
    let dollars = 0
    while (open - 1 - dollars >= from && text[open - 1 - dollars] === '$') dollars++
    return dollars % 2 === 1 ? undefined : text.slice(open, close + 1)
  }
}

/** The range of the placeholder inside a value where the source shows it as such, else that of the value. */
function placeholderPlace(place: Place, uri: string): Place {
  if (place.origin !== undefined) return place
  const at = place.source.text.slice(place.start, place.end).indexOf(uri)
  return at === -1 ? place : { ...place, start: place.start + at, end: place.start + at + uri.length }
}

/** Inserted text as a value: what YAML reads as text is taken byte for byte, and so is what is no YAML. */
function parsedValue(retrieved: Retrieved, place: Place): ConfigNode {
  const { text } = retrieved
  const asText: ScalarNode = { kind: 'scalar', value: text, text, expanded: text, isPlain: true, place }
  if (retrieved.isText) return asText
  // A directive that no document follows is no YAML, though our parser sees an empty document: a password may begin so.
  if (text.startsWith('%') && !/^---(?:\s|$)/m.test(text)) return asText
  if (text.trim() === '') return { ...asText, value: null }
  const problems: Problem[] = []
  const tree = parseYamlTree({ name: retrieved.origin, text }, problems)
  if (problems.some(problem => problem.severity === 'error')) return asText
  if (tree === undefined) return { ...asText, value: null }
  if (tree.kind === 'scalar' && typeof tree.value === 'string') return asText
  return { ...replaced(tree, place), expanded: text }
}

/** The tree with every place set to that of the placeholder. */
function replaced(node: ConfigNode, place: Place): ConfigNode {
  if (node.kind === 'scalar') return { ...node, place }
  if (node.kind === 'list') return { ...node, items: node.items.map(item => replaced(item, place)), place }
  const entries = new Map<string, MapEntry>()
  for (const [key, entry] of node.entries)
    entries.set(key, { key, keyPlace: place, value: replaced(entry.value, place) })
  return { ...node, entries, place }
}

/** `$$` becomes `$`, in the file as in what was inserted. */
function unescapeTree(node: ConfigNode): ConfigNode {
  const expanded = node.expanded?.replaceAll('$$', '$')
  if (node.kind === 'list') return { ...node, items: node.items.map(unescapeTree), expanded }
  if (node.kind === 'map') {
    const entries = new Map<string, MapEntry>()
    for (const [key, entry] of node.entries) entries.set(key, { ...entry, value: unescapeTree(entry.value) })
    return { ...node, entries, expanded }
  }
  if (typeof node.value !== 'string') return { ...node, expanded }
  return { ...node, value: node.value.replaceAll('$$', '$'), text: node.text.replaceAll('$$', '$'), expanded }
}
