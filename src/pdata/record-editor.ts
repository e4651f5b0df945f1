import type { SpliceOutput } from './splice-output.ts'

/** What a `RecordEditor` answers beside the length of a record's new payload. */
export const recordDropped = -1
export const recordKept = -2
/** It is of a shape that is for the views: the whole request takes the ordinary way. */
export const recordUnusual = -3

/** What is done with the records of a request. */
export interface RecordEditor {
  /** False where neither scopes nor records are looked at. */
  readonly looksInside?: boolean
  /** Items that each processor dropped, of the request at hand. */
  readonly dropped: number[]
  /**
   * Tells of the group of a resource, and then of that of a scope, in `[start, end)`: their records follow. Answers whether the
   * group goes as a whole, having counted what is in it; of that of a resource also how long the resource's payload will be at
   * most.
   * `view` is over all of `bytes`.
   */
  enterGroup?(bytes: Uint8Array, view: DataView, start: number, end: number): number
  /** Writes the resource of the group that was entered last. */
  writeResource?(output: SpliceOutput, start: number, end: number): void
  enterScope?(bytes: Uint8Array, view: DataView, start: number, end: number): number
  /** Whether in this request, whose spans are as `PlainSpans` says, `glance` is to be called before `look`. */
  beginGlancing?(bytes: Uint8Array): boolean
  /** Whether the span that begins at `start` is dropped, having counted it. Where not, it has yet to be looked at. */
  glance?(bytes: Uint8Array, start: number): boolean
  /** Looks at the record in `[start, end)`: how long its payload will be at most, or one of the answers above. */
  look(bytes: Uint8Array, view: DataView, start: number, end: number): number
  /** Writes the payload of the record that `look` saw last, no longer than it said. */
  write(output: SpliceOutput, start: number, end: number): void
  /** The request takes the ordinary way after all: what was counted in it does not count. */
  abandon(): void
  /** Whether an error means nothing, because it comes of something that only views can read. */
  readonly isUnusual?: boolean
  /** The request is done with, one way or the other. */
  release?(): void
}
