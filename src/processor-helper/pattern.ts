import { RE2JS } from 're2js'
import { readText } from '../pdata/text.ts'
import { ByteAutomaton } from './byte-automaton.ts'
import { BytesMemo } from './bytes-memo.ts'
import { SimplePattern } from './simple-pattern.ts'

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

/** Where text is written that is made of ranges of `bytes` and of what takes the place of matches. */
export interface TextOutput {
  readonly bytes: Uint8Array
  /** Where the next thing goes. */
  readonly length: number
  /** Begins a field of so many bytes, which follow. */
  header(fieldNumber: number, length: number): void
  /** Appends `bytes[start, end)`. */
  copy(start: number, end: number): void
  raw(bytes: Uint8Array): void
}

interface PatternMatcher extends PatternMatch {
  find(): boolean
  start(): number
  end(): number
}

/**
 * A regular expression in the Collector's syntax, RE2: no look-around, no back-references, and never more than linear
 * time. It matches anywhere in the text. Answers are remembered, since keys and names come again and again.
 */
export class Pattern {
  readonly #compiled: RE2JS
  readonly #source: string
  readonly #memo = new BytesMemo<boolean>()
  #lazySimple: SimplePattern | undefined | null = null
  #lazyAutomaton: ByteAutomaton | undefined | null = null
  /** Names of the groups by number, from 1; empty for a group without a name. */
  readonly groupNames: readonly string[]

  constructor(source: string) {
    this.#compiled = RE2JS.compile(source)
    this.#source = source
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
    return matcher.find() ? this.#replaceFrom(matcher, text, replace) : text
  }

  /**
   * The same for the UTF-8 text in `bytes[start, end)`; undefined where nothing matches. Nothing is decoded where an
   * automaton rules matches out, and it tells where the exact engine, which takes twenty times as long, has to look.
   */
  replaceBytes(
    bytes: Uint8Array,
    start: number,
    end: number,
    replace: (match: PatternMatch) => string,
  ): string | undefined {
    const simple = this.#simple()
    if (simple !== undefined) return replaceSimply(simple, bytes, start, end, replace)
    const automaton = this.#automaton()
    if (automaton !== undefined && !automaton.find(bytes, start, end)) return undefined
    const text = readText(bytes, start, end)
    const matcher = this.#compiled.matcher(text)
    if (automaton === undefined || text.length !== end - start) {
      return matcher.find() ? this.#replaceFrom(matcher, text, replace) : undefined
    }
    if (!matcher.find(automaton.from - start)) return undefined
    return this.#replaceFrom(matcher, text, replace, from => automaton.find(bytes, start + from, end))
  }

  /**
   * Appends to the output the text in `[start, end)` of its bytes with every match replaced by these bytes, as a field of
   * that number or, where it is 0, without tag and length. Returns where what it wrote begins, -1 where nothing matches,
   * and -2 where only `replaceBytes` can tell.
   */
  replaceInto(output: TextOutput, fieldNumber: number, start: number, end: number, replacement: Uint8Array): number {
    const simple = this.#simple()
    if (simple === undefined) return -2
    const { bytes } = output
    let length = 0
    let last = start
    while (simple.find(bytes, last, end)) {
      length += simple.from - last + replacement.length
      last = simple.end
    }
    if (last === start) return -1
    const from = output.length
    if (fieldNumber !== 0) output.header(fieldNumber, length + end - last)
    last = start
    while (simple.find(bytes, last, end)) {
      output.copy(last, simple.from)
      output.raw(replacement)
      last = simple.end
    }
    output.copy(last, end)
    return from
  }

  /** Goes on from a match that was found; `mayMatch` says whether there may be one from an offset on. */
  #replaceFrom(
    matcher: PatternMatcher,
    text: string,
    replace: (match: PatternMatch) => string,
    mayMatch?: (from: number) => boolean,
  ): string {
    let out = ''
    let end = 0
    do {
      const start = matcher.start()
      out += text.slice(end, start)
      if (matcher.end() > end || start === 0) out += replace(matcher)
      end = matcher.end()
    } while ((mayMatch === undefined || mayMatch(end)) && matcher.find())
    return out + text.slice(end)
  }

  /** Both made when they are first needed; undefined where they would be of no help. */
  #simple(): SimplePattern | undefined {
    if (this.#lazySimple === null) this.#lazySimple = SimplePattern.of(this.#source)
    return this.#lazySimple
  }
  #automaton(): ByteAutomaton | undefined {
    if (this.#lazyAutomaton === null) this.#lazyAutomaton = ByteAutomaton.of([this.#source])
    return this.#lazyAutomaton
  }

  /** The groups of the first match, unmatched ones empty; undefined where nothing matches. */
  groups(text: string): string[] | undefined {
    const matcher = this.#compiled.matcher(text)
    if (!matcher.find()) return undefined
    return this.groupNames.map((_, i) => matcher.group(i + 1) ?? '')
  }
}

function replaceSimply(
  simple: SimplePattern,
  bytes: Uint8Array,
  start: number,
  end: number,
  replace: (match: PatternMatch) => string,
): string | undefined {
  if (!simple.find(bytes, start, end)) return undefined
  let out = ''
  let last = start
  do {
    const { from, end: to } = simple
    out += readText(bytes, last, from) + replace({ group: group => (group === 0 ? readText(bytes, from, to) : null) })
    last = to
  } while (simple.find(bytes, last, end))
  return out + readText(bytes, last, end)
}
