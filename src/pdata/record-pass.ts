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
import { countGroup, countPoints, countScopeGroup } from './count.ts'
import { OrdinaryItem } from './ordinary-item.ts'
import type { Signal } from './otlp-batch.ts'
import * as otlp from './otlp-fields.ts'
import { type RecordEditor, recordDropped, recordKept, recordUnusual } from './record-editor.ts'
import { type Glance, type RecordStep, stepDrops, stepEdits } from './record-step.ts'
import { recordTypes } from './schema.ts'
import type { SpliceOutput } from './splice-output.ts'
import { StepQuestions } from './step-questions.ts'

const valueTag = (otlp.keyValueValue << 3) | wireBytes
/** More steps than these do not fit beside the keys in the number of a plan. */
const stepsMax = 20
const stepsFactor = 2 ** 30
/** Where the trace id stands in a span that begins with it. */
const traceIdAt = 2

/**
 * What one or several processors do to a record, without views: what `StageWalk` does with them, by the short way. The walk
 * keeps an index of each record, so that any hook may ask anything; here it is known before what will be asked. A record is
 * read once for all, what becomes of its attributes is worked out once for each combination of keys and steps, and bytes
 * go from the request straight to where they are sent from.
 */
export class RecordPass implements RecordEditor {
  readonly #item: OrdinaryItem
  readonly #asksResource: boolean
  readonly #asksScope: boolean
  readonly dropped: number[]
  readonly #steps: readonly RecordStep[]
  /** By step, the processor that it belongs to. */
  readonly #owners: readonly number[]
  readonly #attributesTag: number
  readonly #signal: Signal
  readonly #plans: CompiledPlans
  /** Bit per step: its edits are for every record. */
  readonly #editsAlways: number
  readonly #hasEdits: boolean
  /** Of the first step that looks at records, and whose that is. */
  readonly #glance: Glance | undefined
  readonly #glanceOwner: number
  /** Bit per key that an edit depends on. */
  readonly #editKeys: number
  /** The plan that was used last, and what it is for. */
  #plan: CompiledPlan = noPlan
  #plannedFor = -1

  private constructor(
    signal: Signal,
    processors: readonly (readonly RecordStep[])[],
    item: OrdinaryItem,
    questions: StepQuestions,
  ) {
    const steps = processors.flat()
    const type = recordTypes[signal]
    this.#signal = signal
    this.#item = item
    this.#asksResource = questions.asksResource
    this.#asksScope = questions.asksScope
    this.dropped = processors.map(() => 0)
    this.#owners = processors.flatMap((of, i) => of.map(() => i))
    this.#steps = steps
    this.#attributesTag = type.attributesTag
    const { keys } = item.message
    this.#plans = new CompiledPlans(
      type.attributesField,
      steps.map(({ edits }) => edits ?? []),
      keys.keys,
    )
    const isBare = (step: RecordStep) => step.edits !== undefined && step.look === undefined
    this.#editsAlways = steps.reduce((bits, step, i) => (isBare(step) ? bits | (1 << i) : bits), 0)
    const firstLook = steps.findIndex(({ look }) => look !== undefined)
    this.#glance = steps[firstLook]?.glance
    this.#glanceOwner = this.#owners[firstLook] ?? 0
    const edits = steps.flatMap(step => step.edits ?? [])
    this.#hasEdits = edits.length > 0
    this.#editKeys = keysOf(edits).reduce((bits, key) => bits | (1 << keys.indexOf(key)), 0)
  }

  /**
   * For the steps of several processors. Undefined where only the walk can do it: too many keys, or a step that asks about
   * what one before it may have changed.
   */
  static of(signal: Signal, processors: readonly (readonly RecordStep[])[]): RecordPass | undefined {
    const steps = processors.flat()
    if (steps.length === 0 || steps.length > stepsMax) return undefined
    const questions = new StepQuestions()
    const edited = new Set<string>()
    let writtenFields = 0
    for (const step of steps) {
      const own = new StepQuestions()
      step.ask?.(own)
      if ((writtenFields & own.fields) !== 0) return undefined
      for (const text of own.attributes.keys()) if (edited.has(text)) return undefined
      questions.addAll(own)
      writtenFields |= step.writtenFields ?? 0
      const edits: readonly AttributeEdit[] = step.edits ?? []
      for (const key of keysOf(edits)) questions.attributes.set(key.text, key)
      for (const { key } of edits) edited.add(key.text)
    }
    const item = OrdinaryItem.of(signal, questions)
    return item && new RecordPass(signal, processors, item, questions)
  }

  get isUnusual(): boolean {
    return this.#item.isUnusual
  }

  enterGroup(bytes: Uint8Array, view: DataView, start: number, end: number): number {
    if (!this.#asksResource) return recordKept
    const item = this.#item
    if (!item.resource.find(bytes, view, start, end)) return recordUnusual
    const steps = this.#steps
    for (let i = 0; i < steps.length; i++) {
      const stays = steps[i]!.enterResource?.(item) ?? true
      if (item.isUnusual) return recordUnusual
      if (stays) continue
      this.dropped[this.#owners[i]!]! += countGroup(bytes, start, end, this.#signal)
      return recordDropped
    }
    return recordKept
  }

  enterScope(bytes: Uint8Array, view: DataView, start: number, end: number): number {
    if (!this.#asksScope) return recordKept
    const item = this.#item
    if (!item.scope.find(bytes, view, start, end)) return recordUnusual
    const steps = this.#steps
    for (let i = 0; i < steps.length; i++) {
      const stays = steps[i]!.enterScope?.(item) ?? true
      if (item.isUnusual) return recordUnusual
      if (stays) continue
      this.dropped[this.#owners[i]!]! += countScopeGroup(bytes, start, end, this.#signal)
      return recordDropped
    }
    return recordKept
  }

  beginGlancing(bytes: Uint8Array): boolean {
    return this.#glance?.begin(bytes) === true
  }

  glance(bytes: Uint8Array, start: number): boolean {
    if (!this.#glance!.drops(bytes, start + traceIdAt)) return false
    this.dropped[this.#glanceOwner]!++
    return true
  }

  /** Looks at the record in `[start, end)`: how long its payload will be, or one of the answers above. `view` is over all of `bytes`. */
  look(bytes: Uint8Array, view: DataView, start: number, end: number): number {
    const item = this.#item
    if (!item.read(bytes, view, start, end)) return recordUnusual
    const steps = this.#steps
    let active = this.#editsAlways
    for (let i = 0; i < steps.length; i++) {
      const step = steps[i]!
      if (step.look === undefined) continue
      const verdict = step.look(item)
      if (item.isUnusual) return recordUnusual
      if (verdict === stepDrops) {
        this.dropped[this.#owners[i]!]! += this.#signal === 'metrics' ? countPoints(bytes, start, end) : 1
        return recordDropped
      }
      if (verdict === stepEdits) active |= 1 << i
    }
    if (!this.#hasEdits) return item.changedField === 0 ? recordKept : end - start + this.#fieldGrowth()
    const plannedFor = active * stepsFactor + (item.message.foundMask & this.#editKeys)
    if (plannedFor !== this.#plannedFor && !this.#choosePlan(active, plannedFor)) return recordUnusual
    if (item.changedField === 0) return this.#plan.changesNothing ? recordKept : end - start + this.#attributesGrowth()
    return end - start + this.#attributesGrowth() + this.#fieldGrowth()
  }

  /** Writes the payload of the record that `look` saw last, exactly as long as it said. */
  write(output: SpliceOutput, start: number, end: number): void {
    const { found, foundCount, fieldStarts, fieldEnds } = this.#item.message
    const { fates, changes } = this.#plan
    const { changedField } = this.#item
    let changedAt = changedField === 0 ? -1 : this.#item.message.fieldStart(changedField)
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

  /** Forgets the request. */
  release(): void {
    this.#item.release()
    this.#item.isUnusual = false
  }

  /** The request takes the ordinary way after all. */
  abandon(): void {
    for (const step of this.#steps) step.abandon?.()
  }

  /** Records of one kind follow each other. False where there are too many kinds. */
  #choosePlan(active: number, plannedFor: number): boolean {
    const plan = this.#plans.of(active, this.#item.message.foundMask & this.#editKeys, plannedFor)
    if (plan === undefined) return false
    this.#plan = plan
    this.#plannedFor = plannedFor
    return true
  }

  #attributesGrowth(): number {
    const { found, foundCount, fieldStarts, fieldEnds } = this.#item.message
    const { fates, changes, inserts } = this.#plan
    let growth = 0
    for (let i = 0; i < foundCount; i++) {
      const key = found[i]!
      const fate = fates[key]!
      if (fate === fateKept) continue
      growth -= fieldEnds[key]! - fieldStarts[key]!
      if (fate === fateChanged) growth += this.#fieldLength(changes[key]!)
    }
    for (let i = 0; i < inserts.length; i++) growth += this.#fieldLength(inserts[i]!)
    return growth
  }

  #fieldLength(attribute: WrittenAttribute): number {
    if (attribute.slot === undefined && attribute.from < 0) return attribute.end - attribute.start
    const payload = this.#payloadLength(attribute)
    return 1 + varintLength(payload) + payload
  }

  /** Of an attribute with another one's value, or one that a step gave. */
  #payloadLength({ start, end, from, slot }: WrittenAttribute): number {
    const { valueStarts, valueEnds } = this.#item.message
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
      const valueStart = this.#item.message.valueStarts[from]!
      const valueEnd = this.#item.message.valueEnds[from]!
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

  #fieldGrowth(): number {
    const { message, changedField, newPayload } = this.#item
    const oldStart = message.fieldStart(changedField)
    const before = oldStart < 0 ? 0 : message.ends[changedField]! - oldStart
    return 1 + varintLength(newPayload.length) + newPayload.length - before
  }

  #replaceField(output: SpliceOutput, from: number, fieldStart: number): number {
    output.copy(from, fieldStart)
    this.#field(output)
    return this.#item.message.ends[this.#item.changedField]!
  }

  #field(output: SpliceOutput): void {
    const { changedField, newPayload } = this.#item
    output.header((changedField << 3) | wireBytes, newPayload.length)
    output.raw(newPayload)
  }
}
