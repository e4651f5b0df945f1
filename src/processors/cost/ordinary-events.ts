import { callEvents, eventNameKey } from '../../model-calls/call-events.ts'
import { mayBeEvent } from '../../model-calls/call-filter.ts'
import { KeySet } from '../../pdata/key-set.ts'
import { OrdinaryRecord } from '../../pdata/ordinary-record.ts'
import * as otlp from '../../pdata/otlp-fields.ts'
import { type RecordEditor, recordKept, recordUnusual } from '../../pdata/record-editor.ts'
import { logRecordType } from '../../pdata/schema.ts'
import { readText } from '../../pdata/text.ts'
import { ValueReader } from '../../pdata/value.ts'

const noBytes = new Uint8Array(0)
const nameLengths: ReadonlySet<number> = new Set([...callEvents.keys()].map(name => Buffer.byteLength(name)))
const eventNames = KeySet.of([eventNameKey])!

/** Tells requests of log records none of which reports a call; all others are for the walk. */
export class OrdinaryEvents implements RecordEditor {
  /** No record is ever dropped. */
  readonly dropped = [0]
  readonly #record = new OrdinaryRecord(logRecordType, eventNames)
  readonly #value = new ValueReader()

  look(bytes: Uint8Array, view: DataView, start: number, end: number): number {
    if (!mayBeEvent(view, start, end)) return recordKept
    const record = this.#record
    if (!record.read(bytes, view, start, end)) return recordUnusual
    return this.#isCall(bytes) ? recordUnusual : recordKept
  }

  /** Nothing is ever edited. */
  write(): void {}

  /** Nothing is counted. */
  abandon(): void {}

  /** A view of a request alone keeps all of its memory. */
  release(): void {
    this.#record.clear()
    this.#value.reset(noBytes, 0, 0)
  }

  /** The attribute goes before the record's own field. Text is made only of a name that may be one of a call. */
  #isCall(bytes: Uint8Array): boolean {
    const record = this.#record
    if (record.foundMask !== 0) {
      const value = this.#value.reset(bytes, record.valueStarts[0]!, record.valueEnds[0]!)
      return nameLengths.has(value.end - value.start) && callEvents.has(value.text())
    }
    if (!record.has(otlp.logEventName)) return false
    const start = record.starts[otlp.logEventName]!
    const end = record.ends[otlp.logEventName]!
    return nameLengths.has(end - start) && callEvents.has(readText(bytes, start, end))
  }
}
