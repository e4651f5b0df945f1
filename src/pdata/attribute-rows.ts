import { FieldCursor } from '../wire/field-cursor.ts'
import { wireBytes } from '../wire/wire-type.ts'
import type { AttributeKey } from './attribute-key.ts'
import * as otlp from './otlp-fields.ts'
import { keyTag, openingMask, shortAttributeMin, shortHeader, valueMask, valueTag } from './short-attribute.ts'
import type { Workspace } from './workspace.ts'

/** Where the attributes of one message stand, in rows of neighbours: all that is known of them before they are read. */
export class AttributeRows {
  /** Start and end of every row. */
  bounds = new Int32Array(16)
  count = 0

  add(start: number, end: number): void {
    if (this.count * 2 === this.bounds.length) {
      const grown = new Int32Array(this.bounds.length * 2)
      grown.set(this.bounds)
      this.bounds = grown
    }
    this.bounds[this.count * 2] = start
    this.bounds[this.count * 2 + 1] = end
    this.count++
  }

  /** Whether the bytes alone show that no attribute has that key: false where one has it, or is not a short key and then a value. */
  lacks(workspace: Workspace, key: AttributeKey, tag: number): boolean {
    const { bounds } = this
    for (let i = 0; i < this.count * 2; i += 2) {
      if (skipOthers(workspace, key, tag, bounds[i]!, bounds[i + 1]!) !== bounds[i + 1]) return false
    }
    return true
  }
}

/** Where the attributes end that stand in a row from `start` on, with a tag of one byte and a length of one or two. */
export function rowEnd(bytes: Uint8Array, start: number, end: number, tag: number): number {
  let offset = start
  while (offset + 1 < end && bytes[offset] === tag) {
    let next = offset + 2
    let length = bytes[offset + 1]!
    if (length > 127) {
      if (next >= end) break
      const high = bytes[next++]!
      if (high > 127) break
      length = (length & 127) | (high << 7)
    }
    next += length
    if (next > end) break
    offset = next
  }
  return offset
}

/** Returns where the first attribute stands in `bytes[start, end)` that may have the key, or that is of another shape. */
export function skipOthers(
  { bytes, view }: Workspace,
  key: AttributeKey,
  tag: number,
  start: number,
  end: number,
): number {
  const opening = tag | (keyTag << 16)
  const wanted = key.bytes.length
  let offset = start
  while (true) {
    while (offset + shortAttributeMin <= end) {
      const first = view.getInt32(offset, true)
      if ((first & openingMask) !== opening) break
      const next = offset + shortHeader + ((first >>> 8) & 127)
      const keyLength = first >>> 24
      const keyTo = offset + 2 * shortHeader + keyLength
      if (next > end || keyTo + shortHeader > next) break
      const second = view.getInt16(keyTo, true)
      if ((second & valueMask) !== valueTag || keyTo + shortHeader + (second >>> 8) !== next) break
      if (keyLength === wanted && key.equalsIn(view, keyTo - keyLength, keyTo)) return offset
      offset = next
    }
    const next = skipLong(bytes, view, key, tag, offset, end)
    if (next === offset) return offset
    offset = next
  }
}

/** The end of a longer attribute with another short key, or `start` where it may be something else. */
function skipLong(
  bytes: Uint8Array,
  view: DataView,
  key: AttributeKey,
  tag: number,
  start: number,
  end: number,
): number {
  if (start + shortAttributeMin > end || bytes[start] !== tag) return start
  let payload = start + 2
  let length = bytes[start + 1]!
  if (length > 127) {
    const high = bytes[payload++]!
    if (high > 127) return start
    length = (length & 127) | (high << 7)
  }
  const next = payload + length
  const keyLength = bytes[payload + 1]!
  const keyTo = payload + 2 + keyLength
  let value = keyTo + 2
  if (next > end || keyLength > 127 || value > next || bytes[payload] !== keyTag || bytes[keyTo] !== valueTag)
    return start
  let valueLength = bytes[keyTo + 1]!
  // Two bytes: with a third one the sum would be larger than any attribute that gets here.
  if (valueLength > 127) valueLength = (valueLength & 127) | (bytes[value++]! << 7)
  return value + valueLength !== next || key.equalsIn(view, payload + 2, keyTo) ? start : next
}

/** Appends what the `KeyValue` whose field stands in `bytes[start, end)` has beside key and value. */
export function copyExtraFields(workspace: Workspace, start: number, end: number): void {
  const outer = new FieldCursor(workspace.bytes, start, end)
  outer.next()
  const cursor = new FieldCursor(workspace.bytes, outer.valueStart, outer.fieldEnd)
  while (cursor.next()) {
    const isKnown = cursor.fieldNumber === otlp.keyValueKey || cursor.fieldNumber === otlp.keyValueValue
    if (!isKnown || cursor.wireType !== wireBytes) workspace.copy(cursor.fieldStart, cursor.fieldEnd)
  }
}
