import { varintLength } from '../wire/wire-writer.ts'
import type { AttributeBlock } from './attribute-block.ts'
import {
  columns,
  fieldEnd,
  fieldStart,
  keyEnd,
  keyStart,
  sourceEnd,
  sourceStart,
  state,
  stateChanged,
  stateExtra,
  stateMoved,
  stateNoted,
  stateRemoved,
  valueEnd,
  valueStart,
} from './attribute-entry.ts'
import { AttributeIndex } from './attribute-index.ts'
import { type AttributeKey, hashKey } from './attribute-key.ts'
import { copyExtraFields } from './attribute-rows.ts'
import type { ConstantAttribute, EncodedValue } from './constant-attribute.ts'
import * as otlp from './otlp-fields.ts'
import type { RangeEdits } from './range-edits.ts'

/** Most bytes of a tag and a length. */
const headerBytesMax = 10

/** The attributes of one message, and edits of them: what is written stands behind the request, and every later read sees it. */
export class AttributeList extends AttributeIndex {
  /** Adds the attribute where the key is absent; says whether it did. */
  insert(key: AttributeKey, value: EncodedValue): boolean {
    if (this.find(key) >= 0) return false
    this.#appendNew(key, value)
    return true
  }

  /** Replaces the value where the key is present; says whether it did. */
  update(key: AttributeKey, value: EncodedValue): boolean {
    const index = this.find(key)
    if (index < 0) return false
    this.setValue(index, value)
    return true
  }

  /** The same as `insert`, for an attribute that many records get: its bytes are copied once in a run. */
  insertConstant(attribute: ConstantAttribute): boolean {
    if (this.find(attribute.key) >= 0) return false
    this.appendConstants(attribute.field(this.fieldNumber))
    return true
  }

  /** Adds a block's attributes, whose keys are known to be absent. Its bytes are copied once in a run. */
  appendConstants(block: AttributeBlock): void {
    this.#appendBlock(block, this.workspace.place(block))
  }

  /** The same, copied for the caller to write numbers into. Returns where the copy begins. */
  appendCopy(block: AttributeBlock): number {
    const workspace = this.workspace
    const placed = workspace.place(block)
    const start = workspace.length
    workspace.copy(placed, placed + block.bytes.length)
    this.#appendBlock(block, start)
    return start
  }

  #appendBlock(block: AttributeBlock, start: number): void {
    for (let i = 0; i < block.count; i++) this.append()
    block.enter(this.entries, this.hashes, this.size - block.count, start)
    this.isDirty = true
  }

  /** Inserts or updates. */
  set(key: AttributeKey, value: EncodedValue): void {
    const index = this.find(key)
    if (index < 0) this.#appendNew(key, value)
    else this.setValue(index, value)
  }

  setValue(index: number, value: EncodedValue): void {
    const workspace = this.workspace
    workspace.ensure(value.length)
    const start = workspace.length
    workspace.raw(value)
    this.setValueRange(index, start, workspace.length)
  }

  /** Gives the entry the value that stands in `bytes[start, end)` of the workspace, such as another entry's. */
  setValueRange(index: number, start: number, end: number): void {
    const entries = this.entries
    const at = index * columns
    this.#write(at, this.keyStart(index), entries[at + keyEnd]!, start, end)
  }

  /** Inserts or updates with the value that stands in `bytes[start, end)` of the workspace. */
  setRange(key: AttributeKey, start: number, end: number): void {
    const index = this.find(key)
    if (index < 0) this.appendRange(key, start, end)
    else this.setValueRange(index, start, end)
  }

  /** The same where the key is known to be absent. */
  appendRange(key: AttributeKey, start: number, end: number): void {
    const at = this.#openNew(key, end - start)
    this.workspace.copy(start, end)
    this.#closeNew(at, key)
  }

  /** Gives the entry another key and keeps its value. An entry that has the new key already is not looked for. */
  rename(index: number, key: AttributeKey): void {
    const at = index * columns
    const keyFrom = this.workspace.place(key)
    this.#write(at, keyFrom, keyFrom + key.bytes.length, this.valueStart(index), this.valueEnd(index))
  }

  /** Gives the entry the whole field that stands in `bytes[start, end)` of the workspace. */
  setField(index: number, start: number, end: number): void {
    const at = index * columns
    this.entries[at + fieldStart] = start
    this.entries[at + fieldEnd] = end
    this.cursor.reset(this.workspace.bytes, start, end).next()
    this.entries[at + state] = stateChanged | stateMoved | stateNoted
    this.isDirty = true
    this.parseSlowly(at, this.cursor.valueStart, end)
  }

  /** Where a range lies in a piece of the entry that nobody reads, the entry is written without that piece. */
  discardUnread(index: number, ranges: RangeEdits): void {
    const at = index * columns
    const start = this.entries[at + sourceStart]!
    const end = this.entries[at + sourceEnd]!
    if (start < 0 || (this.entries[at + state]! & stateMoved) === 0 || !ranges.isIn(start, end)) return
    ranges.discard(start, end)
    this.entries[at + state]! |= stateChanged
    this.isDirty = true
  }

  removeAt(index: number): void {
    this.entries[index * columns + state]! |= stateRemoved
    this.isDirty = true
  }

  /** Removes every attribute with that key; says whether there was one. */
  remove(key: AttributeKey): boolean {
    let index = this.find(key)
    if (index < 0) return false
    while (index >= 0) {
      this.removeAt(index)
      index = this.findFrom(key, index + 1)
    }
    return true
  }

  /** Tells `changes` about every entry that differs from the message. */
  collect(changes: { add(start: number, end: number, newStart: number, newEnd: number): void }): void {
    const entries = this.entries
    for (let i = 0, at = 0; i < this.size; i++, at += columns) {
      const flags = entries[at + state]!
      if ((flags & (stateChanged | stateRemoved)) === 0) continue
      const isRemoved = (flags & stateRemoved) !== 0
      const from = isRemoved ? 0 : entries[at + fieldStart]!
      changes.add(entries[at + sourceStart]!, entries[at + sourceEnd]!, from, isRemoved ? 0 : entries[at + fieldEnd]!)
    }
  }

  /** Lists the message in `bytes[start, end)` where nothing but attributes was edited. */
  emit(start: number, end: number): void {
    const workspace = this.workspace
    const entries = this.entries
    const { insertedFrom } = this
    let from = start
    let isInserted = insertedFrom === this.size
    for (let i = 0, at = 0; i < insertedFrom; i++, at += columns) {
      const flags = entries[at + state]!
      if ((flags & (stateChanged | stateRemoved)) === 0) continue
      workspace.emit(from, entries[at + sourceStart]!)
      from = entries[at + sourceEnd]!
      if ((flags & stateRemoved) === 0) workspace.emit(entries[at + fieldStart]!, entries[at + fieldEnd]!)
      if (isInserted) continue
      // New attributes take the first place that comes free: one copy less than a place of their own.
      isInserted = true
      this.#emitInserted()
    }
    workspace.emit(from, end)
    if (!isInserted) this.#emitInserted()
  }

  #emitInserted(): void {
    const entries = this.entries
    for (let i = this.insertedFrom, at = i * columns; i < this.size; i++, at += columns) {
      if ((entries[at + state]! & stateRemoved) !== 0) continue
      this.workspace.emit(entries[at + fieldStart]!, entries[at + fieldEnd]!)
    }
  }

  #appendNew(key: AttributeKey, value: EncodedValue): void {
    const at = this.#openNew(key, value.length)
    this.workspace.raw(value)
    this.#closeNew(at, key)
  }

  /** Appends an entry and writes everything before its value of that many bytes, which the caller then writes. */
  #openNew(key: AttributeKey, valueLength: number): number {
    const workspace = this.workspace
    const keyFrom = workspace.place(key)
    const keyLength = key.bytes.length
    const at = this.append()
    const entries = this.entries
    workspace.ensure(keyLength + valueLength + 3 * headerBytesMax)
    entries[at + fieldStart] = workspace.length
    workspace.header(
      this.fieldNumber,
      1 + varintLength(keyLength) + keyLength + 1 + varintLength(valueLength) + valueLength,
    )
    workspace.header(otlp.keyValueKey, keyLength)
    entries[at + keyStart] = workspace.length
    workspace.copy(keyFrom, keyFrom + keyLength)
    entries[at + keyEnd] = workspace.length
    workspace.header(otlp.keyValueValue, valueLength)
    entries[at + valueStart] = workspace.length
    return at
  }

  #closeNew(at: number, key: AttributeKey): void {
    const entries = this.entries
    const end = this.workspace.length
    entries[at + valueEnd] = end
    entries[at + fieldEnd] = end
    entries[at + sourceStart] = -1
    entries[at + sourceEnd] = -1
    entries[at + state] = stateChanged | stateMoved | stateNoted
    this.hashes[this.size - 1] = key.hash
    this.isDirty = true
  }

  /** Writes the entry anew, with key and value copied from where they stand. */
  #write(at: number, keyFrom: number, keyTo: number, valueFrom: number, valueTo: number): void {
    const workspace = this.workspace
    const entries = this.entries
    const flags = entries[at + state]!
    const ownKey = this.keyStart(at / columns)
    const ownValue = this.valueStart(at / columns)
    const extraStart = workspace.length
    if ((flags & stateExtra) !== 0)
      copyExtraFields(workspace, this.fieldStart(at / columns), this.fieldEnd(at / columns))
    const extraEnd = workspace.length
    const keyLength = keyTo - keyFrom
    const valueLength = valueTo - valueFrom
    const payload =
      1 + varintLength(keyLength) + keyLength + 1 + varintLength(valueLength) + valueLength + extraEnd - extraStart
    workspace.ensure(payload + 40)
    const start = workspace.length
    workspace.header(this.fieldNumber, payload)
    workspace.header(otlp.keyValueKey, keyLength)
    entries[at + keyStart] = workspace.length
    if (keyFrom === ownKey) workspace.relocateIfFollowed(keyFrom, keyTo)
    else workspace.copy(keyFrom, keyTo)
    entries[at + keyEnd] = workspace.length
    workspace.header(otlp.keyValueValue, valueLength)
    entries[at + valueStart] = workspace.length
    if (valueFrom === ownValue) workspace.relocateIfFollowed(valueFrom, valueTo)
    else workspace.copy(valueFrom, valueTo)
    entries[at + valueEnd] = workspace.length
    if (extraEnd > extraStart) workspace.copy(extraStart, extraEnd)
    entries[at + fieldStart] = start
    entries[at + fieldEnd] = workspace.length
    this.hashes[at / columns] = hashKey(workspace.bytes, entries[at + keyStart]!, entries[at + keyEnd]!)
    entries[at + state] = flags | stateChanged | stateMoved | stateNoted
    this.isDirty = true
  }
}
