/**
 * RE2 syntax read loosely, for an automaton that rules texts out: whatever RE2 matches, the loose form matches too.
 * Assertions (`^`, `\b`, ...) are empty, characters beyond ASCII are any one to four bytes of them unless a few are meant
 * in one case, long repeats are endless. The syntax itself is re2js' to check (https://github.com/google/re2/wiki/Syntax).
 */
export type LooseNode =
  | { readonly kind: 'byte'; readonly set: Uint8Array }
  | { readonly kind: 'all'; readonly of: readonly LooseNode[] }
  | { readonly kind: 'any'; readonly of: readonly LooseNode[] }
  | { readonly kind: 'repeat'; readonly of: LooseNode; readonly min: number; readonly max: number }

/** The pattern says something that this reader does not know. */
class NotRead extends Error {}

const nothing: LooseNode = { kind: 'all', of: [] }
const endless = Number.POSITIVE_INFINITY
const foreignSet = byteSet(byte => byte >= 128)
const foreign: LooseNode = { kind: 'byte', set: foreignSet }
const foreignCharacter: LooseNode = { kind: 'repeat', of: foreign, min: 1, max: 4 }

function byteSet(has: (byte: number) => boolean): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, byte) => (has(byte) ? 1 : 0))
}

/** ASCII members of a class, and whether anything beyond ASCII may be in it: `codes`, or any where those are not told. */
interface Members {
  readonly ascii: Uint8Array
  readonly beyond: boolean
  readonly codes?: readonly number[] | undefined
}

/** More characters beyond ASCII in one class are any. */
const codesMax = 32
/** What decoders make of bytes that are no UTF-8. */
const replacement = 0xfffd

const members = (pattern: RegExp, beyond: boolean): Members => ({
  ascii: byteSet(byte => byte < 128 && pattern.test(String.fromCharCode(byte))),
  beyond,
})
const not = ({ ascii }: Members): Members => ({ ascii: byteSet(byte => byte < 128 && ascii[byte] === 0), beyond: true })
const everything: Members = { ascii: byteSet(byte => byte < 128), beyond: true }

const perlClasses: Record<string, Members> = {
  d: members(/[0-9]/, false),
  s: members(/[\t\n\f\r ]/, false),
  w: members(/\w/, false),
}
const posixClasses: Record<string, Members> = {
  alnum: members(/[0-9A-Za-z]/, false),
  alpha: members(/[A-Za-z]/, false),
  ascii: { ascii: byteSet(byte => byte < 128), beyond: false },
  blank: members(/[\t ]/, false),
  cntrl: members(/[^\x20-\x7e]/, false),
  digit: members(/[0-9]/, false),
  graph: members(/[!-~]/, false),
  lower: members(/[a-z]/, false),
  print: members(/[ -~]/, false),
  punct: members(/[!-/:-@[-`{-~]/, false),
  space: members(/[\t\n\v\f\r ]/, false),
  upper: members(/[A-Z]/, false),
  word: members(/\w/, false),
  xdigit: members(/[0-9A-Fa-f]/, false),
}
const controls: Record<string, number> = { a: 7, f: 12, t: 9, n: 10, r: 13, v: 11 }

/** The loose form, or `undefined` where the pattern has something that this reader does not know. */
export function readLoosely(source: string): LooseNode | undefined {
  try {
    return new LooseReader(source).read()
  } catch (error) {
    if (error instanceof NotRead) return undefined
    throw error
  }
}

class LooseReader {
  readonly #characters: readonly string[]
  #at = 0
  #ignoresCase = false

  constructor(source: string) {
    this.#characters = [...source]
  }

  read(): LooseNode {
    const node = this.#alternatives()
    if (this.#at < this.#characters.length) throw new NotRead()
    return node
  }

  #peek(ahead = 0): string {
    return this.#characters[this.#at + ahead] ?? ''
  }

  #take(): string {
    const character = this.#peek()
    if (character === '') throw new NotRead()
    this.#at++
    return character
  }

  #alternatives(): LooseNode {
    const of = [this.#sequence()]
    while (this.#peek() === '|') {
      this.#at++
      of.push(this.#sequence())
    }
    return of.length === 1 ? of[0]! : { kind: 'any', of }
  }

  #sequence(): LooseNode {
    const of: LooseNode[] = []
    while (this.#peek() !== '' && this.#peek() !== '|' && this.#peek() !== ')') of.push(this.#repeated())
    return of.length === 1 ? of[0]! : { kind: 'all', of }
  }

  #repeated(): LooseNode {
    let node = this.#atom()
    while (true) {
      const bounds = this.#bounds()
      if (bounds === undefined) return node
      if (this.#peek() === '?') this.#at++
      node = { kind: 'repeat', of: node, ...bounds }
    }
  }

  #bounds(): { min: number; max: number } | undefined {
    const character = this.#peek()
    if (character === '*' || character === '+' || character === '?') {
      this.#at++
      return { min: character === '+' ? 1 : 0, max: character === '?' ? 1 : endless }
    }
    if (character !== '{') return undefined
    const found = /^\{(\d+)(,(\d*))?\}/.exec(this.#characters.slice(this.#at, this.#at + 16).join(''))
    if (found === null) return undefined
    this.#at += found[0].length
    const min = Number(found[1])
    return { min, max: found[2] === undefined ? min : found[3] === '' ? endless : Number(found[3]) }
  }

  #atom(): LooseNode {
    const character = this.#take()
    if (character === '(') return this.#group()
    if (character === '[') return this.#node(this.#set())
    if (character === '.') return this.#node(everything)
    if (character === '^' || character === '$') return nothing
    if (character === '\\') return this.#escape()
    return this.#node(this.#single(character))
  }

  #group(): LooseNode {
    const ignoresCase = this.#ignoresCase
    if (this.#peek() === '?') {
      this.#at++
      if (this.#peek() === 'P' || this.#peek() === '<') {
        if (this.#take() === 'P' && this.#take() !== '<') throw new NotRead()
        while (this.#take() !== '>');
      } else if (!this.#flags()) return nothing
    }
    const node = this.#alternatives()
    if (this.#take() !== ')') throw new NotRead()
    // Flags end with their group.
    this.#ignoresCase = ignoresCase
    return node
  }

  /** Reads `i-s:` or `i)`; false for the second, whose flags hold until the group around it ends. */
  #flags(): boolean {
    let isOn = true
    while (true) {
      const flag = this.#take()
      if (flag === ':') return true
      if (flag === ')') return false
      if (flag === '-') isOn = false
      else if (flag === 'i') this.#ignoresCase = isOn
      else if (!/[msU]/.test(flag)) throw new NotRead()
    }
  }

  #escape(): LooseNode {
    if (/[AzbBZ]/.test(this.#peek())) {
      this.#at++
      return nothing
    }
    if (this.#peek() === 'C' || this.#peek() === 'Q') throw new NotRead()
    return this.#node(this.#escaped())
  }

  /** What stands behind a backslash, inside of a class or not. */
  #escaped(): Members {
    const character = this.#take()
    const perl = perlClasses[character.toLowerCase()]
    if (perl !== undefined) return character === character.toLowerCase() ? this.#folded(perl) : not(perl)
    if (character === 'p' || character === 'P') {
      if (this.#take() === '{') while (this.#take() !== '}');
      return everything
    }
    return this.#single(this.#escapedCharacter(character))
  }

  #escapedCharacter(character: string): string {
    if (character === 'x') {
      const rest = this.#characters.slice(this.#at, this.#at + 10).join('')
      const found = /^(?:\{([0-9A-Fa-f]+)\}|([0-9A-Fa-f]{2}))/.exec(rest)
      if (found === null) throw new NotRead()
      this.#at += found[0].length
      return String.fromCodePoint(Number.parseInt(found[1] ?? found[2]!, 16))
    }
    const control = controls[character]
    if (control !== undefined) return String.fromCharCode(control)
    // Octal numbers and letters that mean nothing are re2js' business.
    if (/[0-9A-Za-z]/.test(character)) throw new NotRead()
    return character
  }

  #single(character: string): Members {
    const code = character.codePointAt(0)!
    return this.#folded(this.#range(code, code))
  }

  #set(): Members {
    const isNegated = this.#peek() === '^'
    if (isNegated) this.#at++
    const ascii = new Uint8Array(256)
    let beyond = false
    let codes: readonly number[] | undefined = []
    for (let isFirst = true; isFirst || this.#peek() !== ']'; isFirst = false) {
      const part = this.#setPart()
      for (let byte = 0; byte < 128; byte++) ascii[byte]! |= part.ascii[byte]!
      beyond ||= part.beyond
      if (part.beyond) codes = part.codes && codes?.concat(part.codes)
    }
    this.#at++
    if (codes !== undefined && codes.length > codesMax) codes = undefined
    const all = this.#folded({ ascii, beyond, codes })
    return isNegated ? not(all) : all
  }

  #setPart(): Members {
    if (this.#peek() === '[' && this.#peek(1) === ':') {
      const found = /^\[:(\^?)([a-z]+):\]/.exec(this.#characters.slice(this.#at, this.#at + 16).join(''))
      const named = found === null ? undefined : posixClasses[found[2]!]
      if (found === null || named === undefined) throw new NotRead()
      this.#at += found[0].length
      return found[1] === '' ? named : not(named)
    }
    const isEscape = this.#peek() === '\\'
    if (isEscape && /[dswpDSWP]/.test(this.#peek(1))) {
      this.#at++
      return this.#escaped()
    }
    const low = this.#setCharacter()
    if (this.#peek() !== '-' || this.#peek(1) === ']') return this.#range(low, low)
    this.#at++
    return this.#range(low, this.#setCharacter())
  }

  #setCharacter(): number {
    const character = this.#take()
    return (character === '\\' ? this.#escapedCharacter(this.#take()) : character).codePointAt(0)!
  }

  #range(low: number, high: number): Members {
    const ascii = byteSet(byte => byte < 128 && byte >= low && byte <= high)
    const first = Math.max(128, low)
    if (high < first || high - first >= codesMax) return { ascii, beyond: high >= 128 }
    const codes = Array.from({ length: high - first + 1 }, (_, i) => first + i)
    return { ascii, beyond: true, codes: codes.includes(replacement) ? undefined : codes }
  }

  #folded(plain: Members): Members {
    if (!this.#ignoresCase) return plain
    const { ascii } = plain
    const isLetter = (byte: number) => (byte | 32) >= 97 && (byte | 32) <= 122
    const folded = byteSet(byte => byte < 128 && (ascii[byte] === 1 || (isLetter(byte) && ascii[byte ^ 32] === 1)))
    // The Kelvin sign and the long s are k and s to Unicode, and the other way round.
    for (const byte of plain.beyond ? [0x4b, 0x53, 0x6b, 0x73] : []) folded[byte] = 1
    return { ascii: folded, beyond: plain.beyond || folded[0x6b] === 1 || folded[0x73] === 1 }
  }

  #node({ ascii, beyond, codes }: Members): LooseNode {
    const own: LooseNode = { kind: 'byte', set: ascii }
    if (!beyond) return own
    const others = codes === undefined ? [foreignCharacter] : formsOf(codes)
    if (ascii.includes(1)) others.unshift(own)
    return others.length === 1 ? others[0]! : { kind: 'any', of: others }
  }
}

/** Characters' bytes in UTF-8, and the one byte of some in text that is none and so read as Latin-1. */
function formsOf(codes: readonly number[]): LooseNode[] {
  /** Those that differ in their last byte alone, by what stands before it. */
  const lasts = new Map<string, number[]>([['', codes.filter(code => code < 256)]])
  for (const code of codes) {
    const bytes = [...new TextEncoder().encode(String.fromCodePoint(code))]
    const before = bytes.slice(0, -1).join()
    lasts.set(before, [...(lasts.get(before) ?? []), bytes.at(-1)!])
  }
  const setOf = (members: readonly number[]): LooseNode => ({
    kind: 'byte',
    set: byteSet(byte => members.includes(byte)),
  })
  return [...lasts]
    .filter(([, members]) => members.length > 0)
    .map(([before, members]) =>
      before === ''
        ? setOf(members)
        : { kind: 'all', of: [...before.split(',').map(byte => setOf([Number(byte)])), setOf(members)] },
    )
}
