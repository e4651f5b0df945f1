import type { AttributeKey } from './attribute-key.ts'

/** What a step will ask about. A reader only knows the attributes that somebody told it of beforehand. */
export class StepQuestions {
  /** Attributes of the record, the resource and the scope, by key. */
  readonly attributes = new Map<string, AttributeKey>()
  readonly resourceAttributes = new Map<string, AttributeKey>()
  readonly scopeAttributes = new Map<string, AttributeKey>()
  /** Fields of the record, a bit each. */
  fields = 0
  asksResource = false
  asksScope = false

  addAll(other: StepQuestions): void {
    for (const [text, key] of other.attributes) this.attributes.set(text, key)
    for (const [text, key] of other.resourceAttributes) this.resourceAttributes.set(text, key)
    for (const [text, key] of other.scopeAttributes) this.scopeAttributes.set(text, key)
    this.fields |= other.fields
    this.asksResource ||= other.asksResource
    this.asksScope ||= other.asksScope
  }
}
