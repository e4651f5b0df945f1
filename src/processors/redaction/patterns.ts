import { RE2JS } from 're2js'
import { ByteAutomaton } from '../../processor-helper/byte-automaton.ts'
import { type Anchors, anchorsOf } from './value-filter.ts'

/** Whether a match may depend on where the text begins or ends. `[^` is a class; for the rest a false alarm costs time only. */
const anchorPattern = /(?<!(?<!\\)\[)\^|\$|\\[AzZ]/

/** A user's pattern: RE2 syntax, so linear in the text whatever it says. */
export class UserPattern {
  readonly source: string
  readonly #compiled: RE2JS
  /** Finds the few places that the exact engine, some hundred times slower, has to look at. */
  readonly #automaton: ByteAutomaton | undefined
  readonly #isAnchored: boolean
  readonly #anchors: Anchors

  /** Throws with RE2's reason where the pattern is wrong. */
  constructor(source: string) {
    this.source = source
    this.#compiled = RE2JS.compile(source)
    this.#anchors = anchorsOf(source)
    this.#automaton = ByteAutomaton.of([source], this.#anchors.isStart)
    this.#isAnchored = anchorPattern.test(source)
  }

  /** Groups of the pattern, the whole match not counted. */
  get groupCount(): number {
    return this.#compiled.groupCount()
  }

  test(text: string): boolean {
    return this.#mayMatch(text) && this.#compiled.matcher(text).find()
  }

  /** Every match of `group`, as pairs of UTF-16 offsets. Empty matches are left out. */
  matches(text: string, group = 0): Found[] {
    const found: Found[] = []
    if (this.#matchesInPieces(text, group, found)) return found
    if (this.#mayMatch(text)) this.#collect(text, { shift: 0, from: 0, end: text.length + 1 }, group, found)
    return found
  }

  /** False where it has not looked: without an automaton, and with anchors. */
  #matchesInPieces(text: string, group: number, found: Found[]): boolean {
    const automaton = this.#automaton
    if (automaton === undefined || this.#isAnchored) return false
    const bytes = encode(text)
    const length = encodedLength
    const isAscii = length === text.length
    let position = 0
    let counted = 0
    while (automaton.find(bytes, position, length)) {
      const from = isAscii ? automaton.from : counted + codeUnits(bytes, position, automaton.from)
      const end = isAscii ? automaton.end : from + codeUnits(bytes, automaton.from, automaton.end)
      // A character more on each side, for word boundaries.
      const shift = Math.max(0, from - 1)
      this.#collect(text.slice(shift, end + 1), { shift, from, end }, group, found)
      position = automaton.end
      counted = end
    }
    return true
  }

  #mayMatch(text: string): boolean {
    const automaton = this.#automaton
    if (automaton === undefined) return true
    const bytes = encode(text)
    const { isStart, isWhole } = this.#anchors
    return isStart ? automaton.begins(bytes, 0, encodedLength, isWhole) : automaton.find(bytes, 0, encodedLength)
  }

  /**
   * Adds the matches that begin in [from, end), offsets of the whole text, of which `piece` begins at `shift`. One that begins
   * with the character behind belongs to the next piece; all others end in this one.
   */
  #collect(
    piece: string,
    { shift, from, end }: { shift: number; from: number; end: number },
    group: number,
    found: Found[],
  ): void {
    const matcher = this.#compiled.matcher(piece)
    for (let isFound = matcher.find(from - shift); isFound; isFound = matcher.find()) {
      if (shift + matcher.start() >= end) return
      const start = matcher.start(group)
      if (start >= 0 && matcher.end(group) > start) found.push([shift + start, shift + matcher.end(group)])
    }
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

/** UTF-16 code units of the characters that begin in `bytes[from, to)`. */
function codeUnits(bytes: Uint8Array, from: number, to: number): number {
  let count = 0
  for (let i = from; i < to; i++) {
    const byte = bytes[i]!
    if (byte < 0x80 || byte >= 0xc0) count += byte >= 0xf0 ? 2 : 1
  }
  return count
}

type Found = readonly [start: number, end: number]

const scratch = new Uint8Array(192 << 10)
const encoder = new TextEncoder()
/** What stands in `scratch`: one pattern after the other asks for the same text. */
let scratchText = ''
/** Bytes of the text that `encode` saw last. */
let encodedLength = 0

/** The text's UTF-8, `encodedLength` bytes of it, good until the next call. */
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
