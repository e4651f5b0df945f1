import { OttlError, type Token, tokenize } from './lexer.ts'

/** A key behind a path or a call: `["a"]`, `[0]`, or an expression. */
export type KeyNode = ValueNode

export interface PathNode {
  readonly kind: 'path'
  readonly segments: readonly { readonly name: string; readonly keys: readonly KeyNode[] }[]
  readonly at: number
}

export interface CallNode {
  readonly kind: 'call'
  readonly name: string
  readonly args: readonly { readonly name: string | undefined; readonly value: ValueNode }[]
  readonly keys: readonly KeyNode[]
  readonly at: number
}

export type ValueNode =
  | { readonly kind: 'literal'; readonly value: string | bigint | number | boolean | Uint8Array | undefined }
  | { readonly kind: 'enum'; readonly name: string; readonly at: number }
  | { readonly kind: 'list'; readonly items: readonly ValueNode[] }
  | { readonly kind: 'map'; readonly members: readonly (readonly [string, ValueNode])[] }
  | { readonly kind: 'math'; readonly operator: string; readonly left: ValueNode; readonly right: ValueNode }
  | PathNode
  | CallNode

export type ConditionNode =
  | { readonly kind: 'and' | 'or'; readonly parts: readonly ConditionNode[] }
  | { readonly kind: 'not'; readonly part: ConditionNode }
  | { readonly kind: 'compare'; readonly operator: string; readonly left: ValueNode; readonly right: ValueNode }
  | { readonly kind: 'bare'; readonly value: ValueNode }

/** A statement: one editor, and when it runs. */
export interface StatementNode {
  readonly editor: CallNode
  readonly where: ConditionNode | undefined
}

const comparisons = new Set(['==', '!=', '<', '>', '<=', '>='])
const depthMax = 64

/** Parses a condition of the OpenTelemetry Transformation Language. Throws `OttlError`. */
export function parseCondition(source: string): ConditionNode {
  const parser = new Parser(tokenize(source))
  const condition = parser.condition()
  parser.expectEnd()
  return condition
}

/** Parses a statement: `set(attributes["a"], 1) where name == "b"`. Throws `OttlError`. */
export function parseStatement(source: string): StatementNode {
  const parser = new Parser(tokenize(source))
  const statement = parser.statement()
  parser.expectEnd(statement.where === undefined ? 'where, ' : '')
  return statement
}

class Parser {
  readonly #tokens: readonly Token[]
  #index = 0
  #depth = 0

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  condition(): ConditionNode {
    if (++this.#depth > depthMax) throw this.#error('nests too deep')
    const parts = [this.#conjunction()]
    while (this.#takeName('or')) parts.push(this.#conjunction())
    this.#depth--
    return parts.length === 1 ? parts[0]! : { kind: 'or', parts }
  }

  statement(): StatementNode {
    const name = this.#take()
    const isCall = name.kind === 'name' && this.#next.kind === 'symbol' && this.#next.text === '('
    if (!isCall) throw new OttlError('a statement begins with an editor such as set(...)', name.at)
    if (/^[A-Z]/.test(name.text)) {
      throw new OttlError(`${name.text} changes nothing: a statement begins with an editor such as set(...)`, name.at)
    }
    const editor = this.#call(name)
    if (editor.keys.length > 0) throw new OttlError(`${name.text} takes no key`, name.at)
    return { editor, where: this.#takeName('where') ? this.condition() : undefined }
  }

  expectEnd(before = ''): void {
    if (this.#next.kind !== 'end') throw this.#error(`expected ${before}and, or, or the end`)
  }

  get #next(): Token {
    return this.#tokens[this.#index]!
  }

  #conjunction(): ConditionNode {
    const parts = [this.#negation()]
    while (this.#takeName('and')) parts.push(this.#negation())
    return parts.length === 1 ? parts[0]! : { kind: 'and', parts }
  }

  #negation(): ConditionNode {
    return this.#takeName('not') ? { kind: 'not', part: this.#primary() } : this.#primary()
  }

  /** A parenthesis may hold a condition or a number: what stands behind it decides. */
  #primary(): ConditionNode {
    if (!this.#takeSymbol('(')) return this.#comparison(this.value())
    const inner = this.condition()
    this.#expect(')')
    if (!this.#isOperator()) return inner
    if (inner.kind !== 'bare') throw this.#error('a condition cannot be calculated with or compared')
    return this.#comparison(this.#sum(this.#product(inner.value)))
  }

  #comparison(left: ValueNode): ConditionNode {
    const operator = this.#next
    if (operator.kind !== 'symbol' || !comparisons.has(operator.text)) return { kind: 'bare', value: left }
    this.#index++
    return { kind: 'compare', operator: operator.text, left, right: this.value() }
  }

  /** Whether what follows a parenthesis makes it part of a value. */
  #isOperator(): boolean {
    const { kind, text } = this.#next
    return kind === 'symbol' && (comparisons.has(text) || '+-*/'.includes(text))
  }

  value(): ValueNode {
    if (++this.#depth > depthMax) throw this.#error('nests too deep')
    const value = this.#sum(this.#product(this.#operand()))
    this.#depth--
    return value
  }

  #sum(first: ValueNode): ValueNode {
    let left = first
    while (this.#next.kind === 'symbol' && (this.#next.text === '+' || this.#next.text === '-')) {
      const operator = this.#take().text
      left = { kind: 'math', operator, left, right: this.#product(this.#operand()) }
    }
    return left
  }

  #product(first: ValueNode): ValueNode {
    let left = first
    while (this.#next.kind === 'symbol' && (this.#next.text === '*' || this.#next.text === '/')) {
      const operator = this.#take().text
      left = { kind: 'math', operator, left, right: this.#operand() }
    }
    return left
  }

  #operand(): ValueNode {
    const token = this.#take()
    switch (token.kind) {
      case 'string':
        return { kind: 'literal', value: token.text }
      case 'bytes':
        return { kind: 'literal', value: hexBytes(token) }
      case 'int':
        return { kind: 'literal', value: BigInt(token.text) }
      case 'float':
        return { kind: 'literal', value: Number(token.text) }
      case 'name':
        return this.#named(token)
      default:
        return this.#symbol(token)
    }
  }

  #symbol(token: Token): ValueNode {
    if (token.text === '(') {
      const value = this.value()
      this.#expect(')')
      return value
    }
    if (token.text === '[') return { kind: 'list', items: this.#items(']') }
    if (token.text === '{') return this.#map()
    const number = this.#next
    if ((token.text === '-' || token.text === '+') && (number.kind === 'int' || number.kind === 'float')) {
      this.#index++
      const sign = token.text === '-' ? -1 : 1
      const value = number.kind === 'int' ? BigInt(number.text) * BigInt(sign) : Number(number.text) * sign
      return { kind: 'literal', value }
    }
    throw new OttlError(`expected a value, found ${token.text}`, token.at)
  }

  #named(token: Token): ValueNode {
    const { text, at } = token
    if (text === 'true' || text === 'false') return { kind: 'literal', value: text === 'true' }
    if (text === 'nil') return { kind: 'literal', value: undefined }
    const isCall = this.#next.text === '(' && this.#next.kind === 'symbol'
    if (/^[A-Z]/.test(text)) return isCall ? this.#call(token) : { kind: 'enum', name: text, at }
    if (isCall)
      throw new OttlError(`${text} changes data: values and conditions come from functions with a capital letter`, at)
    return this.#path(token)
  }

  #path(first: Token): PathNode {
    const segments = [{ name: first.text, keys: this.#keys() }]
    while (this.#takeSymbol('.')) {
      const name = this.#take()
      if (name.kind !== 'name') throw new OttlError(`expected a name, found ${name.text}`, name.at)
      segments.push({ name: name.text, keys: this.#keys() })
    }
    return { kind: 'path', segments, at: first.at }
  }

  #call(name: Token): CallNode {
    this.#expect('(')
    const args: CallNode['args'][number][] = []
    while (!this.#takeSymbol(')')) {
      if (args.length > 0) this.#expect(',')
      const following = this.#tokens[this.#index + 1]
      const isNamed = this.#next.kind === 'name' && following?.kind === 'symbol' && following.text === '='
      const argumentName = isNamed ? this.#take().text : undefined
      if (isNamed) this.#expect('=')
      args.push({ name: argumentName, value: this.value() })
    }
    return { kind: 'call', name: name.text, args, keys: this.#keys(), at: name.at }
  }

  #keys(): KeyNode[] {
    const keys: KeyNode[] = []
    while (this.#takeSymbol('[')) {
      keys.push(this.value())
      this.#expect(']')
    }
    return keys
  }

  #items(close: string): ValueNode[] {
    const items: ValueNode[] = []
    while (!this.#takeSymbol(close)) {
      if (items.length > 0) this.#expect(',')
      items.push(this.value())
    }
    return items
  }

  #map(): ValueNode {
    const members: [string, ValueNode][] = []
    while (!this.#takeSymbol('}')) {
      if (members.length > 0) this.#expect(',')
      const key = this.#take()
      if (key.kind !== 'string') throw new OttlError(`expected a key in quotes, found ${key.text}`, key.at)
      this.#expect(':')
      members.push([key.text, this.value()])
    }
    return { kind: 'map', members }
  }

  #take(): Token {
    const token = this.#next
    if (token.kind !== 'end') this.#index++
    return token
  }

  #takeName(text: string): boolean {
    if (this.#next.kind !== 'name' || this.#next.text !== text) return false
    this.#index++
    return true
  }

  #takeSymbol(text: string): boolean {
    if (this.#next.kind !== 'symbol' || this.#next.text !== text) return false
    this.#index++
    return true
  }

  #expect(text: string): void {
    if (!this.#takeSymbol(text)) throw this.#error(`expected ${text}`)
  }

  #error(message: string): OttlError {
    return new OttlError(`${message}, found ${this.#next.text}`, this.#next.at)
  }
}

function hexBytes(token: Token): Uint8Array {
  const digits = token.text.slice(2)
  if (digits.length % 2 !== 0) throw new OttlError('bytes need an even number of hex digits', token.at)
  return Uint8Array.from(Buffer.from(digits, 'hex'))
}
