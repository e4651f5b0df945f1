import { RE2JS } from 're2js'
import { ByteAutomaton } from '../../processor-helper/byte-automaton.ts'

/** Whether a match may depend on where the text begins or ends. `[^` is a class; for the rest a false alarm costs time only. */
const anchorPattern = /(?<!(?<!\\)\[)\^|\$|\\[AzZ]/

/** A user's pattern: RE2 syntax, so linear in the text whatever it says. */
export class UserPattern {
  readonly source: string
  readonly #compiled: RE2JS
  /** Finds the few places that the exact engine, some hundred times slower, has to look at. */
  readonly #automaton: ByteAutomaton | undefined
  readonly #isAnchored: boolean

  /** Throws with RE2's reason where the pattern is wrong. */
  constructor(source: string) {
    this.source = source
    this.#compiled = RE2JS.compile(source)
    this.#automaton = ByteAutomaton.of([source])
    this.#isAnchored = anchorPattern.test(source)
  }

  test(text: string): boolean {
    const bytes = encode(text)
    if (this.#automaton !== undefined && !this.#automaton.find(bytes, 0, encodedLength)) return false
    return this.#compiled.matcher(text).find()
  }

  /** Every match of `group`, as pairs of UTF-16 offsets. Empty matches are left out. */
  matches(text: string, group = 0): (readonly [start: number, end: number])[] {
    const found: (readonly [number, number])[] = []
    const automaton = this.#automaton
    const bytes = encode(text)
    if (automaton !== undefined && !automaton.find(bytes, 0, encodedLength)) return found
    // Offsets of bytes and of UTF-16 are the same in ASCII only.
    if (automaton !== undefined && !this.#isAnchored && encodedLength === text.length) {
      return this.#matchesInPieces(text, bytes, group, automaton)
    }
    const matcher = this.#compiled.matcher(text)
    while (matcher.find()) {
      const start = matcher.start(group)
      const end = matcher.end(group)
      if (start >= 0 && end > start) found.push([start, end])
    }
    return found
  }

  /** Shows the exact engine one piece after the other, with a character more on each side for `\\b`. */
  #matchesInPieces(
    text: string,
    ascii: Uint8Array,
    group: number,
    automaton: ByteAutomaton,
  ): (readonly [number, number])[] {
    const found: (readonly [number, number])[] = []
    const { length } = text
    for (let position = 0; position < length && automaton.find(ascii, position, length); ) {
      const { from, end } = automaton
      const before = Math.max(0, from - 1)
      const matcher = this.#compiled.matcher(text.slice(before, end + 1))
      // A match that would begin with the character behind the piece belongs to the next one; all others end in this one.
      for (let isFound = matcher.find(from - before); isFound; isFound = matcher.find()) {
        if (before + matcher.start() >= end) break
        const start = matcher.start(group)
        if (start >= 0 && matcher.end(group) > start) found.push([before + start, before + matcher.end(group)])
      }
      position = end
    }
    return found
  }

  /** Replaces every match by what `make` returns for it. */
  replaceAll(text: string, make: (match: string) => string): string {
    let out = ''
    let from = 0
    for (const [start, end] of this.matches(text)) {
      out += text.slice(from, start) + make(text.slice(start, end))
      from = end
    }
    return from === 0 ? text : out + text.slice(from)
  }
}

const scratch = new Uint8Array(192 << 10)
const encoder = new TextEncoder()
/** What stands in `scratch`: one pattern after the other asks for the same text. */
let scratchText = ''
/** Bytes of the text that `encode` saw last. */
let encodedLength = 0

/** The text's UTF-8, good until the next call. */
function encode(text: string): Uint8Array {
  if (text.length * 3 > scratch.length) {
    const bytes = encoder.encode(text)
    // `encodedLength` is no longer the scratch's.
    scratchText = ''
    encodedLength = bytes.length
    return bytes
  }
  if (text === scratchText && text !== '') return scratch
  encodedLength = encoder.encodeInto(text, scratch).written
  scratchText = text
  return scratch
}

/** Why a pattern cannot be used, or undefined. */
export function patternProblem(source: string): string | undefined {
  try {
    new UserPattern(source)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/**
 * A text that stands in every match, for a search before the pattern runs; undefined where none is sure. Only what stands
 * outside of groups, alternatives and repeats counts, and patterns with flags have none.
 */
export function requiredLiteral(source: string): string | undefined {
  if (/\(\?|\||^\s*$/.test(source)) return undefined
  const literals = source
    .replace(/\([^)]*\)[*+?{]?[^(]*?(?=\(|$)/g, '\0')
    .replace(/\[[^\]]*\](\{[^}]*\}|[*+?])?/g, '\0')
    .replace(/\\[A-Za-z](\{[^}]*\}|[*+?])?/g, '\0')
    .replace(/(\\.|[^\\])(\{[^}]*\}|[*?])/g, '\0')
    .replace(/(\\.|[^\\])\+/g, '$1\0')
    .replace(/[.^$]/g, '\0')
    .replace(/\\(.)/g, '$1')
    .split('\0')
  const best = literals.reduce((longest, literal) => (literal.length > longest.length ? literal : longest), '')
  return best.length >= 3 && !/[\\[\](){}]/.test(best) ? best : undefined
}
