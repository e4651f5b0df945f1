import type { OttlContext } from '../../ottl/context.ts'
import { askCondition } from '../../ottl/questions.ts'
import type { StatementStep } from '../../ottl/statement-step.ts'
import type { AttributeEdit } from '../../pdata/attribute-plan.ts'
import type { OrdinaryItem } from '../../pdata/ordinary-item.ts'
import { type RecordStep, stepEdits, stepKeeps } from '../../pdata/record-step.ts'
import { StepQuestions } from '../../pdata/step-questions.ts'
import type { StatementGroup } from './statement-groups.ts'

/** Who runs the statements. */
export interface StepRunner {
  readonly context: OttlContext
  /** Whether the item that the context points at passes the conditions of the group. */
  admits(group: StatementGroup): boolean
  /** Counts what could not be evaluated, or throws. */
  failed(error: unknown, group: StatementGroup): void
  abandon(): void
}

/**
 * The work of all groups without a walk; undefined where a statement needs one. Statements without a condition that stand
 * next to each other are one step.
 */
export function transformSteps(groups: readonly StatementGroup[], runner: StepRunner): RecordStep[] | undefined {
  const steps: RecordStep[] = []
  let always: AttributeEdit[] = []
  const endRun = () => {
    if (always.length > 0) steps.push({ edits: always })
    always = []
  }
  for (const group of groups) {
    const questions = new StepQuestions()
    if (group.context !== 'span' && group.context !== 'log') return undefined
    if (!group.conditionSources.every(source => askCondition(source, group.context, questions))) return undefined
    const state = { isAdmitted: true }
    let isFirst = true
    for (const { step } of group.statements) {
      if (step === undefined) return undefined
      const isConditional = group.conditions.length > 0 || step.applies !== undefined
      if (!isConditional) {
        always.push(step.edit)
        continue
      }
      endRun()
      steps.push(conditionalStep(group, step, { runner, questions, state, isFirst }))
      isFirst = false
    }
    endRun()
  }
  return steps
}

interface GroupState {
  readonly runner: StepRunner
  /** Of the group's conditions. */
  readonly questions: StepQuestions
  /** Whether the present record passes them, as the group's first statement found out for all. */
  readonly state: { isAdmitted: boolean }
  readonly isFirst: boolean
}

function conditionalStep(group: StatementGroup, step: StatementStep, around: GroupState): RecordStep {
  const { runner, state, isFirst } = around
  const { context } = runner
  const { edit, applies, questions } = step
  const isSpan = group.context === 'span'
  const hasConditions = group.conditions.length > 0
  return {
    edits: [edit],
    ask(into) {
      into.addAll(around.questions)
      into.addAll(questions)
    },
    look(item: OrdinaryItem) {
      context.around(item)
      if (isSpan) context.span = item
      else context.log = item
      if (hasConditions) {
        if (isFirst) state.isAdmitted = runner.admits(group)
        if (!state.isAdmitted) return stepKeeps
      }
      try {
        return applies === undefined || applies(context) ? stepEdits : stepKeeps
      } catch (error) {
        runner.failed(error, group)
        return stepKeeps
      }
    },
    abandon: () => runner.abandon(),
  }
}
