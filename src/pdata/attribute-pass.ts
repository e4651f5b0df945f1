import { wireBytes } from '../wire/wire-type.ts'
import { varintLength } from '../wire/wire-writer.ts'
import { type AttributeEdit, keysOf } from './attribute-plan.ts'
import {
  type CompiledPlan,
  CompiledPlans,
  fateChanged,
  fateKept,
  noPlan,
  type WrittenAttribute,
} from './compiled-plans.ts'
import { KeySet } from './key-set.ts'
import { OrdinaryRecord } from './ordinary-record.ts'
import * as otlp from './otlp-fields.ts'
import { type RecordEditor, RecordSplice, recordKept, recordUnusual } from './record-splice.ts'
import type { MessageType } from './schema.ts'
import type { SpliceOutput } from './splice-output.ts'

const valueTag = (otlp.keyValueValue << 3) | wireBytes

/**
 * Edits by exact keys, over all records of a request: what `StageWalk` does with them, by the short way. The walk keeps an
 * index of each record, so that any hook may ask anything; here it is known before what will be asked. A record's attributes
 * are looked through once for all keys, what becomes of them is worked out once for each combination of keys, and bytes go
 * from the request straight to where they are sent from. It takes less than half of the walk's time.
 */
export class AttributePass implements RecordEditor {
  readonly #record: OrdinaryRecord
  readonly #plans: CompiledPlans
  readonly #attributesTag: number
  /** The plan that was used last, and the keys that it is for. */
  #plan: CompiledPlan = noPlan
  #plannedFor = -1

  private constructor(type: MessageType, edits: readonly AttributeEdit[], keys: KeySet) {
    this.#record = new OrdinaryRecord(type, keys)
    this.#plans = new CompiledPlans(type.attributesField, edits, keys.keys)
    this.#attributesTag = type.attributesTag
  }

  /** Undefined where there are too many keys. `type` is that of the records. */
  static of(type: MessageType, edits: readonly AttributeEdit[]): RecordSplice | undefined {
    const keys = KeySet.of(keysOf(edits))
    return keys && new RecordSplice(new AttributePass(type, edits, keys))
  }

  look(bytes: Uint8Array, view: DataView, start: number, end: number): number {
    const record = this.#record
    if (!record.read(bytes, view, start, end)) return recordUnusual
    if (record.foundMask !== this.#plannedFor && !this.#choosePlan(record.foundMask)) return recordUnusual
    const { changesNothing, fates, changes, inserts } = this.#plan
    if (changesNothing) return recordKept
    let length = end - start
    for (let i = 0; i < record.foundCount; i++) {
      const key = record.found[i]!
      const fate = fates[key]!
      if (fate === fateKept) continue
      length -= record.fieldEnds[key]! - record.fieldStarts[key]!
      if (fate === fateChanged) length += this.#fieldLength(changes[key]!)
    }
    for (let i = 0; i < inserts.length; i++) length += this.#fieldLength(inserts[i]!)
    return length
  }

  write(output: SpliceOutput, start: number, end: number): void {
    const { found, foundCount, fieldStarts, fieldEnds } = this.#record
    const { fates, changes, inserts } = this.#plan
    let from = start
    let isInserted = inserts.length === 0
    for (let i = 0; i < foundCount; i++) {
      const key = found[i]!
      const fate = fates[key]!
      if (fate === fateKept) continue
      output.copy(from, fieldStarts[key]!)
      from = fieldEnds[key]!
      if (fate === fateChanged) this.#attribute(output, changes[key]!)
      if (isInserted) continue
      // Where the attribute list of a view would put them too.
      isInserted = true
      for (let j = 0; j < inserts.length; j++) this.#attribute(output, inserts[j]!)
    }
    output.copy(from, end)
    if (!isInserted) for (let j = 0; j < inserts.length; j++) this.#attribute(output, inserts[j]!)
  }

  abandon(): void {}

  /** Records of one kind follow each other. False where there are too many kinds. */
  #choosePlan(present: number): boolean {
    const plan = this.#plans.of(present)
    if (plan === undefined) return false
    this.#plan = plan
    this.#plannedFor = present
    return true
  }

  #fieldLength(attribute: WrittenAttribute): number {
    if (attribute.from < 0) return attribute.end - attribute.start
    const payload = this.#payloadLength(attribute)
    return 1 + varintLength(payload) + payload
  }

  /** Of an attribute with another one's value. */
  #payloadLength({ start, end, from }: WrittenAttribute): number {
    const valueBytes = this.#record.valueEnds[from]! - this.#record.valueStarts[from]!
    return end - start + 1 + varintLength(valueBytes) + valueBytes
  }

  #attribute(output: SpliceOutput, attribute: WrittenAttribute): void {
    const { start, end, from } = attribute
    if (from >= 0) output.header(this.#attributesTag, this.#payloadLength(attribute))
    output.constant(this.#plans.view, start, end)
    if (from < 0) return
    const valueStart = this.#record.valueStarts[from]!
    const valueEnd = this.#record.valueEnds[from]!
    output.header(valueTag, valueEnd - valueStart)
    output.copy(valueStart, valueEnd)
  }
}
