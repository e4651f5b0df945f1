import type { AttributeList } from '../pdata/attribute-list.ts'
import * as otlp from '../pdata/otlp-fields.ts'
import { ValueReader, valueBool, valueDouble, valueInt, valueString } from '../pdata/value.ts'
import type { Workspace } from '../pdata/workspace.ts'
import { wireVarint } from '../wire/wire-type.ts'

const intTag = (otlp.anyInt << 3) | wireVarint

/** Reads attribute values by index without allocating, in whatever type an SDK wrote them. */
export class CallValues {
  readonly #reader = new ValueReader()
  bytes: Uint8Array = new Uint8Array(0)
  /** Over `bytes`. */
  view: DataView = new DataView(new ArrayBuffer(0))
  #attributes: AttributeList | undefined

  reset(attributes: AttributeList, { bytes, view }: Workspace): void {
    this.#attributes = attributes
    this.bytes = bytes
    this.view = view
  }

  /** A count or an amount: int, double, or a number written as text; NaN for everything else and for index -1. */
  number(index: number): number {
    if (index < 0) return Number.NaN
    const { bytes } = this
    const start = this.#attributes!.valueStart(index)
    const end = this.#attributes!.valueEnd(index)
    // Nearly all counts: an int in up to three bytes, and nothing behind it.
    if (bytes[start] === intTag && end - start <= 4) {
      let value = 0
      let offset = start + 1
      for (let shift = 0; offset < end; shift += 7) {
        const byte = bytes[offset++]!
        value |= (byte & 127) << shift
        if (byte < 128) break
      }
      if (offset === end && bytes[end - 1]! < 128) return value
    }
    const reader = this.#at(index)
    if (reader === undefined) return Number.NaN
    if (reader.kind === valueInt) return Number(reader.int())
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
