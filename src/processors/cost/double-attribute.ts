import { AttributeKey } from '../../pdata/attribute-key.ts'
import type { AttributeList } from '../../pdata/attribute-list.ts'
import { ConstantAttribute } from '../../pdata/constant-attribute.ts'
import * as otlp from '../../pdata/otlp-fields.ts'
import { wireFixed64 } from '../../wire/wire-type.ts'

const doubleBytes = 8

/** An attribute whose value is a double, encoded once: writing it sets eight bytes and copies the whole. */
export class DoubleAttribute {
  readonly #value = new Uint8Array(1 + doubleBytes)
  readonly #valueView = new DataView(this.#value.buffer)
  readonly #attribute: ConstantAttribute
  readonly #field: ReturnType<ConstantAttribute['field']>
  readonly #fieldView: DataView

  constructor(key: string) {
    this.#value[0] = (otlp.anyDouble << 3) | wireFixed64
    this.#attribute = new ConstantAttribute(new AttributeKey(key), this.#value)
    this.#field = this.#attribute.field(otlp.spanAttributes)
    const { bytes } = this.#field
    this.#fieldView = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  }

  /** Inserts or updates it; among the attributes of a span without encoding it anew. */
  write(attributes: AttributeList, value: number): void {
    if (attributes.fieldNumber === otlp.spanAttributes && this.#insert(attributes, value)) return
    this.#valueView.setFloat64(1, value, true)
    attributes.set(this.#attribute.key, this.#value)
  }

  #insert(attributes: AttributeList, value: number): boolean {
    this.#fieldView.setFloat64(this.#fieldView.byteLength - doubleBytes, value, true)
    // The bytes differ from span to span, so what stands in the workspace is not them.
    this.#field.generation = -1
    return attributes.insertConstant(this.#attribute)
  }
}
