import { RE2JS } from 're2js'
import { AttributeKey } from './attribute-key.ts'
import type { AttributeList } from './attribute-list.ts'
import type { MessageView } from './message-view.ts'
import type { MetricView } from './metric-views.ts'
import type { ClientMetadata } from './otlp-batch.ts'
import { ValueReader, valueBool, valueDouble, valueInt, valueString } from './value.ts'
import type { ResourceView } from './views.ts'

/** A view of anything that has attributes. */
interface AttributedView {
  readonly attributes: AttributeList
  readonly message: MessageView
}

/** What a condition looks at. Views are pointed on from record to record; the subject itself stays. */
export interface ConditionSubject {
  resource: ResourceView
  /** Undefined while only the resource is in view: then `attributes` means those of the resource. */
  record: (AttributedView & { readonly name?: string; readonly severityText?: string }) | undefined
  metric: MetricView | undefined
  metadata: ClientMetadata | undefined
}

/** A yes or no about telemetry. */
export interface Condition {
  matches(subject: ConditionSubject): boolean
}

/** The text is no condition; `offset` is where it stops being one. */
export class ConditionError extends Error {
  override readonly name = 'ConditionError'
  readonly offset: number

  constructor(message: string, offset: number) {
    super(message)
    this.offset = offset
  }
}

/**
 * Reads a condition on attributes: `attributes["k"] == "v"`, `!=`, `<`, `<=`, `>`, `>=`, `nil` for absent, `IsMatch(x, "regex")`, joined
 * by `and`, `or`, `not` and parentheses. Beside `attributes` there are `resource.attributes`, `name`, `metric.name`,
 * `severity_text` and `request["header"]`. It is the part of the Collector's language that needs no functions.
 */
export function parseCondition(text: string): Condition {
  return new ConditionParser(text).parse()
}

type Literal = string | number | boolean | null

/** Something that can be compared. */
interface Operand {
  /** -1 below, 0 equal, 1 above; NaN where the two cannot be compared. */
  compare(subject: ConditionSubject, literal: Literal, literalBytes: Uint8Array): number
  /** The text to search, undefined where there is none. */
  text(subject: ConditionSubject): string | undefined
}

interface Token {
  readonly kind: 'word' | 'text' | 'number' | 'sign'
  readonly text: string
  readonly offset: number
}

const tokenPattern = /\s*(?:([A-Za-z_][\w.]*)|"((?:[^"\\]|\\.)*)"|(-?\d+(?:\.\d+)?)|(==|!=|<=|>=|[<>()[\],]))/y

class ConditionParser {
  readonly #text: string
  readonly #tokens: Token[] = []
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  parse(): Condition {
    this.#tokenize()
    const condition = this.#or()
    const rest = this.#tokens[this.#at]
    if (rest !== undefined) throw new ConditionError(`"${rest.text}" is not expected here`, rest.offset)
    return condition
  }

  #tokenize(): void {
    tokenPattern.lastIndex = 0
    const end = this.#text.trimEnd().length
    while (tokenPattern.lastIndex < end) {
      const from = tokenPattern.lastIndex
      const match = tokenPattern.exec(this.#text)
      if (match === null) throw new ConditionError(`cannot read "${this.#text.slice(from).trim().slice(0, 20)}"`, from)
      const [, word, quoted, number, sign] = match
      const offset = from + match[0].length - match[0].trimStart().length
      if (word !== undefined) this.#tokens.push({ kind: 'word', text: word, offset })
      else if (quoted !== undefined) this.#tokens.push({ kind: 'text', text: unquoted(quoted), offset })
      else if (number !== undefined) this.#tokens.push({ kind: 'number', text: number, offset })
      else this.#tokens.push({ kind: 'sign', text: sign ?? '', offset })
    }
  }

  #or(): Condition {
    const parts = [this.#and()]
    while (this.#takes('or')) parts.push(this.#and())
    return parts.length === 1 ? parts[0]! : { matches: subject => parts.some(part => part.matches(subject)) }
  }

  #and(): Condition {
    const parts = [this.#unary()]
    while (this.#takes('and')) parts.push(this.#unary())
    return parts.length === 1 ? parts[0]! : { matches: subject => parts.every(part => part.matches(subject)) }
  }

  #unary(): Condition {
    if (this.#takes('not')) {
      const inner = this.#unary()
      return { matches: subject => !inner.matches(subject) }
    }
    if (this.#takes('(')) {
      const inner = this.#or()
      this.#expect(')')
      return inner
    }
    if (this.#takes('true')) return { matches: () => true }
    if (this.#takes('false')) return { matches: () => false }
    if (this.#takes('IsMatch')) return this.#isMatch()
    return this.#comparison()
  }

  #isMatch(): Condition {
    this.#expect('(')
    const operand = this.#operand()
    this.#expect(',')
    const pattern = this.#tokens[this.#at++]
    if (pattern?.kind !== 'text') throw this.#unexpected('a regular expression in quotes', pattern)
    this.#expect(')')
    let regex: RE2JS
    try {
      regex = RE2JS.compile(pattern.text)
    } catch (error) {
      throw new ConditionError(`not a regular expression: ${(error as Error).message}`, pattern.offset)
    }
    const isWanted = this.#wantedAnswer()
    return {
      matches(subject) {
        const text = operand.text(subject)
        return (text !== undefined && regex.matcher(text).find()) === isWanted
      },
    }
  }

  /** `IsMatch(...) == true` says the same as without. */
  #wantedAnswer(): boolean {
    const isEqual = this.#takes('==')
    if (!isEqual && !this.#takes('!=')) return true
    if (this.#takes('true')) return isEqual
    if (this.#takes('false')) return !isEqual
    throw this.#unexpected('true or false', this.#tokens[this.#at])
  }

  #comparison(): Condition {
    const operand = this.#operand()
    const sign = this.#tokens[this.#at++]
    if (sign?.kind !== 'sign' || !Object.hasOwn(comparisons, sign.text))
      throw this.#unexpected('==, !=, <, <=, > or >=', sign)
    const holds = comparisons[sign.text as keyof typeof comparisons]
    const literal = this.#literal()
    const literalBytes = new TextEncoder().encode(typeof literal === 'string' ? literal : '')
    return { matches: subject => holds(operand.compare(subject, literal, literalBytes)) }
  }

  #literal(): Literal {
    const token = this.#tokens[this.#at++]
    if (token?.kind === 'text') return token.text
    if (token?.kind === 'number') return Number(token.text)
    if (token?.text === 'true' || token?.text === 'false') return token.text === 'true'
    if (token?.text === 'nil') return null
    throw this.#unexpected('a text in quotes, a number, true, false or nil', token)
  }

  #operand(): Operand {
    const token = this.#tokens[this.#at++]
    if (token?.kind !== 'word') throw this.#unexpected('attributes["..."]', token)
    switch (token.text) {
      case 'resource.attributes':
        return new AttributeOperand(this.#key(), subject => subject.resource)
      case 'attributes':
      case 'span.attributes':
      case 'log.attributes':
      case 'datapoint.attributes':
        return new AttributeOperand(this.#key(), subject => subject.record ?? subject.resource)
      case 'request': {
        const header = this.#key().toLowerCase()
        return new TextOperand(subject => subject.metadata?.headers.get(header)?.[0])
      }
      case 'metric.name':
        return new TextOperand(subject => subject.metric?.name)
      case 'name':
      case 'span.name':
        return new TextOperand(subject => subject.metric?.name ?? subject.record?.name)
      case 'severity_text':
      case 'log.severity_text':
        return new TextOperand(subject => subject.record?.severityText)
      default:
        throw new ConditionError(`"${token.text}" is unknown here`, token.offset)
    }
  }

  #key(): string {
    this.#expect('[')
    const key = this.#tokens[this.#at++]
    if (key?.kind !== 'text') throw this.#unexpected('a key in quotes', key)
    this.#expect(']')
    return key.text
  }

  #takes(text: string): boolean {
    const token = this.#tokens[this.#at]
    if (token === undefined || token.kind === 'text' || token.text !== text) return false
    this.#at++
    return true
  }

  #expect(text: string): void {
    if (!this.#takes(text)) throw this.#unexpected(`"${text}"`, this.#tokens[this.#at])
  }

  #unexpected(expected: string, token: Token | undefined): ConditionError {
    const found = token === undefined ? 'the end' : `"${token.text}"`
    return new ConditionError(`expected ${expected}, found ${found}`, token?.offset ?? this.#text.length)
  }
}

const comparisons = {
  '==': (order: number) => order === 0,
  '!=': (order: number) => order !== 0,
  '<': (order: number) => order < 0,
  '<=': (order: number) => order <= 0,
  '>': (order: number) => order > 0,
  '>=': (order: number) => order >= 0,
}

/** An attribute, compared where it stands: nothing is allocated but for `IsMatch`. */
class AttributeOperand implements Operand {
  readonly #key: AttributeKey
  readonly #view: (subject: ConditionSubject) => AttributedView
  readonly #value = new ValueReader()

  constructor(key: string, view: (subject: ConditionSubject) => AttributedView) {
    this.#key = new AttributeKey(key)
    this.#view = view
  }

  compare(subject: ConditionSubject, literal: Literal, literalBytes: Uint8Array): number {
    if (!this.#find(subject)) return literal === null ? 0 : Number.NaN
    const value = this.#value
    switch (typeof literal) {
      case 'string':
        return value.kind === valueString ? compareBytes(value, literalBytes) : Number.NaN
      case 'number':
        return value.kind === valueInt || value.kind === valueDouble ? Math.sign(value.number() - literal) : Number.NaN
      case 'boolean':
        return value.kind === valueBool && value.bool() === literal ? 0 : Number.NaN
      default:
        return Number.NaN
    }
  }

  text(subject: ConditionSubject): string | undefined {
    if (!this.#find(subject)) return undefined
    if (this.#value.kind === valueString) return this.#value.text()
    const plain = this.#value.toJs()
    return typeof plain === 'object' || plain === undefined ? undefined : String(plain)
  }

  #find(subject: ConditionSubject): boolean {
    const { attributes, message } = this.#view(subject)
    const index = attributes.find(this.#key)
    if (index < 0) return false
    this.#value.reset(message.workspace.bytes, attributes.valueStart(index), attributes.valueEnd(index))
    return true
  }
}

/** A field that is text. */
class TextOperand implements Operand {
  readonly text: (subject: ConditionSubject) => string | undefined

  constructor(text: (subject: ConditionSubject) => string | undefined) {
    this.text = text
  }

  compare(subject: ConditionSubject, literal: Literal): number {
    const text = this.text(subject)
    if (text === undefined) return literal === null ? 0 : Number.NaN
    if (typeof literal !== 'string') return Number.NaN
    return text === literal ? 0 : text < literal ? -1 : 1
  }
}

function compareBytes(value: ValueReader, literal: Uint8Array): number {
  const { bytes, start, end } = value
  const length = Math.min(end - start, literal.length)
  for (let i = 0; i < length; i++) {
    const difference = bytes[start + i]! - literal[i]!
    if (difference !== 0) return Math.sign(difference)
  }
  return Math.sign(end - start - literal.length)
}

function unquoted(quoted: string): string {
  return quoted.replace(/\\(.)/g, (_all, character: string) =>
    character === 'n' ? '\n' : character === 't' ? '\t' : character,
  )
}
