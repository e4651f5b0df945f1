import { RE2JS } from 're2js'

/** A user's pattern: RE2 syntax, so linear in the text whatever it says. */
export class UserPattern {
  readonly source: string
  readonly #compiled: RE2JS

  /** Throws with RE2's reason where the pattern is wrong. */
  constructor(source: string) {
    this.source = source
    this.#compiled = RE2JS.compile(source)
  }

  test(text: string): boolean {
    return this.#compiled.matcher(text).find()
  }

  /** Every match of `group`, as pairs of UTF-16 offsets. Empty matches are left out. */
  matches(text: string, group = 0): (readonly [start: number, end: number])[] {
    const found: (readonly [number, number])[] = []
    const matcher = this.#compiled.matcher(text)
    while (matcher.find()) {
      const start = matcher.start(group)
      const end = matcher.end(group)
      if (start >= 0 && end > start) found.push([start, end])
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
