import type { AttributeEdit } from '../pdata/attribute-plan.ts'
import { StepQuestions } from '../pdata/step-questions.ts'
import { type Condition, compileNode } from './condition.ts'
import type { ContextName, Expression } from './context.ts'
import type { StatementNode } from './parser.ts'
import { askNodes } from './questions.ts'

/** What an editor does where that is a change of one attribute by a key that is known. */
export interface EditorStep {
  readonly edit: AttributeEdit
  /**
   * Whether there is anything to write, having put it where the edit takes it from. Absent where the edit alone knows. Throws
   * `EvaluationError`.
   */
  readonly prepare?: Condition
  /** Whether it reads what it is to write to. */
  readonly readsTarget?: boolean
}

/** A statement that can be carried out without a walk. */
export interface StatementStep {
  readonly edit: AttributeEdit
  /** Whether the edit is for the item that the context points at; absent where it always is. Throws `EvaluationError`. */
  readonly applies?: Condition
  /** What it asks about. */
  readonly questions: StepQuestions
}

/** Contexts whose items are records with attributes. */
const recordContexts: readonly ContextName[] = ['span', 'log']

/** Undefined where the statement asks about more than a step may. */
export function statementStep(
  { editor, where }: StatementNode,
  own: ContextName,
  target: Expression | undefined,
  step: EditorStep | undefined,
): StatementStep | undefined {
  if (step === undefined || target?.context !== own || !recordContexts.includes(own)) return undefined
  // Then the first argument need not be the target.
  if (editor.args.some(({ name }) => name !== undefined)) return undefined
  const { edit, prepare, readsTarget } = step
  const read = editor.args.slice(readsTarget === true ? 0 : 1).map(({ value }) => value)
  const questions = new StepQuestions()
  if (!askNodes(where === undefined ? read : [...read, where], own, questions)) return undefined
  const applies = both(where && compileNode(where, own), prepare)
  return { edit, questions, ...(applies && { applies }) }
}

function both(first: Condition | undefined, second: Condition | undefined): Condition | undefined {
  if (first === undefined || second === undefined) return first ?? second
  return context => first(context) && second(context)
}
