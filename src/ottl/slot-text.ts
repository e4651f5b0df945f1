import { ValueSlot } from '../pdata/attribute-plan.ts'
import type { TextOutput } from '../processor-helper/pattern.ts'
import { wireBytes } from '../wire/wire-type.ts'
import { putVarint, varintLength } from '../wire/wire-writer.ts'

const nothing = new Uint8Array(0)
const shortMax = 128

/** Writes an `AnyValue` of text into a slot. What comes for record after record is written to the same memory again. */
export class SlotText implements TextOutput {
  readonly slot = new ValueSlot(nothing)
  bytes: Uint8Array = nothing
  length = 0
  /** By length of the value: a view of its own for each would cost more than to write the text. */
  readonly #short: Uint8Array[] = []

  /** Copies the `AnyValue` in `bytes[start, end)`. */
  copyFrom(bytes: Uint8Array, start: number, end: number): void {
    this.slot.value = this.#room(end - start)
    this.length = 0
    this.bytes = bytes
    this.copy(start, end)
    this.release()
  }

  /** Copies `bytes[start, end)` as the text in the field of that number. */
  textFrom(bytes: Uint8Array, fieldNumber: number, start: number, end: number): void {
    this.bytes = bytes
    this.header(fieldNumber, end - start)
    this.copy(start, end)
    this.release()
  }

  /** The request's bytes are not held on to. */
  release(): void {
    this.bytes = nothing
  }

  header(fieldNumber: number, length: number): void {
    const headerBytes = 1 + varintLength(length)
    this.slot.value = this.#room(headerBytes + length)
    this.slot.value[0] = (fieldNumber << 3) | wireBytes
    this.length = putVarint(this.slot.value, 1, length)
  }

  copy(start: number, end: number): void {
    const { bytes } = this
    const { value } = this.slot
    const { length } = this
    for (let i = start, at = length; i < end; i++, at++) value[at] = bytes[i]!
    this.length = length + end - start
  }

  raw(source: Uint8Array): void {
    const { value } = this.slot
    const { length } = this
    for (let i = 0; i < source.length; i++) value[length + i] = source[i]!
    this.length = length + source.length
  }

  #room(length: number): Uint8Array {
    if (length >= shortMax) return new Uint8Array(length)
    let room = this.#short[length]
    if (room === undefined) {
      room = new Uint8Array(length)
      this.#short[length] = room
    }
    return room
  }
}
