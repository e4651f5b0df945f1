import { ValueReader, valueString } from '../pdata/value.ts'
import type { ContextName, Expression, OttlContext } from './context.ts'
import { compileValue, visitPaths } from './expression.ts'
import { OttlError } from './lexer.ts'
import { type ConditionNode, parseCondition } from './parser.ts'
import { comparisons, EvaluationError, typeName } from './value.ts'

export { EvaluationError } from './value.ts'

export type Condition = (context: OttlContext) => boolean

/** Makes an OTTL condition ready to be asked about items of a context. Throws `OttlError`. */
export function compileCondition(source: string, own: ContextName): Condition {
  return compileNode(parseCondition(source), own)
}

/** What is wrong with a condition; undefined where it is good. For a configuration's `validate`. */
export function conditionProblem(source: string, own: ContextName): string | undefined {
  try {
    compileCondition(source, own)
    return undefined
  } catch (error) {
    if (error instanceof OttlError) return error.message
    throw error
  }
}

/** Innermost first: the context of a flat condition is the innermost that its paths name. */
const byDepth: readonly ContextName[] = ['log', 'datapoint', 'metric', 'spanevent', 'span', 'scope', 'resource']

/** The context that the prefixes of a condition's paths imply; undefined where no path has one. Throws `OttlError`. */
export function inferContext(source: string): ContextName | undefined {
  const named = new Set<string>()
  visitPaths(parseCondition(source), name => named.add(name === 'instrumentation_scope' ? 'scope' : name))
  return byDepth.find(name => named.has(name))
}

/** Makes a parsed condition ready. Throws `OttlError`. */
export function compileNode(node: ConditionNode, own: ContextName): Condition {
  switch (node.kind) {
    case 'and': {
      const parts = node.parts.map(part => compileNode(part, own))
      return context => parts.every(part => part(context))
    }
    case 'or': {
      const parts = node.parts.map(part => compileNode(part, own))
      return context => parts.some(part => part(context))
    }
    case 'not': {
      const part = compileNode(node.part, own)
      return context => !part(context)
    }
    case 'compare':
      return compileComparison(node.operator, compileValue(node.left, own), compileValue(node.right, own))
    default: {
      const { get } = compileValue(node.value, own)
      return context => {
        const value = get(context)
        if (typeof value === 'boolean') return value
        throw new EvaluationError(`a condition alone must be true or false, found ${typeName(value)}`)
      }
    }
  }
}

function compileComparison(operator: string, left: Expression, right: Expression): Condition {
  if (operator === '==' || operator === '!=') {
    const fast = compileTextComparison(left, right) ?? compileTextComparison(right, left)
    if (fast !== undefined) return operator === '==' ? fast : context => !fast(context)
  }
  const small = compileSmallComparison(operator, left, right)
  if (small !== undefined) return small
  const compare = comparisons[operator]!
  return context => compare(left.get(context), right.get(context))
}

/** An enum or a small number against a literal, without a bigint for each. */
function compileSmallComparison(
  operator: string,
  { small }: Expression,
  { constant }: Expression,
): Condition | undefined {
  if (small === undefined || typeof constant !== 'bigint') return undefined
  const wanted = Number(constant)
  if (!Number.isSafeInteger(wanted)) return undefined
  switch (operator) {
    case '==':
      return context => small(context) === wanted
    case '!=':
      return context => small(context) !== wanted
    case '<':
      return context => small(context) < wanted
    case '<=':
      return context => small(context) <= wanted
    case '>':
      return context => small(context) > wanted
    default:
      return context => small(context) >= wanted
  }
}

const reader = new ValueReader()

/** A text field or an attribute against literal text: bytes against bytes. */
function compileTextComparison(subject: Expression, literal: Expression): Condition | undefined {
  if (typeof literal.constant !== 'string') return undefined
  const wanted = Buffer.from(literal.constant)
  const { text, source } = subject
  if (text !== undefined) {
    return context => {
      const message = text.message(context)
      return equals(wanted, message.bytes, message.valueStart(text.field), message.valueEnd(text.field))
    }
  }
  if (source === undefined) return undefined
  return context =>
    source.point(context, reader) &&
    reader.kind === valueString &&
    equals(wanted, reader.bytes, reader.start, reader.end)
}

function equals(own: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (own.length !== end - start) return false
  for (let i = 0; i < own.length; i++) if (own[i] !== bytes[start + i]) return false
  return true
}
