/** A mistake in an expression, with the place in it. */
export class OttlError extends Error {
  override readonly name = 'OttlError'

  constructor(message: string, at?: number) {
    super(at === undefined ? message : `${message} at character ${at + 1}`)
  }
}

export type TokenKind = 'string' | 'bytes' | 'float' | 'int' | 'name' | 'symbol' | 'end'

export interface Token {
  readonly kind: TokenKind
  /** The text itself; of a string, its content without quotes and escapes. */
  readonly text: string
  readonly at: number
}

const patterns: readonly (readonly [TokenKind | 'space', RegExp])[] = [
  ['space', /\s+/y],
  ['string', /"(?:[^"\\]|\\.)*"/sy],
  ['bytes', /0x[0-9a-fA-F]*/y],
  ['float', /\d+\.\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+/y],
  ['int', /\d+/y],
  ['name', /[A-Za-z_][A-Za-z0-9_]*/y],
  ['symbol', /==|!=|<=|>=|[<>()[\]{}.,:+\-*/=]/y],
]

/** Cuts an OTTL expression into tokens; the last is of kind `end`. Throws `OttlError`. */
export function tokenize(source: string): Token[] {
  const tokens: Token[] = []
  let at = 0
  while (at < source.length) {
    const [kind, text] = match(source, at)
    if (kind === 'string') tokens.push({ kind, text: unquote(text, at), at })
    else if (kind !== 'space') tokens.push({ kind, text, at })
    at += text.length
  }
  tokens.push({ kind: 'end', text: 'the end', at })
  return tokens
}

function match(source: string, at: number): readonly [TokenKind | 'space', string] {
  for (const [kind, pattern] of patterns) {
    pattern.lastIndex = at
    const text = pattern.exec(source)?.[0]
    if (text !== undefined) return [kind, text]
  }
  throw new OttlError(source[at] === '"' ? 'text without a closing quote' : `unexpected ${source[at]}`, at)
}

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '"': '"', '\\': '\\', '/': '/' }

function unquote(quoted: string, at: number): string {
  return quoted.slice(1, -1).replace(/\\(.)/gs, (whole, letter: string) => {
    const text = escapes[letter]
    if (text === undefined) throw new OttlError(`unknown escape ${whole}`, at)
    return text
  })
}
