import { FieldCursor } from '../wire/field-cursor.ts'
import { wireBytes } from '../wire/wire-type.ts'
import {
  columns,
  fieldEnd,
  fieldStart,
  keyEnd,
  keyStart,
  sourceEnd,
  sourceStart,
  state,
  stateExtra,
  stateMoved,
  stateNoted,
  stateRemoved,
  valueEnd,
  valueStart,
} from './attribute-entry.ts'
import { type AttributeKey, hashKey, hashLengthFactor } from './attribute-key.ts'
import { AttributeRows, rowEnd, skipOthers } from './attribute-rows.ts'
import { writeNormalized } from './normalize.ts'
import * as otlp from './otlp-fields.ts'
import { keyValueType } from './schema.ts'
import { keyTag, openingMask, shortAttributeMin, shortHeader, valueMask, valueTag } from './short-attribute.ts'
import { readText } from './text.ts'
import type { Workspace } from './workspace.ts'

/**
 * The attributes of one message as an index of offsets, kept in one typed array that is used again for the next message.
 * Indices stay valid while the view stays on its message: removed entries keep their place (`isRemoved`), inserted ones come
 * last. `AttributeList` notes edits here, and every later read sees them.
 */
export class AttributeIndex {
  readonly workspace: Workspace
  readonly #rows = new AttributeRows()
  protected entries = new Int32Array(32 * columns)
  /** Of the keys, by index: apart, so that a search reads few bytes. */
  protected hashes = new Int32Array(32)
  /** Entries, removed ones included: the bound of a loop over indices. */
  size = 0
  /** Index of the first entry that an edit inserted. */
  insertedFrom = 0
  /** Whether `parse` has run since `reset`. */
  isParsed = false
  /** Between `beginRead` and `finishRead` the message may still turn out to be read from a copy of its own. */
  #isTentative = false
  #hasPieces = false
  /** Whether `watchRow` found every row since `reset` without its key. */
  isWatchedAbsent = false
  /** Whether anything was changed, inserted or removed. */
  isDirty = false
  /** Field number of the attributes in the message that has them. */
  fieldNumber = 0
  /** For `KeyValue`s that are not just one key and one value. */
  protected readonly cursor = new FieldCursor()

  constructor(workspace: Workspace) {
    this.workspace = workspace
  }

  reset(fieldNumber: number): void {
    this.fieldNumber = fieldNumber
    this.size = 0
    this.#rows.count = 0
    this.isDirty = false
    this.isParsed = false
    this.isWatchedAbsent = true
    this.#isTentative = false
  }

  /**
   * What follows is read while its message is indexed. A key or value in pieces is joined in a copy, and what stands in a
   * copy must not be copied again: those wait until the message itself is known to stay where it is.
   */
  beginRead(): void {
    this.#isTentative = true
    this.#hasPieces = false
  }

  finishRead(): void {
    this.#isTentative = false
    if (this.#hasPieces) this.parse()
    this.insertedFrom = this.size
    this.isParsed = true
  }

  /** Notes that an attribute's field stands in `bytes[start, end)`. */
  add(start: number, end: number): void {
    this.#rows.add(start, end)
  }

  /**
   * Notes the attributes that stand in a row from `start` on, as they nearly always do, with a tag of one byte and one or
   * two bytes of length. Returns where the row ends, or `start` where there is none; what stands there is for others to read.
   */
  addRow(bytes: Uint8Array, start: number, end: number, tag: number): number {
    const offset = rowEnd(bytes, start, end, tag)
    if (offset > start) this.add(start, offset)
    return offset
  }

  /** Reads keys and value bounds of everything that was added: when somebody first asks for attributes. */
  parse(): void {
    this.isParsed = true
    this.size = 0
    const { bytes } = this.workspace
    const tag = (this.fieldNumber << 3) | wireBytes
    const { bounds, count } = this.#rows
    for (let i = 0; i < count * 2; i += 2) {
      const end = bounds[i + 1]!
      const start = this.readRow(bytes, bounds[i]!, end, tag)
      if (start < end) this.readOther(start)
    }
    this.insertedFrom = this.size
  }

  /** Reads the attributes that `addRow` would note. Returns where the row ends. */
  readRow(bytes: Uint8Array, start: number, end: number, tag: number): number {
    const { view } = this.workspace
    const opening = tag | (keyTag << 16)
    let offset = start
    while (true) {
      let { size } = this
      let at = size * columns
      const entries = this.entries
      const hashes = this.hashes
      const room = entries.length - columns
      // A key and a value of less than 128 bytes, all together too: nearly every attribute. Two reads tell.
      while (offset + shortAttributeMin <= end && at <= room) {
        const first = view.getInt32(offset, true)
        if ((first & openingMask) !== opening) break
        const next = offset + shortHeader + ((first >>> 8) & 127)
        const keyLength = first >>> 24
        const keyTo = offset + 2 * shortHeader + keyLength
        if (next > end || keyTo + shortHeader > next) break
        const second = view.getInt16(keyTo, true)
        if ((second & valueMask) !== valueTag || keyTo + shortHeader + (second >>> 8) !== next) break
        entries[at + sourceStart] = offset
        entries[at + sourceEnd] = next
        entries[at + keyEnd] = keyTo
        entries[at + state] = 0
        hashes[size] =
          keyLength < 4
            ? hashKey(bytes, keyTo - keyLength, keyTo)
            : view.getInt32(keyTo - 4, true) ^ Math.imul(keyLength, hashLengthFactor)
        size++
        at += columns
        offset = next
      }
      this.size = size
      const next = this.#readLong(bytes, offset, end, tag)
      if (next === offset) return offset
      offset = next
    }
  }

  /** Reads one attribute with a tag of one and a length of one or two bytes. Returns its end, or `start` where it is none. */
  #readLong(bytes: Uint8Array, start: number, end: number, tag: number): number {
    if (start + 1 >= end || bytes[start] !== tag) return start
    let payload = start + 2
    let length = bytes[start + 1]!
    if (length > 127) {
      if (payload >= end) return start
      const high = bytes[payload++]!
      if (high > 127) return start
      length = (length & 127) | (high << 7)
    }
    const next = payload + length
    if (next > end) return start
    this.#readEntry(start, payload, next)
    return next
  }

  /** Reads the attribute whose field begins at `start`, however its tag and length are written. */
  readOther(start: number): void {
    const { bytes } = this.workspace
    const field = this.cursor.reset(bytes, start, bytes.length)
    field.next()
    this.#readEntry(start, field.valueStart, field.fieldEnd)
  }

  /** Appends the entry of the `KeyValue` in `bytes[payloadStart, end)`, whatever its shape. */
  #readEntry(start: number, payloadStart: number, end: number): void {
    const at = this.append()
    const entries = this.entries
    const { bytes } = this.workspace
    entries[at + sourceStart] = start
    entries[at + sourceEnd] = end
    entries[at + state] = stateNoted
    let offset = payloadStart
    let key = 0
    let keyTo = 0
    let value = 0
    let valueTo = 0
    // Key then value, or value then key as the Go Collector writes them, with one or two bytes of length.
    while (offset < end) {
      const tag = bytes[offset]!
      let length = bytes[offset + 1]!
      offset += 2
      if (length >= 128) {
        const high = bytes[offset++]!
        // What is not of these shapes leads past the end.
        length = high >= 128 ? end : (length & 127) | (high << 7)
      }
      if (tag === keyTag && key === 0) {
        key = offset
        offset += length
        keyTo = offset
      } else if (tag === valueTag && value === 0) {
        value = offset
        offset += length
        valueTo = offset
      } else offset = end + 1
    }
    if (offset !== end) {
      this.parseSlowly(at, payloadStart, end)
      return
    }
    entries[at + keyStart] = key
    entries[at + keyEnd] = keyTo
    entries[at + valueStart] = value
    entries[at + valueEnd] = valueTo
    this.hashes[at / columns] = hashKey(bytes, key, keyTo)
  }

  /**
   * Whether the bytes alone show that no attribute has that key: for who looks for one rare key and for nothing else, at
   * half the cost of `parse`. False where the key is there, and where an attribute is not a short key and then a value.
   */
  lacks(key: AttributeKey): boolean {
    if (this.isParsed) return this.find(key) < 0
    return this.#rows.lacks(this.workspace, key, (this.fieldNumber << 3) | wireBytes)
  }

  /** Does what `addRow` does, and clears `isWatchedAbsent` where the row may have the key. */
  watchRow(key: AttributeKey, bytes: Uint8Array, start: number, end: number, tag: number): number {
    const next = skipOthers(this.workspace, key, tag, start, end)
    if (next < end && bytes[next] === tag) {
      this.isWatchedAbsent = false
      return this.addRow(bytes, start, end, tag)
    }
    if (next > start) this.add(start, next)
    return next
  }

  /** Index of the first attribute with that key, -1 where there is none. */
  find(key: AttributeKey): number {
    return this.findFrom(key, 0)
  }

  protected findFrom(key: AttributeKey, from: number): number {
    const hashes = this.hashes
    const { hash } = key
    const { size } = this
    for (let i = from; i < size; i++) {
      if (hashes[i] !== hash || this.isRemoved(i)) continue
      if (key.equalsIn(this.workspace.view, this.keyStart(i), this.keyEnd(i))) return i
    }
    return -1
  }

  /** What all offsets are into. Read it again after an edit. */
  get bytes(): Uint8Array {
    return this.workspace.bytes
  }

  isRemoved(index: number): boolean {
    return (this.entries[index * columns + state]! & stateRemoved) !== 0
  }

  /** Offsets into the workspace's `bytes`. */
  keyStart(index: number): number {
    const at = index * columns
    const entries = this.entries
    const isNoted = (entries[at + state]! & stateNoted) !== 0
    return isNoted ? entries[at + keyStart]! : entries[at + sourceStart]! + 2 * shortHeader
  }
  keyEnd(index: number): number {
    return this.entries[index * columns + keyEnd]!
  }
  /** Where the `AnyValue` begins; for `ValueReader.reset`. */
  valueStart(index: number): number {
    const at = index * columns
    const entries = this.entries
    const isNoted = (entries[at + state]! & stateNoted) !== 0
    return isNoted ? entries[at + valueStart]! : entries[at + keyEnd]! + shortHeader
  }
  valueEnd(index: number): number {
    const at = index * columns
    const entries = this.entries
    return entries[at + ((entries[at + state]! & stateNoted) !== 0 ? valueEnd : sourceEnd)]!
  }
  keyHash(index: number): number {
    return this.hashes[index]!
  }
  keyText(index: number): string {
    return readText(this.workspace.bytes, this.keyStart(index), this.keyEnd(index))
  }

  /** The entry's present bytes, tag and length included. */
  fieldStart(index: number): number {
    const at = index * columns
    return this.entries[at + ((this.entries[at + state]! & stateMoved) === 0 ? sourceStart : fieldStart)]!
  }
  fieldEnd(index: number): number {
    const at = index * columns
    return this.entries[at + ((this.entries[at + state]! & stateMoved) === 0 ? sourceEnd : fieldEnd)]!
  }

  protected append(): number {
    const at = this.size++ * columns
    if (at + columns > this.entries.length) this.#grow()
    return at
  }

  #grow(): void {
    const grown = new Int32Array(this.entries.length * 2)
    grown.set(this.entries)
    this.entries = grown
    const hashes = new Int32Array(grown.length / columns)
    hashes.set(this.hashes)
    this.hashes = hashes
  }

  /** Long lengths and unknown fields; a key or a value in several pieces is read from a rewritten copy. */
  protected parseSlowly(at: number, start: number, end: number): void {
    const { bytes } = this.workspace
    const entries = this.entries
    const cursor = this.cursor.reset(bytes, start, end)
    let key = 0
    let keyTo = 0
    let value = 0
    let valueTo = 0
    while (cursor.next()) {
      if (cursor.wireType === wireBytes && cursor.fieldNumber === otlp.keyValueKey && key === 0) {
        key = cursor.valueStart
        keyTo = cursor.fieldEnd
      } else if (cursor.wireType === wireBytes && cursor.fieldNumber === otlp.keyValueValue && value === 0) {
        value = cursor.valueStart
        valueTo = cursor.fieldEnd
      } else if (cursor.wireType === wireBytes && cursor.fieldNumber <= otlp.keyValueValue) {
        this.#normalize(at, start, end)
        return
      } else entries[at + state]! |= stateExtra
    }
    entries[at + keyStart] = key
    entries[at + keyEnd] = keyTo
    entries[at + valueStart] = value
    entries[at + valueEnd] = valueTo
    this.hashes[at / columns] = hashKey(bytes, key, keyTo)
  }

  #normalize(at: number, start: number, end: number): void {
    if (this.#isTentative) {
      this.#hasPieces = true
      return
    }
    const workspace = this.workspace
    const payloadStart = workspace.length
    writeNormalized(workspace, keyValueType, start, end)
    const payloadEnd = workspace.length
    const from = workspace.length
    workspace.header(this.fieldNumber, payloadEnd - payloadStart)
    const payload = workspace.length
    workspace.relocate(payloadStart, payloadEnd)
    this.entries[at + fieldStart] = from
    this.entries[at + fieldEnd] = workspace.length
    this.entries[at + state]! |= stateMoved
    this.parseSlowly(at, payload, workspace.length)
  }
}
