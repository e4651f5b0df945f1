import type { KeySet } from '../../pdata/key-set.ts'
import { OrdinaryRecord } from '../../pdata/ordinary-record.ts'
import { type RecordEditor, recordDropped, recordKept, recordUnusual } from '../../pdata/record-splice.ts'
import { spanType } from '../../pdata/schema.ts'
import type { SpanProperties } from './properties.ts'

/** Drops spans by properties of their own, in requests of the shape that senders write. */
export class OrdinarySpans implements RecordEditor {
  readonly #properties: SpanProperties
  readonly #record: OrdinaryRecord

  constructor(properties: SpanProperties, keys: KeySet) {
    this.#properties = properties
    this.#record = new OrdinaryRecord(spanType, keys)
  }

  look(bytes: Uint8Array, view: DataView, start: number, end: number): number {
    const record = this.#record
    if (!record.read(bytes, view, start, end)) return recordUnusual
    return this.#properties.dropsOrdinary(bytes, record) ? recordDropped : recordKept
  }

  /** Nothing is ever edited. */
  write(): void {}

  /** Nothing is counted before the request is done. */
  abandon(): void {}
}
