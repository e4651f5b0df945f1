import type { AttributeReader, SpanReader } from '../../pdata/record-reader.ts'
import type { StepQuestions } from '../../pdata/step-questions.ts'

/**
 * What a policy wants to know of single spans. It is asked when a span arrives; a trace only keeps one bit that says
 * whether any of its spans, or of their resources, matched.
 */
export interface SpanMatcher {
  /** Notes what it asks about; false where only views can answer. */
  ask?(questions: StepQuestions): boolean
  span?(span: SpanReader): boolean
  attributes?(attributes: AttributeReader): boolean
  /**
   * Whether the last `span` could not be answered: then the policy has no vote on the trace, and no later span is looked at.
   * A matcher that has it takes the next bit too.
   */
  hasFailed?(): boolean
}
