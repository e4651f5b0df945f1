import { type AttributeEdit, keysOf } from './attribute-plan.ts'
import { AttributeSplice } from './attribute-splice.ts'
import { countGroup, countPoints, countScopeGroup } from './count.ts'
import { OrdinaryItem } from './ordinary-item.ts'
import type { Signal } from './otlp-batch.ts'
import { type RecordEditor, recordDropped, recordKept, recordUnusual } from './record-editor.ts'
import { type Glance, type RecordStep, stepDrops, stepEdits } from './record-step.ts'
import { recordTypes, resourceType } from './schema.ts'
import type { SpliceOutput } from './splice-output.ts'
import { StepQuestions } from './step-questions.ts'

/** More steps than these do not fit beside the keys in the number of a plan. */
const stepsMax = 20
/** Where the trace id stands in a span that begins with it. */
const traceIdAt = 2
const nothing = new Uint8Array(0)

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
  readonly #signal: Signal
  readonly #records: AttributeSplice
  readonly #resources: AttributeSplice | undefined
  /** Bit per step: its edits are for every record. */
  readonly #editsAlways: number
  /** Of the first step that looks at records, and whose that is. */
  readonly #glance: Glance | undefined
  readonly #glanceOwner: number
  readonly looksInside: boolean

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
    this.#records = new AttributeSplice(
      type,
      item.message,
      steps.map(({ edits }) => edits ?? []),
    )
    const resourceEdits = steps.flatMap(step => step.resourceEdits ?? [])
    this.#resources =
      resourceEdits.length === 0 ? undefined : new AttributeSplice(resourceType, item.resource.record, [resourceEdits])
    const isBare = (step: RecordStep) => step.edits !== undefined && step.look === undefined
    this.#editsAlways = steps.reduce((bits, step, i) => (isBare(step) ? bits | (1 << i) : bits), 0)
    const firstLook = steps.findIndex(({ look }) => look !== undefined)
    this.#glance = steps[firstLook]?.glance
    this.#glanceOwner = this.#owners[firstLook] ?? 0
    this.looksInside = questions.asksScope || this.#records.hasEdits || firstLook >= 0
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
    const editedResource = new Set<string>()
    let writtenFields = 0
    for (const step of steps) {
      const own = new StepQuestions()
      step.ask?.(own)
      if ((writtenFields & own.fields) !== 0) return undefined
      for (const text of own.attributes.keys()) if (edited.has(text)) return undefined
      for (const text of own.resourceAttributes.keys()) if (editedResource.has(text)) return undefined
      questions.addAll(own)
      writtenFields |= step.writtenFields ?? 0
      const edits: readonly AttributeEdit[] = step.edits ?? []
      for (const key of keysOf(edits)) questions.attributes.set(key.text, key)
      for (const { key } of edits) edited.add(key.text)
      const resourceEdits: readonly AttributeEdit[] = step.resourceEdits ?? []
      for (const key of keysOf(resourceEdits)) questions.resourceAttributes.set(key.text, key)
      for (const { key } of resourceEdits) editedResource.add(key.text)
    }
    const item = OrdinaryItem.of(signal, questions)
    return item && new RecordPass(signal, processors, item, questions)
  }

  get isUnusual(): boolean {
    return this.#item.isUnusual
  }

  enterGroup(bytes: Uint8Array, view: DataView, start: number, end: number): number {
    if (!this.#asksResource && this.#resources === undefined) return recordKept
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
    return this.#resources === undefined ? recordKept : this.#lookAtResource(this.#resources)
  }

  /** How long the resource's payload will be at most, or one of the answers. */
  #lookAtResource(edits: AttributeSplice): number {
    const { resource } = this.#item
    if (!resource.read() || !edits.choose(1)) return recordUnusual
    if (edits.changesNothing) return recordKept
    const { start, end } = resource.message
    // Where there is none the views make one.
    return start === 0 ? recordUnusual : end - start + edits.growthMax(0, nothing)
  }

  writeResource(output: SpliceOutput, start: number, end: number): void {
    this.#resources!.write(output, start, end, 0, nothing)
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

  /** Looks at the record in `[start, end)`: how long its payload will be at most, or one of the answers above. `view` is over all of `bytes`. */
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
    const records = this.#records
    if (records.hasEdits && !records.choose(active)) return recordUnusual
    const { changedField } = item
    if (changedField === 0 && (!records.hasEdits || records.changesNothing)) return recordKept
    return end - start + records.growthMax(changedField, item.newPayload)
  }

  /** Writes the payload of the record that `look` saw last, no longer than it said. */
  write(output: SpliceOutput, start: number, end: number): void {
    this.#records.write(output, start, end, this.#item.changedField, this.#item.newPayload)
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
}
