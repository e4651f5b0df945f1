import { WireWriter } from '../wire/wire-writer.ts'
import { wordCopySlack } from '../wire/word-copy.ts'
import type { AttributeKey } from './attribute-key.ts'
import { type AttributeEdit, type AttributePlan, type PlannedValue, planOf, ValueSlot } from './attribute-plan.ts'
import { setKeysMax } from './key-set.ts'
import * as otlp from './otlp-fields.ts'

/** More combinations of keys than these come from senders who mean harm. */
const plansMax = 4096

export const fateKept = 0
const fateRemoved = 1
export const fateChanged = 2

/** A plan in the form in which `RecordPass` carries it out. */
export interface CompiledPlan {
  readonly changesNothing: boolean
  /** By number of the key: one of the fates above. */
  readonly fates: Int8Array
  /** By number of the key: what a changed one becomes. */
  readonly changes: readonly (WrittenAttribute | undefined)[]
  readonly inserts: readonly WrittenAttribute[]
  /** Bytes of constants that it writes. */
  readonly constantBytes: number
  /** What it writes with a value that differs from record to record. */
  readonly copies: readonly WrittenAttribute[]
}

/** An attribute to write: a range of the constants is all of it, or its key alone where the value is another attribute's. */
export interface WrittenAttribute {
  readonly start: number
  readonly end: number
  /** Number of the key whose value it takes; -1 for a constant, `fromSlot` for a value that a step gave. */
  readonly from: number
  readonly slot: ValueSlot | undefined
}

const fromConstant = -1
export const fromSlot = -2

export const noPlan: CompiledPlan = {
  changesNothing: true,
  fates: new Int8Array(setKeysMax),
  changes: [],
  inserts: [],
  constantBytes: 0,
  copies: [],
}

/** The plans of some edits, made when a record first needs one, and the bytes that these write. */
export class CompiledPlans {
  readonly #attributesField: number
  /** By step. */
  readonly #edits: readonly (readonly AttributeEdit[])[]
  readonly #keys: readonly AttributeKey[]
  readonly #plans = new Map<number, CompiledPlan>()
  /** By number of the key. */
  readonly #attributes: Map<PlannedValue, WrittenAttribute>[]
  #constants = new Uint8Array(wordCopySlack)
  #length = 0
  /** Over the constants, and `wordCopySlack` bytes behind them. */
  view = new DataView(this.#constants.buffer)

  constructor(attributesField: number, edits: readonly (readonly AttributeEdit[])[], keys: readonly AttributeKey[]) {
    this.#attributesField = attributesField
    this.#edits = edits
    this.#keys = keys
    this.#attributes = keys.map(() => new Map())
  }

  /**
   * The plan for records that have the keys whose bits are set in `present`, and get the edits of the steps whose bits are
   * set in `steps`; `number` stands for both. Undefined where there are too many combinations.
   */
  of(steps: number, present: number, number: number): CompiledPlan | undefined {
    const known = this.#plans.get(number)
    if (known !== undefined || this.#plans.size >= plansMax) return known
    const edits = this.#edits.flatMap((of, i) => ((steps & (1 << i)) === 0 ? [] : of))
    const plan = this.#compile(planOf(edits, this.#keys, present))
    this.#plans.set(number, plan)
    return plan
  }

  #compile({ fates, inserts, changesNothing }: AttributePlan): CompiledPlan {
    const changes = fates.map((fate, key) => (typeof fate === 'object' ? this.#attribute(key, fate.value) : undefined))
    const inserted = inserts.map(({ key, value }) => this.#attribute(key, value))
    const written = [...changes.filter(change => change !== undefined), ...inserted]
    return {
      changesNothing,
      fates: Int8Array.from(fates, fate =>
        fate === 'kept' ? fateKept : fate === 'removed' ? fateRemoved : fateChanged,
      ),
      changes,
      inserts: inserted,
      constantBytes: written.reduce((sum, { start, end }) => sum + end - start, 0),
      copies: written.filter(({ from }) => from !== fromConstant),
    }
  }

  #attribute(key: number, value: PlannedValue): WrittenAttribute {
    const known = this.#attributes[key]!.get(value)
    if (known !== undefined) return known
    const writer = new WireWriter(64)
    const isConstant = typeof value !== 'number' && !(value instanceof ValueSlot)
    const mark = isConstant ? writer.open(this.#attributesField) : 0
    writer.bytesField(otlp.keyValueKey, this.#keys[key]!.bytes)
    if (isConstant) {
      writer.bytesField(otlp.keyValueValue, value)
      writer.close(mark)
    }
    const start = this.#append(writer.view())
    const isSlot = value instanceof ValueSlot
    const from = isConstant ? fromConstant : isSlot ? fromSlot : value
    const attribute = { start, end: this.#length, from, slot: isSlot ? value : undefined }
    this.#attributes[key]!.set(value, attribute)
    return attribute
  }

  #append(bytes: Uint8Array): number {
    const start = this.#length
    this.#length += bytes.length
    if (this.#length + wordCopySlack > this.#constants.length) {
      const grown = new Uint8Array((this.#length + wordCopySlack) * 2)
      grown.set(this.#constants)
      this.#constants = grown
      this.view = new DataView(grown.buffer)
    }
    this.#constants.set(bytes, start)
    return start
  }
}
