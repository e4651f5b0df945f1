import type { ContextName } from '../../ottl/context.ts'
import { askCondition } from '../../ottl/questions.ts'
import type { OrdinaryItem } from '../../pdata/ordinary-item.ts'
import { type RecordStep, stepDrops, stepKeeps } from '../../pdata/record-step.ts'
import { StepQuestions } from '../../pdata/step-questions.ts'

/** What a filter asks about, and who answers. */
export interface FilterParts {
  /** All conditions, with the contexts that they are written for. */
  readonly sources: readonly { readonly source: string; readonly context: ContextName }[]
  readonly properties: { ask(questions: StepQuestions): void }
  /** Whether the resource goes with all it has; undefined where no condition asks. */
  readonly dropsResource: ((item: OrdinaryItem) => boolean) | undefined
  /** The same for the scope. */
  readonly dropsScope: ((item: OrdinaryItem) => boolean) | undefined
  /** Undefined where no condition asks. */
  readonly drops: ((item: OrdinaryItem) => boolean) | undefined
  abandon(): void
}

/** The filter's work without a walk; undefined where something that it asks about needs one. */
export function filterStep(parts: FilterParts): RecordStep | undefined {
  const questions = new StepQuestions()
  const { dropsResource, dropsScope, drops } = parts
  const isAnswered = parts.sources.every(({ source, context }) => askCondition(source, context, questions))
  if (!isAnswered) return undefined
  parts.properties.ask(questions)
  if (dropsResource !== undefined) questions.asksResource = true
  if (dropsScope !== undefined) questions.asksScope = true
  return {
    ask: into => into.addAll(questions),
    ...(dropsResource && { enterResource: (item: OrdinaryItem) => !dropsResource(item) }),
    ...(dropsScope && { enterScope: (item: OrdinaryItem) => !dropsScope(item) }),
    ...(drops && { look: (item: OrdinaryItem) => (drops(item) ? stepDrops : stepKeeps) }),
    abandon: () => parts.abandon(),
  }
}
