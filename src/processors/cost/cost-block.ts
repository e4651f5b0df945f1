import { AttributeBlock } from '../../pdata/attribute-block.ts'
import { AttributeKey } from '../../pdata/attribute-key.ts'
import type { ConstantAttribute } from '../../pdata/constant-attribute.ts'
import * as otlp from '../../pdata/otlp-fields.ts'
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
  /** Of each number its place among the amounts, and where its value begins in the block. */
  readonly places: Uint8Array
  readonly offsets: Int32Array

  /** `amounts` has a bit for each that is written, the lowest for the first. */
  constructor(amounts: number, constants: readonly ConstantAttribute[]) {
    const places = amountKeys.flatMap((_, place) => ((amounts & (1 << place)) === 0 ? [] : [place]))
    const numbers = places.map(place => ({ key: amountKeys[place]!, value: encodeDouble(0) }))
    const block = new AttributeBlock(otlp.spanAttributes, [...numbers, ...constants])
    this.attributes = block
    this.places = Uint8Array.from(places)
    this.offsets = Int32Array.from(places, (_, i) => block.valueEnd(i) - doubleBytes)
  }
}
