import { AttributeBlock, type EncodedValue } from './attribute-block.ts'
import type { AttributeKey } from './attribute-key.ts'
import { fieldNumbersMax } from './schema.ts'

export type { EncodedValue } from './attribute-block.ts'

/** An attribute to insert, encoded once. */
export class ConstantAttribute {
  readonly key: AttributeKey
  readonly value: EncodedValue
  readonly #fields: (AttributeBlock | undefined)[] = new Array(fieldNumbersMax).fill(undefined)

  constructor(key: AttributeKey, value: EncodedValue) {
    this.key = key
    this.value = value
  }

  /** The whole field, by the number that attributes have in the message. */
  field(fieldNumber: number): AttributeBlock {
    let field = this.#fields[fieldNumber]
    if (field === undefined) {
      field = new AttributeBlock(fieldNumber, [this])
      this.#fields[fieldNumber] = field
    }
    return field
  }
}
