import { RE2JS } from 're2js'
import { BytesMemo } from './bytes-memo.ts'

/** What was wrong with a pattern; undefined where it is good. For a configuration's `validate`. */
export function patternProblem(source: string): string | undefined {
  try {
    RE2JS.compile(source)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** One match: its groups by name or number, 0 for the whole; null where a group took no part. Throws where there is no such group. */
export interface PatternMatch {
  group(group: number | string): string | null
}

/**
 * A regular expression in the Collector's syntax, RE2: no look-around, no back-references, and never more than linear
 * time. It matches anywhere in the text. Answers are remembered, since keys and names come again and again.
 */
export class Pattern {
  readonly #compiled: RE2JS
  readonly #memo = new BytesMemo<boolean>()
  /** Names of the groups by number, from 1; empty for a group without a name. */
  readonly groupNames: readonly string[]

  constructor(source: string) {
    this.#compiled = RE2JS.compile(source)
    const names: string[] = new Array(this.#compiled.groupCount()).fill('')
    for (const [name, number] of Object.entries(this.#compiled.namedGroups())) names[number - 1] = name
    this.groupNames = names
  }

  /** Whether it matches somewhere in the UTF-8 text in `bytes[start, end)`. */
  testBytes(bytes: Uint8Array, start: number, end: number): boolean {
    const known = this.#memo.get(bytes, start, end)
    if (known !== undefined) return known
    const answer = this.#compiled.test(bytes.subarray(start, end))
    this.#memo.set(bytes, start, end, answer)
    return answer
  }

  test(text: string): boolean {
    return this.#compiled.test(text)
  }

  /** The text with every match replaced by what `replace` makes of it. A match of nothing right behind another stays. */
  replaceAll(text: string, replace: (match: PatternMatch) => string): string {
    const matcher = this.#compiled.matcher(text)
    let out = ''
    let end = 0
    while (matcher.find()) {
      const start = matcher.start()
      out += text.slice(end, start)
      if (matcher.end() > end || start === 0) out += replace(matcher)
      end = matcher.end()
    }
    return out + text.slice(end)
  }

  /** The groups of the first match, unmatched ones empty; undefined where nothing matches. */
  groups(text: string): string[] | undefined {
    const matcher = this.#compiled.matcher(text)
    if (!matcher.find()) return undefined
    return this.groupNames.map((_, i) => matcher.group(i + 1) ?? '')
  }
}
