import type { AttributeKey } from './attribute-key.ts'
import { type KeySet, setKeysMax } from './key-set.ts'
import { RecordFields } from './record-fields.ts'
import type { AttributeReader, FieldReader } from './record-reader.ts'
import type { MessageType } from './schema.ts'

/** An ordinary record of which the attributes of a few keys are noted. It has none of these twice. */
export class OrdinaryRecord extends RecordFields implements FieldReader {
  readonly keys: KeySet
  readonly byLength: Uint8Array
  readonly attributes: AttributeReader
  /** Bit per key of `keys`: the record has it. */
  foundMask = 0
  foundCount = 0
  /** Indices of the keys that were found, in the order of the record. */
  readonly found = new Int32Array(setKeysMax)
  /** By index of the key: its attribute's field, and the value's payload. */
  readonly fieldStarts = new Int32Array(setKeysMax)
  readonly fieldEnds = new Int32Array(setKeysMax)
  readonly valueStarts = new Int32Array(setKeysMax)
  readonly valueEnds = new Int32Array(setKeysMax)

  /** `fields` are those whose places will be asked for, a bit each. */
  constructor(type: MessageType, keys: KeySet, fields?: number) {
    super(type, fields)
    this.keys = keys
    this.byLength = keys.byLength
    this.attributes = new FoundAttributes(this)
  }

  begin(): void {
    this.foundMask = 0
    this.foundCount = 0
  }

  lacksAttribute(key: AttributeKey): boolean {
    return (this.foundMask & (1 << this.keys.indexOf(key))) === 0
  }

  override passesBy(view: DataView, keyStart: number, keyEnd: number): boolean {
    return this.keys.find(view, keyStart, keyEnd) < 0
  }

  /** Notes the attribute if its key is in the set; false where that key came before. */
  take(
    view: DataView,
    start: number,
    end: number,
    keyStart: number,
    keyEnd: number,
    valueStart: number,
    valueEnd: number,
  ): boolean {
    const index = this.keys.find(view, keyStart, keyEnd)
    if (index < 0) return true
    const bit = 1 << index
    if ((this.foundMask & bit) !== 0) return false
    this.foundMask |= bit
    this.found[this.foundCount++] = index
    this.fieldStarts[index] = start
    this.fieldEnds[index] = end
    this.valueStarts[index] = valueStart
    this.valueEnds[index] = valueEnd
    return true
  }
}

/** The attributes that a record was read for. */
class FoundAttributes implements AttributeReader {
  readonly #record: OrdinaryRecord

  constructor(record: OrdinaryRecord) {
    this.#record = record
  }

  get bytes(): Uint8Array {
    return this.#record.bytes
  }

  find(key: AttributeKey): number {
    const { keys, foundMask } = this.#record
    const index = keys.indexOf(key)
    return (foundMask & (1 << index)) === 0 ? -1 : index
  }

  valueStart(index: number): number {
    return this.#record.valueStarts[index]!
  }

  valueEnd(index: number): number {
    return this.#record.valueEnds[index]!
  }
}
