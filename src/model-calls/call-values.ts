import type { AttributeList } from '../pdata/attribute-list.ts'
import { ValueReader, valueBool, valueDouble, valueInt, valueString } from '../pdata/value.ts'

/** Reads attribute values by index without allocating, in whatever type an SDK wrote them. */
export class CallValues {
  readonly #reader = new ValueReader()
  bytes: Uint8Array = new Uint8Array(0)
  #attributes: AttributeList | undefined

  reset(attributes: AttributeList, bytes: Uint8Array): void {
    this.#attributes = attributes
    this.bytes = bytes
  }

  /** A count or an amount: int, double, or a number written as text; NaN for everything else and for index -1. */
  number(index: number): number {
    const reader = this.#at(index)
    if (reader === undefined) return Number.NaN
    if (reader.kind === valueInt) return varintNumber(reader.bytes, reader.start, reader.end)
    if (reader.kind === valueDouble) return reader.double()
    if (reader.kind !== valueString || reader.end - reader.start > 32 || reader.end === reader.start) return Number.NaN
    return Number(reader.text())
  }

  /** Text of a string, or of a number or bool as it would print; empty where there is none. Allocates. */
  text(index: number): string {
    const reader = this.#at(index)
    if (reader === undefined) return ''
    if (reader.kind === valueString) return reader.text()
    if (reader.kind === valueInt) return String(reader.int())
    if (reader.kind === valueDouble) return String(reader.double())
    return reader.kind === valueBool ? String(reader.bool()) : ''
  }

  /** Where the value's `AnyValue` stands; an empty range where there is none. */
  start(index: number): number {
    return index < 0 ? 0 : this.#attributes!.valueStart(index)
  }

  end(index: number): number {
    return index < 0 ? 0 : this.#attributes!.valueEnd(index)
  }

  #at(index: number): ValueReader | undefined {
    if (index < 0) return undefined
    const attributes = this.#attributes!
    return this.#reader.reset(this.bytes, attributes.valueStart(index), attributes.valueEnd(index))
  }
}

/** A varint as a double: exact up to 2^53, negative for the upper half of 64 bits. A BigInt would cost ten times more. */
function varintNumber(bytes: Uint8Array, start: number, end: number): number {
  let value = 0
  let factor = 1
  for (let i = start; i < end; i++) {
    const byte = bytes[i]!
    value += (byte & 127) * factor
    if (byte < 128) break
    factor *= 128
  }
  return value >= 2 ** 63 ? value - 2 ** 64 : value
}
