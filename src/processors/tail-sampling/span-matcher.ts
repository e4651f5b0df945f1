import type { AttributeList } from '../../pdata/attribute-list.ts'
import type { SpanView } from '../../pdata/views.ts'

/**
 * What a policy wants to know of single spans. It is asked when a span arrives; a trace only keeps one bit that says
 * whether any of its spans, or of their resources, matched.
 */
export interface SpanMatcher {
  span?(span: SpanView): boolean
  attributes?(attributes: AttributeList, bytes: Uint8Array): boolean
  /**
   * Whether the last `span` could not be answered: then the policy has no vote on the trace, and no later span is looked at.
   * A matcher that has it takes the next bit too.
   */
  hasFailed?(): boolean
}
