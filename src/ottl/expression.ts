import type { ContextName, Expression, Getter, OttlContext } from './context.ts'
import { compileCall } from './functions.ts'
import { OttlError } from './lexer.ts'
import type { ConditionNode, ValueNode } from './parser.ts'
import { compilePath, index } from './paths.ts'
import { calculate, EvaluationError, type OttlValue } from './value.ts'

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

/** Makes a value ready for evaluation. Throws `OttlError`. */
export function compileValue(node: ValueNode, own: ContextName): Expression {
  switch (node.kind) {
    case 'literal':
      return constant(node.value)
    case 'enum': {
      const value = Object.hasOwn(enums, node.name) ? enums[node.name] : undefined
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

/** Tells the prefixes of all paths. */
export function visitPaths(node: ConditionNode | ValueNode, visit: (prefix: string) => void): void {
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
      for (const key of node.keys) visitPaths(key, visit)
      return
    case 'list':
      for (const item of node.items) visitPaths(item, visit)
      return
    case 'map':
      for (const [, value] of node.members) visitPaths(value, visit)
      return
    case 'path':
      if (node.segments.length > 1) visit(node.segments[0]!.name)
      for (const { keys } of node.segments) for (const key of keys) visitPaths(key, visit)
      return
    default:
  }
}
