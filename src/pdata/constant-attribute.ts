import { FieldCursor } from '../wire/field-cursor.ts'
import { WireWriter } from '../wire/wire-writer.ts'
import type { AttributeKey } from './attribute-key.ts'
import * as otlp from './otlp-fields.ts'
import type { PlacedConstant } from './placed-constant.ts'
import { fieldNumbersMax } from './schema.ts'

/** An `AnyValue`, encoded once: the payload only, without a tag and length around it. */
export type EncodedValue = Uint8Array

/** An attribute to insert, encoded once. */
export class ConstantAttribute {
  readonly key: AttributeKey
  readonly value: EncodedValue
  readonly #fields: (ConstantField | undefined)[] = new Array(fieldNumbersMax).fill(undefined)

  constructor(key: AttributeKey, value: EncodedValue) {
    this.key = key
    this.value = value
  }

  /** The whole field, by the number that attributes have in the message. */
  field(fieldNumber: number): ConstantField {
    const known = this.#fields[fieldNumber]
    if (known !== undefined) return known
    const writer = new WireWriter(64)
    const mark = writer.open(fieldNumber)
    writer.bytesField(otlp.keyValueKey, this.key.bytes)
    writer.bytesField(otlp.keyValueValue, this.value)
    writer.close(mark)
    const bytes = writer.finish()
    const payload = new FieldCursor(bytes)
    payload.next()
    const inner = new FieldCursor(bytes, payload.valueStart, bytes.length)
    inner.next()
    const field = { bytes, keyOffset: inner.valueStart, generation: -1, offset: 0 }
    this.#fields[fieldNumber] = field
    return field
  }
}

interface ConstantField extends PlacedConstant {
  readonly keyOffset: number
}
