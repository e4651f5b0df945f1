import { ByteAutomaton } from '../../processor-helper/byte-automaton.ts'

/** How a pattern's matches lie in a text. */
export interface Anchors {
  /** Each begins with the text. */
  readonly isStart: boolean
  /** Each ends with it as well. */
  readonly isWhole: boolean
}

const nowhere: Anchors = { isStart: false, isWhole: false }
/** `^` or `\A`, with flags before it that make no lines of a text, and nothing that repeats it. */
const anchoredStart = /^(?:\(\?[isU]+\))?(?:\^|\\A)(?![*+?{])/

/** As far as the pattern plainly says so: no alternatives around its groups, no lines, no `\Q`. */
export function anchorsOf(source: string): Anchors {
  if (!anchoredStart.test(source) || /\\Q|\(\?[a-zA-Z-]*m/.test(source) || hasOuterAlternatives(source)) return nowhere
  const end = /(\\*)(?:\$|\\z)$/.exec(source)
  return { isStart: true, isWhole: end !== null && end[1]!.length % 2 === 0 }
}

/** Whether a `|` stands outside of groups and classes. */
function hasOuterAlternatives(source: string): boolean {
  let depth = 0
  let isInClass = false
  for (let i = 0; i < source.length; i++) {
    const character = source[i]
    if (character === '\\') i++
    else if (isInClass) {
      if (character === ']') isInClass = false
    } else if (character === '[') {
      isInClass = true
      // The first of a class is a member, whatever it is.
      if (source[i + 1] === '^') i++
      if (source[i + 1] === ']') i++
    } else if (character === '(') depth++
    else if (character === ')') depth--
    else if (character === '|' && depth === 0) return true
  }
  return false
}

/** Rules texts out in which none of some patterns can match: by their bytes, before anybody makes a string of them. */
export class ValueFilter {
  readonly #anywhere: ByteAutomaton | undefined
  readonly #start: ByteAutomaton | undefined
  readonly #whole: ByteAutomaton | undefined

  private constructor(
    anywhere: ByteAutomaton | undefined,
    start: ByteAutomaton | undefined,
    whole: ByteAutomaton | undefined,
  ) {
    this.#anywhere = anywhere
    this.#start = start
    this.#whole = whole
  }

  /** Undefined where one of the patterns cannot be ruled out by bytes. */
  static of(sources: readonly string[]): ValueFilter | undefined {
    const groups = [[], [], []] as [string[], string[], string[]]
    for (const source of sources) {
      const { isStart, isWhole } = anchorsOf(source)
      groups[isWhole ? 2 : isStart ? 1 : 0].push(source)
    }
    const automata = groups.map((group, i) => (group.length === 0 ? undefined : ByteAutomaton.of(group, i > 0)))
    if (automata.some((automaton, i) => automaton === undefined && groups[i]!.length > 0)) return undefined
    return sources.length === 0 ? undefined : new ValueFilter(automata[0], automata[1], automata[2])
  }

  mayMatch(bytes: Uint8Array, start: number, end: number): boolean {
    return (
      (this.#start?.begins(bytes, start, end, false) ?? false) ||
      (this.#whole?.begins(bytes, start, end, true) ?? false) ||
      (this.#anywhere?.find(bytes, start, end) ?? false)
    )
  }
}
