import { ValueReader, valueString } from '../pdata/value.ts'
import type { ContextName, Expression, Getter, OttlContext } from './ottl-context.ts'
import { compileCall } from './ottl-functions.ts'
import { OttlError } from './ottl-lexer.ts'
import { type ConditionNode, parseCondition, type ValueNode } from './ottl-parser.ts'
import { compilePath, index } from './ottl-paths.ts'
import { calculate, comparisons, EvaluationError, type OttlValue, typeName } from './ottl-value.ts'

export { EvaluationError } from './ottl-value.ts'

export type Condition = (context: OttlContext) => boolean

const enums: Readonly<Record<string, bigint>> = {
  ...numbered('SPAN_KIND_', 0, 'UNSPECIFIED INTERNAL SERVER CLIENT PRODUCER CONSUMER'),
  ...numbered('STATUS_CODE_', 0, 'UNSET OK ERROR'),
  ...numbered('METRIC_DATA_TYPE_', 0, 'NONE GAUGE SUM HISTOGRAM EXPONENTIAL_HISTOGRAM SUMMARY'),
  ...numbered('AGGREGATION_TEMPORALITY_', 0, 'UNSPECIFIED DELTA CUMULATIVE'),
  ...numbered('FLAG_', 0, 'NONE NO_RECORDED_VALUE'),
  SEVERITY_NUMBER_UNSPECIFIED: 0n,
  ...Object.fromEntries(
    ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'].flatMap((name, i) =>
      [0, 1, 2, 3].map(step => [`SEVERITY_NUMBER_${name}${step === 0 ? '' : step + 1}`, BigInt(i * 4 + step + 1)]),
    ),
  ),
}

function numbered(prefix: string, first: number, names: string): Record<string, bigint> {
  return Object.fromEntries(names.split(' ').map((name, i) => [prefix + name, BigInt(first + i)]))
}

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

function compileNode(node: ConditionNode, own: ContextName): Condition {
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
  const compare = comparisons[operator]!
  return context => compare(left.get(context), right.get(context))
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

function compileValue(node: ValueNode, own: ContextName): Expression {
  switch (node.kind) {
    case 'literal':
      return constant(node.value)
    case 'enum': {
      const value = enums[node.name]
      if (value === undefined) throw new OttlError(`unknown name ${node.name}`, node.at)
      return constant(value)
    }
    case 'list': {
      const items = node.items.map(item => compileValue(item, own))
      if (items.every(item => item.isConstant === true)) return constant(items.map(item => item.constant))
      return { get: context => items.map(item => item.get(context)) }
    }
    case 'map': {
      const members = node.members.map(([key, value]) => [key, compileValue(value, own)] as const)
      if (members.every(([, value]) => value.isConstant === true)) {
        return constant(new Map(members.map(([key, value]) => [key, value.constant])))
      }
      return { get: context => new Map(members.map(([key, value]) => [key, value.get(context)] as const)) }
    }
    case 'math': {
      const left = compileValue(node.left, own)
      const right = compileValue(node.right, own)
      return { get: context => calculate(node.operator, left.get(context), right.get(context)) }
    }
    case 'path': {
      const keys = (node.segments[node.segments.length - 1]?.keys ?? []).map(key => compileValue(key, own))
      return compilePath(node, own, keys)
    }
    default: {
      const args = node.args.map(({ name, value }) => ({ name, value: compileValue(value, own) }))
      const get = compileCall(node, args, own)
      if (node.keys.length === 0) return isPureDuration(node.name, args) ? constant(evaluate(get, node.at)) : { get }
      const keys = node.keys.map(key => compileValue(key, own))
      return { get: context => index(get(context), keys, context) }
    }
  }
}

/** Constants that are worth computing once, and whose mistakes should show at the start. */
function isPureDuration(name: string, args: readonly { readonly value: Expression }[]): boolean {
  return ['Duration', 'TraceID', 'SpanID'].includes(name) && args.every(({ value }) => value.isConstant === true)
}

function evaluate(get: Getter, at: number): OttlValue {
  try {
    return get(undefined as unknown as OttlContext)
  } catch (error) {
    if (error instanceof EvaluationError) throw new OttlError(error.message, at)
    throw error
  }
}

function constant(value: OttlValue): Expression {
  return { get: () => value, constant: value, isConstant: true }
}

function visitPaths(node: ConditionNode | ValueNode, visit: (prefix: string) => void): void {
  switch (node.kind) {
    case 'and':
    case 'or':
      for (const part of node.parts) visitPaths(part, visit)
      return
    case 'not':
      visitPaths(node.part, visit)
      return
    case 'bare':
      visitPaths(node.value, visit)
      return
    case 'compare':
    case 'math':
      visitPaths(node.left, visit)
      visitPaths(node.right, visit)
      return
    case 'call':
      for (const { value } of node.args) visitPaths(value, visit)
      return
    case 'list':
      for (const item of node.items) visitPaths(item, visit)
      return
    case 'path':
      if (node.segments.length > 1) visit(node.segments[0]!.name)
      return
    default:
  }
}
