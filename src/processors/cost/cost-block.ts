import { AttributeBlock } from '../../pdata/attribute-block.ts'
import { AttributeKey } from '../../pdata/attribute-key.ts'
import type { ConstantAttribute } from '../../pdata/constant-attribute.ts'
import * as otlp from '../../pdata/otlp-fields.ts'
import type { SpliceOutput } from '../../pdata/splice-output.ts'
import { encodeDouble } from '../../pdata/value.ts'

const doubleBytes = 8

/** What a call's cost consists of, in the order of its amounts: the total, and its parts under our own namespace. */
export const amountKeys: readonly AttributeKey[] = [
  'gen_ai.usage.cost',
  'sluice.cost.input',
  'sluice.cost.output',
  'sluice.cost.cache_read',
  'sluice.cost.cache_write',
  'sluice.cost.other',
].map(text => new AttributeKey(text))

/** All that is written of a call, encoded once: of numbers all but their values. */
export class CostBlock {
  readonly attributes: AttributeBlock
  /** The bytes, and how many they are. */
  readonly view: DataView
  readonly length: number
  /** Of each number its place among the amounts and where its value begins, one behind the other. */
  readonly #targets: Int32Array

  /** `amounts` has a bit for each that is written, the lowest for the first. */
  constructor(amounts: number, constants: readonly ConstantAttribute[]) {
    const places = amountKeys.flatMap((_, place) => ((amounts & (1 << place)) === 0 ? [] : [place]))
    const numbers = places.map(place => ({ key: amountKeys[place]!, value: encodeDouble(0) }))
    const block = new AttributeBlock(otlp.spanAttributes, [...numbers, ...constants])
    this.attributes = block
    this.view = block.view
    this.length = block.bytes.length
    this.#targets = Int32Array.from(places.flatMap((place, i) => [place, block.valueEnd(i) - doubleBytes]))
  }

  get hasNumbers(): boolean {
    return this.#targets.length > 0
  }

  /** Writes it behind what is written. */
  writeTo(output: SpliceOutput, amounts: Float64Array): void {
    const targets = this.#targets
    const start = output.length
    output.constant(this.view, 0, this.length)
    for (let i = 0; i < targets.length; i += 2) output.double(start + targets[i + 1]!, amounts[targets[i]!]!)
  }

  /** Writes the numbers into a copy of it that begins at `start` of the view. */
  fill(view: DataView, start: number, amounts: Float64Array): void {
    const targets = this.#targets
    for (let i = 0; i < targets.length; i += 2) view.setFloat64(start + targets[i + 1]!, amounts[targets[i]!]!, true)
  }
}
