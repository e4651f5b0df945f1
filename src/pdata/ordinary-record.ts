import { type KeySet, setKeysMax } from './key-set.ts'
import { RecordFields } from './record-fields.ts'
import type { MessageType } from './schema.ts'

/** An ordinary record of which the attributes of a few keys are noted. It has none of these twice. */
export class OrdinaryRecord extends RecordFields {
  readonly keys: KeySet
  readonly byLength: Uint8Array
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

  constructor(type: MessageType, keys: KeySet) {
    super(type)
    this.keys = keys
    this.byLength = keys.byLength
  }

  begin(): void {
    this.foundMask = 0
    this.foundCount = 0
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
