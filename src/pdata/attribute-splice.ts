import { wireBytes } from '../wire/wire-type.ts'
import { varintLength } from '../wire/wire-writer.ts'
import { type AttributeEdit, keysOf } from './attribute-plan.ts'
import {
  type CompiledPlan,
  CompiledPlans,
  fateChanged,
  fateKept,
  fromSlot,
  noPlan,
  type WrittenAttribute,
} from './compiled-plans.ts'
import type { OrdinaryRecord } from './ordinary-record.ts'
import type { MessageType } from './schema.ts'
import { valueTag } from './short-attribute.ts'
import type { SpliceOutput } from './splice-output.ts'

const stepsFactor = 2 ** 30
const nothing = new Uint8Array(0)
/** Most bytes of a field's tag and length, and of the value's inside. */
const headersMax = 12

/**
 * Writes an ordinary message with its attributes edited: what becomes of them is worked out once for each combination of keys
 * and steps, and bytes go from the request straight to where they are sent from.
 */
export class AttributeSplice {
  readonly #message: OrdinaryRecord
  readonly #attributesTag: number
  readonly #plans: CompiledPlans
  /** Bit per key that an edit depends on. */
  readonly #editKeys: number
  readonly hasEdits: boolean
  /** The plan that was used last, and what it is for. */
  #plan: CompiledPlan = noPlan
  #plannedFor = -1
  #changedField = 0
  #newPayload: Uint8Array = nothing

  /** `edits` are those of several steps. */
  constructor(type: MessageType, message: OrdinaryRecord, edits: readonly (readonly AttributeEdit[])[]) {
    this.#message = message
    this.#attributesTag = type.attributesTag
    const { keys } = message
    this.#plans = new CompiledPlans(type.attributesField, edits, keys.keys)
    this.hasEdits = edits.some(({ length }) => length > 0)
    this.#editKeys = keysOf(edits.flat()).reduce((bits, key) => bits | (1 << keys.indexOf(key)), 0)
  }

  /** Finds out what the edits of the steps whose bits are set in `active` do to the message. False where there are too many kinds. */
  choose(active: number): boolean {
    const present = this.#message.foundMask & this.#editKeys
    const plannedFor = active * stepsFactor + present
    // Messages of one kind follow each other.
    if (plannedFor === this.#plannedFor) return true
    const plan = this.#plans.of(active, present, plannedFor)
    if (plan === undefined) return false
    this.#plan = plan
    this.#plannedFor = plannedFor
    return true
  }

  get changesNothing(): boolean {
    return this.#plan.changesNothing
  }

  /** How much longer the message becomes at most, where a field beside the attributes may get a new payload; 0 for none. */
  growthMax(changedField: number, newPayload: Uint8Array): number {
    const growth = this.hasEdits ? this.#attributesGrowthMax() : 0
    return changedField === 0 ? growth : growth + headersMax + newPayload.length
  }

  /** Writes the message in `[start, end)`, no more than `growthMax` longer. */
  write(output: SpliceOutput, start: number, end: number, changedField: number, newPayload: Uint8Array): void {
    const { found, foundCount, fieldStarts, fieldEnds } = this.#message
    const { fates, changes } = this.#plan
    this.#changedField = changedField
    this.#newPayload = newPayload
    let changedAt = changedField === 0 ? -1 : this.#message.fieldStart(changedField)
    let isNewWritten = this.#plan.inserts.length === 0 && (changedField === 0 || changedAt >= 0)
    let from = start
    for (let i = 0; i < foundCount; i++) {
      const key = found[i]!
      const fate = fates[key]!
      if (fate === fateKept) continue
      if (changedAt >= 0 && changedAt < fieldStarts[key]!) {
        from = this.#replaceField(output, from, changedAt)
        changedAt = -1
        if (!isNewWritten) this.#writeNew(output, false)
        isNewWritten = true
      }
      output.copy(from, fieldStarts[key]!)
      from = fieldEnds[key]!
      if (fate === fateChanged) this.#attribute(output, changes[key]!)
      if (isNewWritten) continue
      // What has no place yet goes where room comes first, as with views.
      isNewWritten = true
      this.#writeNew(output, changedAt < 0 && changedField !== 0)
    }
    if (changedAt >= 0) {
      from = this.#replaceField(output, from, changedAt)
      if (!isNewWritten) this.#writeNew(output, false)
      isNewWritten = true
    }
    output.copy(from, end)
    if (!isNewWritten) this.#writeNew(output, changedField !== 0)
  }

  #attributesGrowthMax(): number {
    const { valueStarts, valueEnds } = this.#message
    const { constantBytes, copies } = this.#plan
    let growth = constantBytes
    for (let i = 0; i < copies.length; i++) {
      const { from, slot } = copies[i]!
      growth += headersMax + (slot === undefined ? valueEnds[from]! - valueStarts[from]! : slot.value.length)
    }
    return growth
  }

  /** Of an attribute with another one's value, or one that a step gave. */
  #payloadLength({ start, end, from, slot }: WrittenAttribute): number {
    const { valueStarts, valueEnds } = this.#message
    const valueBytes = slot === undefined ? valueEnds[from]! - valueStarts[from]! : slot.value.length
    return end - start + 1 + varintLength(valueBytes) + valueBytes
  }

  #attribute(output: SpliceOutput, attribute: WrittenAttribute): void {
    const { start, end, from, slot } = attribute
    if (from !== -1) output.header(this.#attributesTag, this.#payloadLength(attribute))
    output.constant(this.#plans.view, start, end)
    if (from === fromSlot) {
      output.header(valueTag, slot!.value.length)
      output.raw(slot!.value)
    } else if (from >= 0) {
      const valueStart = this.#message.valueStarts[from]!
      const valueEnd = this.#message.valueEnds[from]!
      output.header(valueTag, valueEnd - valueStart)
      output.copy(valueStart, valueEnd)
    }
  }

  /** New attributes, and the replaced field where it had no place before. */
  #writeNew(output: SpliceOutput, isFieldNew: boolean): void {
    const { inserts } = this.#plan
    for (let i = 0; i < inserts.length; i++) this.#attribute(output, inserts[i]!)
    if (isFieldNew) this.#field(output)
  }

  #replaceField(output: SpliceOutput, from: number, fieldStart: number): number {
    output.copy(from, fieldStart)
    this.#field(output)
    return this.#message.ends[this.#changedField]!
  }

  #field(output: SpliceOutput): void {
    output.header((this.#changedField << 3) | wireBytes, this.#newPayload.length)
    output.raw(this.#newPayload)
  }
}
