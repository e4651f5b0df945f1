import { type Condition, compileCondition, compileNode } from '../../ottl/condition.ts'
import type { ContextName } from '../../ottl/context.ts'
import type { Edit } from '../../ottl/editor.ts'
import { OttlError } from '../../ottl/lexer.ts'
import { parseStatement } from '../../ottl/parser.ts'
import { compileStatement } from '../../ottl/statement.ts'
import { parseRequestCondition, type RequestCondition } from './request-condition.ts'

/** A row as it is written: it has a condition or a statement, the other is empty. */
export interface Route {
  readonly context: RowContext
  readonly condition: string
  readonly statement: string
  readonly action: 'move' | 'copy'
}

export const rowContexts = ['resource', 'span', 'metric', 'datapoint', 'log', 'request'] as const
export type RowContext = (typeof rowContexts)[number]

/** A row of the table, ready to be asked. */
export interface Row {
  /** Its index in the table. */
  readonly index: number
  readonly context: RowContext
  /** What matches stays for the rows that follow. */
  readonly isCopied: boolean
  /** Set in the context `request`. */
  readonly request: RequestCondition | undefined
  readonly condition: Condition
  /** What is done to whatever matches; undefined for `route()`. */
  readonly edit: Edit | undefined
}

/** The editors that a statement may call instead of `route`. */
const editorNames = ['delete_key', 'delete_matching_keys']
const always: Condition = () => true

/** Throws `OttlError` where the condition or statement cannot be read. */
export function compileRow(route: Route, index: number): Row {
  const { context, action, condition } = route
  const common = { index, context, isCopied: action === 'copy', request: undefined, edit: undefined }
  if (context === 'request') {
    const request = parseRequestCondition(condition)
    if (request === undefined) throw new OttlError('is not request["header"] == "value", nor with !=')
    return { ...common, request, condition: always }
  }
  if (condition !== '') return { ...common, condition: compileCondition(condition, context) }
  return { ...common, ...compileRouteStatement(route.statement, context) }
}

function compileRouteStatement(source: string, context: ContextName): Pick<Row, 'condition' | 'edit'> {
  const { editor, where } = parseStatement(source)
  const condition = where === undefined ? always : compileNode(where, context)
  if (editor.name === 'route') {
    if (editor.args.length > 0) throw new OttlError('route takes no arguments', editor.at)
    return { condition, edit: undefined }
  }
  if (!editorNames.includes(editor.name)) {
    throw new OttlError(`${editor.name} is not route, ${editorNames.join(' or ')}`, editor.at)
  }
  const { run, writes } = compileStatement(source, context)
  // What stands around an item belongs to items that go other ways too.
  const other = [...writes].find(written => written !== context)
  if (other !== undefined) throw new OttlError(`a row of context ${context} cannot change the ${other}`, editor.at)
  return { condition, edit: run }
}

/** Two rows with one key say the same, as a condition or as a statement. */
export function rowKey({ context, condition, statement }: Route): string {
  return `${context} ${condition === '' ? statement : `route() where ${condition}`}`
}
