import { type Condition, compileCondition, EvaluationError } from '../../ottl/condition.ts'
import { OttlContext } from '../../ottl/context.ts'
import type { ErrorMode } from '../../ottl/error-mode.ts'
import { anyEvent } from '../../ottl/events.ts'
import { askCondition } from '../../ottl/questions.ts'
import type { SpanReader } from '../../pdata/record-reader.ts'
import type { StepQuestions } from '../../pdata/step-questions.ts'
import { SpanView } from '../../pdata/views.ts'
import type { SpanMatcher } from './span-matcher.ts'

export interface ConditionMatcherConfig {
  readonly errorMode: ErrorMode
  readonly span: readonly string[]
  readonly spanEvent: readonly string[]
}

/** Whether any condition is true of the span or of one of its events. */
export class ConditionMatcher implements SpanMatcher {
  readonly #context = new OttlContext()
  readonly #spanSources: readonly string[]
  readonly #spanConditions: readonly Condition[]
  readonly #eventConditions: readonly Condition[]
  readonly #propagates: boolean
  #hasFailed = false

  constructor({ errorMode, span, spanEvent }: ConditionMatcherConfig) {
    this.#spanSources = span
    this.#spanConditions = span.map(source => compileCondition(source, 'span'))
    this.#eventConditions = spanEvent.map(source => compileCondition(source, 'spanevent'))
    this.#propagates = errorMode === 'propagate'
  }

  ask(questions: StepQuestions): boolean {
    if (this.#eventConditions.length > 0) return false
    return this.#spanSources.every(source => askCondition(source, 'span', questions))
  }

  span(span: SpanReader): boolean {
    const context = this.#context
    this.#hasFailed = false
    context.around(span).span = span
    try {
      return this.#isAnyTrue(this.#spanConditions) || this.#matchesEvent(span)
    } catch (error) {
      if (!(error instanceof EvaluationError)) throw error
      this.#hasFailed = true
      return false
    }
  }

  hasFailed(): boolean {
    return this.#hasFailed
  }

  #matchesEvent(span: SpanReader): boolean {
    const conditions = this.#eventConditions
    if (conditions.length === 0) return false
    if (!(span instanceof SpanView)) throw new Error('events are seen through views only')
    return anyEvent(this.#context, span, () => this.#isAnyTrue(conditions))
  }

  /** A condition that cannot be evaluated is not true, unless the user wants the policy to fail. */
  #isAnyTrue(conditions: readonly Condition[]): boolean {
    for (let i = 0; i < conditions.length; i++) {
      try {
        if (conditions[i]!(this.#context)) return true
      } catch (error) {
        if (this.#propagates || !(error instanceof EvaluationError)) throw error
      }
    }
    return false
  }
}
