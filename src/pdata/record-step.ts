import type { AttributeEdit } from './attribute-plan.ts'
import type { OrdinaryItem } from './ordinary-item.ts'
import type { StepQuestions } from './step-questions.ts'

/** What `look` says of a record. */
export const stepDrops = 0
/** It stays, and the step's edits are not for it. */
export const stepKeeps = 1
/** It stays, and the step's edits apply. */
export const stepEdits = 2
export type StepVerdict = typeof stepDrops | typeof stepKeeps | typeof stepEdits

/** Drops spans without reading them, where their trace id is enough to know. `look` would drop them too. */
export interface Glance {
  /** Whether the trace ids may be enough in this request, whose spans are as `PlainSpans` says. */
  begin(bytes: Uint8Array): boolean
  /** Whether the span with the trace id there goes; where not, nothing is decided yet. */
  drops(bytes: Uint8Array, traceIdStart: number): boolean
}

/**
 * A processor's work on one record, done without views. All that counts for it is the record and what stands around it; what
 * it does to the record is drop it, edit attributes by exact keys, or replace one field; of the resource, edit attributes. `RecordPass` does the steps of
 * several processors one after the other in one go.
 */
export interface RecordStep {
  /** Notes what `look` asks about. */
  ask?(questions: StepQuestions): void
  /** Told of every resource before its records, where it `asksResource`; false drops all of it. */
  enterResource?(item: OrdinaryItem): boolean
  /** The same of every scope, where it `asksScope`. */
  enterScope?(item: OrdinaryItem): boolean
  /** Absent where every record gets the edits. */
  look?(item: OrdinaryItem): StepVerdict
  readonly glance?: Glance
  readonly edits?: readonly AttributeEdit[]
  /** Of every resource. */
  readonly resourceEdits?: readonly AttributeEdit[]
  /** Fields that `look` may replace, a bit each. It must ask about them too. */
  readonly writtenFields?: number
  /** The request takes the ordinary way after all: what was counted in it does not count. */
  abandon?(): void
}
