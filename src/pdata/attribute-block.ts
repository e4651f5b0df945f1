import { FieldCursor } from '../wire/field-cursor.ts'
import { WireWriter } from '../wire/wire-writer.ts'
import { wordCopySlack } from '../wire/word-copy.ts'
import * as entry from './attribute-entry.ts'
import type { AttributeKey } from './attribute-key.ts'
import * as otlp from './otlp-fields.ts'
import type { PlacedConstant } from './placed-constant.ts'

/** An `AnyValue`, encoded once: the payload only, without a tag and length around it. */
export type EncodedValue = Uint8Array

/** An entry that was not in the message: changed, moved, and with all its bounds in the row. */
const insertedState = entry.stateChanged | entry.stateMoved | entry.stateNoted
/** Numbers kept for each attribute, of offsets in the block: field, key, end of the key, value, end of value and field. */
const boundColumns = 5

/** Attributes that many records get together, encoded once as fields of a message, one behind the other. */
export class AttributeBlock implements PlacedConstant {
  readonly bytes: Uint8Array
  /** Over them, and `wordCopySlack` bytes behind. */
  readonly view: DataView
  readonly count: number
  generation = -1
  offset = 0
  readonly #bounds: Int32Array
  readonly #hashes: Int32Array

  /** `fieldNumber` is that of the attributes in the message. */
  constructor(
    fieldNumber: number,
    attributes: readonly { readonly key: AttributeKey; readonly value: EncodedValue }[],
  ) {
    const writer = new WireWriter(64 * attributes.length)
    for (const { key, value } of attributes) {
      const mark = writer.open(fieldNumber)
      writer.bytesField(otlp.keyValueKey, key.bytes)
      writer.bytesField(otlp.keyValueValue, value)
      writer.close(mark)
    }
    const length = writer.length
    writer.raw(new Uint8Array(wordCopySlack))
    const padded = writer.finish()
    this.view = new DataView(padded.buffer, padded.byteOffset, padded.length)
    this.bytes = padded.subarray(0, length)
    this.count = attributes.length
    this.#hashes = Int32Array.from(attributes, ({ key }) => key.hash)
    this.#bounds = Int32Array.from(boundsIn(this.bytes))
  }

  /** Where the value of the attribute at `index` ends in `bytes`. */
  valueEnd(index: number): number {
    return this.#bounds[index * boundColumns + 4]!
  }

  /** Fills the rows of an `AttributeList` from index `first` on: its bytes stand at `start` in the workspace. */
  enter(entries: Int32Array, hashes: Int32Array, first: number, start: number): void {
    const bounds = this.#bounds
    for (
      let i = 0, at = first * entry.columns, from = 0;
      i < this.count;
      i++, at += entry.columns, from += boundColumns
    ) {
      const end = start + bounds[from + 4]!
      entries[at + entry.sourceStart] = -1
      entries[at + entry.sourceEnd] = -1
      entries[at + entry.keyStart] = start + bounds[from + 1]!
      entries[at + entry.keyEnd] = start + bounds[from + 2]!
      entries[at + entry.valueStart] = start + bounds[from + 3]!
      entries[at + entry.valueEnd] = end
      entries[at + entry.state] = insertedState
      entries[at + entry.fieldStart] = start + bounds[from]!
      entries[at + entry.fieldEnd] = end
      hashes[first + i] = this.#hashes[i]!
    }
  }
}

function boundsIn(bytes: Uint8Array): number[] {
  const bounds: number[] = []
  const fields = new FieldCursor(bytes)
  while (fields.next()) {
    const inner = new FieldCursor(bytes, fields.valueStart, fields.fieldEnd)
    inner.next()
    const { valueStart: keyStart, fieldEnd: keyEnd } = inner
    inner.next()
    bounds.push(fields.fieldStart, keyStart, keyEnd, inner.valueStart, fields.fieldEnd)
  }
  return bounds
}
