import { FieldCursor } from '../wire/field-cursor.ts'
import { WireError } from '../wire/wire-error.ts'
import { wireBytes } from '../wire/wire-type.ts'
import { fieldLength } from '../wire/wire-writer.ts'
import type { AttributeList } from './attribute-list.ts'
import type { MessageView } from './message-view.ts'
import { anyValueType, fieldNumbersMax, isRepeatedKind, type MessageType } from './schema.ts'
import type { Workspace } from './workspace.ts'

interface RangeEdit {
  readonly start: number
  readonly end: number
  readonly replacement: Uint8Array
}

/** Values nest at most 64 levels, each of them three messages deep, inside a handful of others. */
const messageDepthMax = 3 * 64 + 16

/**
 * "Replace these bytes by those", addressed by offset, inside any text or bytes field at any depth. The lengths of all
 * messages around are corrected when the ranges are applied, and other edits of the same record stay valid.
 */
export class RangeEdits {
  /** Sorted by start, in two lists: the request's offsets and those of new material come interleaved. */
  readonly #inSource: RangeEdit[] = []
  readonly #inNew: RangeEdit[] = []
  #sourceLength = 0
  /** Ranges that were applied or that went away with what they stood in. */
  doneCount = 0

  reset(sourceLength: number): void {
    this.#sourceLength = sourceLength
    this.#inSource.length = 0
    this.#inNew.length = 0
    this.doneCount = 0
  }

  get size(): number {
    return this.#inSource.length + this.#inNew.length
  }

  /** `[start, end)` must lie inside one text or bytes payload, and must not overlap another range. */
  add(start: number, end: number, replacement: Uint8Array): void {
    const list = this.#listOf(start)
    const at = this.#firstFrom(list, start)
    const before = list[at - 1]
    const after = list[at]
    if ((before !== undefined && before.end > start) || (after !== undefined && after.start < end)) {
      throw new RangeError(`replaced ranges overlap at ${start}`)
    }
    const edit = { start, end, replacement }
    if (at === list.length) list.push(edit)
    else list.splice(at, 0, edit)
  }

  /** Whether a range begins inside `[start, end)`. */
  isIn(start: number, end: number): boolean {
    const list = this.#listOf(start)
    const edit = list[this.#firstFrom(list, start)]
    return edit !== undefined && edit.start < end
  }

  /** Counts the ranges inside `[start, end)` as done: their record was dropped. */
  discard(start: number, end: number): void {
    const list = this.#listOf(start)
    for (let i = this.#firstFrom(list, start); i < list.length && list[i]!.start < end; i++) this.doneCount++
  }

  /** By how much the payload in `[start, end)` grows when its ranges are replaced. */
  delta(start: number, end: number): number {
    const list = this.#listOf(start)
    let delta = 0
    for (let i = this.#firstFrom(list, start); i < list.length && list[i]!.start < end; i++) {
      const edit = list[i]!
      delta += edit.replacement.length - (edit.end - edit.start)
    }
    return delta
  }

  /** Writes the text or bytes in `[start, end)` with its ranges replaced behind the workspace's material. */
  write(workspace: Workspace, start: number, end: number): void {
    const list = this.#listOf(start)
    let from = start
    for (let i = this.#firstFrom(list, start); i < list.length && list[i]!.start < end; i++) {
      const edit = list[i]!
      if (edit.end > end) throw new RangeError(`replaced range at ${edit.start} runs past its field`)
      workspace.copy(from, edit.start)
      workspace.raw(edit.replacement)
      from = edit.end
      this.doneCount++
    }
    workspace.copy(from, end)
  }

  #listOf(start: number): RangeEdit[] {
    return start < this.#sourceLength ? this.#inSource : this.#inNew
  }

  #firstFrom(list: readonly RangeEdit[], start: number): number {
    const last = list[list.length - 1]
    if (last === undefined || last.start < start) return list.length
    let low = 0
    let high = list.length - 1
    while (low < high) {
      const middle = (low + high) >> 1
      if (list[middle]!.start < start) low = middle + 1
      else high = middle
    }
    return low
  }
}

/** Turns the ranges inside the view's message into ordinary edits of it. Returns how many were applied. */
export function applyRanges(view: MessageView, attributes: AttributeList, ranges: RangeEdits): number {
  const doneBefore = ranges.doneCount
  const { workspace, type } = view
  for (let i = 0; i < attributes.size; i++) {
    if (attributes.isRemoved(i)) continue
    let keyStart = attributes.keyStart(i)
    let keyEnd = attributes.keyEnd(i)
    let valueStart = attributes.valueStart(i)
    let valueEnd = attributes.valueEnd(i)
    const isInKey = ranges.isIn(keyStart, keyEnd)
    const isInValue = ranges.isIn(valueStart, valueEnd)
    if (!isInKey && !isInValue) continue
    if (isInKey) {
      const start = workspace.length
      ranges.write(workspace, keyStart, keyEnd)
      keyStart = start
      keyEnd = workspace.length
    }
    if (isInValue) {
      const start = workspace.length
      writeReplaced(workspace, ranges, anyValueType, valueStart, valueEnd, 0)
      valueStart = start
      valueEnd = workspace.length
    }
    attributes.setRanges(i, keyStart, keyEnd, valueStart, valueEnd)
  }
  for (let field = 1; field < fieldNumbersMax; field++) {
    if (type.wireTypes[field] !== wireBytes || isRepeatedKind(type.kinds[field]!) || !view.has(field)) continue
    const start = view.valueStart(field)
    const end = view.valueEnd(field)
    if (!ranges.isIn(start, end)) continue
    const newStart = workspace.length
    writePayload(workspace, ranges, type.children[field], start, end, 0)
    view.setRange(field, newStart, workspace.length)
  }
  applyToRest(view, ranges)
  return ranges.doneCount - doneBefore
}

/** Repeated children and unknown fields. */
function applyToRest(view: MessageView, ranges: RangeEdits): void {
  const { workspace, type, children } = view
  const cursor = new FieldCursor(workspace.bytes, view.start, view.end)
  while (cursor.next()) {
    const { fieldNumber } = cursor
    if (cursor.wireType !== wireBytes || fieldNumber === type.attributesField) continue
    const isKnown = fieldNumber < fieldNumbersMax && type.wireTypes[fieldNumber] === wireBytes
    if (isKnown && !isRepeatedKind(type.kinds[fieldNumber]!)) continue
    let { valueStart, fieldEnd: end } = cursor
    const change = children.indexOf(cursor.fieldStart)
    if (change >= 0) {
      const newStart = children.entries[change * 4 + 2]!
      end = children.entries[change * 4 + 3]!
      if (newStart === end) continue
      const changed = new FieldCursor(workspace.bytes, newStart, end)
      changed.next()
      valueStart = changed.valueStart
    }
    if (!ranges.isIn(valueStart, end)) continue
    const childType = isKnown ? type.children[fieldNumber] : undefined
    const newStart = workspace.length
    workspace.header(fieldNumber, replacedLength(workspace, ranges, childType, valueStart, end, 0))
    writePayload(workspace, ranges, childType, valueStart, end, 0)
    children.put(cursor.fieldStart, cursor.fieldEnd, newStart, workspace.length)
    cursor.bytes = workspace.bytes
  }
}

function writePayload(
  workspace: Workspace,
  ranges: RangeEdits,
  type: MessageType | undefined,
  start: number,
  end: number,
  depth: number,
): void {
  if (type === undefined) ranges.write(workspace, start, end)
  else writeReplaced(workspace, ranges, type, start, end, depth)
}

/** Writes a message with the ranges inside it replaced; fields without a range are copied as they are. */
function writeReplaced(
  workspace: Workspace,
  ranges: RangeEdits,
  type: MessageType,
  start: number,
  end: number,
  depth: number,
): void {
  const cursor = new FieldCursor(workspace.bytes, start, end)
  let from = start
  while (cursor.next()) {
    const { fieldNumber, valueStart, fieldEnd } = cursor
    if (cursor.wireType !== wireBytes || !ranges.isIn(valueStart, fieldEnd)) continue
    workspace.copy(from, cursor.fieldStart)
    const child = fieldNumber < fieldNumbersMax ? type.children[fieldNumber] : undefined
    workspace.header(fieldNumber, replacedLength(workspace, ranges, child, valueStart, fieldEnd, depth + 1))
    writePayload(workspace, ranges, child, valueStart, fieldEnd, depth + 1)
    from = fieldEnd
    cursor.bytes = workspace.bytes
  }
  workspace.copy(from, end)
}

/** Length of a payload once its ranges are replaced, the lengths inside it included. */
function replacedLength(
  workspace: Workspace,
  ranges: RangeEdits,
  type: MessageType | undefined,
  start: number,
  end: number,
  depth: number,
): number {
  if (depth > messageDepthMax) throw new WireError('messages nest too deep', start, 'budget')
  if (type === undefined) return end - start + ranges.delta(start, end)
  let length = end - start
  const cursor = new FieldCursor(workspace.bytes, start, end)
  while (cursor.next()) {
    const { fieldNumber, valueStart, fieldEnd } = cursor
    if (cursor.wireType !== wireBytes || !ranges.isIn(valueStart, fieldEnd)) continue
    const child = fieldNumber < fieldNumbersMax ? type.children[fieldNumber] : undefined
    const childLength = replacedLength(workspace, ranges, child, valueStart, fieldEnd, depth + 1)
    length += fieldLength(fieldNumber, childLength) - (fieldEnd - cursor.fieldStart)
  }
  return length
}
