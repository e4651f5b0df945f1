import { FieldCursor } from '../wire/field-cursor.ts'
import { WireError } from '../wire/wire-error.ts'
import { wireBytes } from '../wire/wire-type.ts'
import { fieldLength } from '../wire/wire-writer.ts'
import type { AttributeList } from './attribute-list.ts'
import type { MessageView } from './message-view.ts'
import { fieldNumbersMax, isRepeatedKind, keyValueType, type MessageType } from './schema.ts'
import type { Workspace } from './workspace.ts'

interface RangeEdit {
  start: number
  end: number
  readonly replacement: Uint8Array
  isDone: boolean
}

interface Move {
  readonly start: number
  readonly end: number
  readonly target: number
}

/** Values nest at most 64 levels, each of them three messages deep, inside a handful of others. */
const messageDepthMax = 3 * 64 + 16

/**
 * "Replace these bytes by those", addressed by offset, inside any text or bytes field at any depth. The lengths of all
 * messages around are corrected when the ranges are applied. Where other edits copied the bytes elsewhere meanwhile, the
 * range follows them.
 */
export class RangeEdits {
  /** Sorted by start, in two lists: the request's offsets and those of new material come interleaved. */
  readonly #inSource: RangeEdit[] = []
  readonly #inNew: RangeEdit[] = []
  readonly #movesOfSource: Move[] = []
  readonly #movesOfNew: Move[] = []
  #sourceLength = 0
  /** Whether ordinary edits must report what they copy, because ranges may be given in the request's own offsets. */
  followsEdits = false
  /** Ranges that were applied or that went away with what they stood in. */
  doneCount = 0
  size = 0

  reset(sourceLength: number): void {
    this.#sourceLength = sourceLength
    this.#inSource.length = 0
    this.#inNew.length = 0
    this.#movesOfSource.length = 0
    this.#movesOfNew.length = 0
    this.doneCount = 0
    this.size = 0
  }

  /** Whether any range still waits to be applied. */
  get isPending(): boolean {
    return this.size > this.doneCount
  }

  /** `[start, end)` must lie inside one text or bytes payload, and must not overlap another range. */
  add(start: number, end: number, replacement: Uint8Array): void {
    this.size++
    const shift = this.locate(start) - start
    this.#insert({ start: start + shift, end: end + shift, replacement, isDone: false })
  }

  /** Where the byte at `offset` is now, after the copies that edits made. */
  locate(offset: number): number {
    let now = offset
    while (true) {
      const moves = now < this.#sourceLength ? this.#movesOfSource : this.#movesOfNew
      const move = moves[firstFrom(moves, now + 1) - 1]
      if (move === undefined || move.end <= now) return now
      now += move.target - move.start
    }
  }

  /** `[start, end)` was copied to `target`, and only the copy counts from now on. */
  moved(start: number, end: number, target: number): void {
    if (start >= end) return
    const moves = start < this.#sourceLength ? this.#movesOfSource : this.#movesOfNew
    const at = firstFrom(moves, start)
    if (at === moves.length) moves.push({ start, end, target })
    else moves.splice(at, 0, { start, end, target })
    const list = this.#listOf(start)
    for (let i = firstFrom(list, start); i < list.length && list[i]!.start < end; ) {
      const edit = list[i]!
      if (edit.isDone) {
        i++
        continue
      }
      list.splice(i, 1)
      edit.end += target - start
      edit.start += target - start
      this.#insert(edit)
    }
  }

  /** Whether a range that was not applied yet begins inside `[start, end)`. */
  isIn(start: number, end: number): boolean {
    if (!this.isPending) return false
    const list = this.#listOf(start)
    for (let i = firstFrom(list, start); i < list.length && list[i]!.start < end; i++) if (!list[i]!.isDone) return true
    return false
  }

  /** Counts the ranges inside `[start, end)` as done: what they stood in is gone. */
  discard(start: number, end: number): void {
    if (!this.isPending) return
    const list = this.#listOf(start)
    for (let i = firstFrom(list, start); i < list.length && list[i]!.start < end; i++) this.#done(list[i]!)
  }

  /** By how much the payload in `[start, end)` grows when its ranges are replaced. */
  delta(start: number, end: number): number {
    const list = this.#listOf(start)
    let delta = 0
    for (let i = firstFrom(list, start); i < list.length && list[i]!.start < end; i++) {
      const edit = list[i]!
      if (!edit.isDone) delta += edit.replacement.length - (edit.end - edit.start)
    }
    return delta
  }

  /** Writes the text or bytes in `[start, end)` with its ranges replaced behind the workspace's material. */
  write(workspace: Workspace, start: number, end: number): void {
    const list = this.#listOf(start)
    let from = start
    for (let i = firstFrom(list, start); i < list.length && list[i]!.start < end; i++) {
      const edit = list[i]!
      if (edit.isDone) continue
      if (edit.end > end) throw new RangeError(`replaced range at ${edit.start} runs past its field`)
      workspace.copy(from, edit.start)
      workspace.raw(edit.replacement)
      from = edit.end
      this.#done(edit)
    }
    workspace.copy(from, end)
  }

  #done(edit: RangeEdit): void {
    if (edit.isDone) return
    edit.isDone = true
    this.doneCount++
  }

  #insert(edit: RangeEdit): void {
    const { start, end } = edit
    const list = this.#listOf(start)
    const at = firstFrom(list, start)
    const before = list[at - 1]
    const after = list[at]
    if ((before !== undefined && before.end > start) || (after !== undefined && after.start < end)) {
      throw new RangeError(`replaced ranges overlap at ${start}`)
    }
    if (at === list.length) list.push(edit)
    else list.splice(at, 0, edit)
  }

  #listOf(start: number): RangeEdit[] {
    return start < this.#sourceLength ? this.#inSource : this.#inNew
  }
}

/** Index of the first entry that begins at `start` or later. */
function firstFrom(list: readonly { start: number }[], start: number): number {
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

/** Turns the ranges inside the view's message into ordinary edits of it. */
export function applyRanges(view: MessageView, attributes: AttributeList, ranges: RangeEdits): void {
  const { workspace, type } = view
  for (let i = 0; i < attributes.size; i++) {
    const start = attributes.fieldStart(i)
    const end = attributes.fieldEnd(i)
    if (attributes.isRemoved(i)) ranges.discard(start, end)
    else if (ranges.isIn(start, end)) {
      const cursor = new FieldCursor(workspace.bytes, start, end)
      cursor.next()
      const newStart = workspace.length
      const { valueStart, fieldEnd } = cursor
      workspace.header(type.attributesField, replacedLength(workspace, ranges, keyValueType, valueStart, fieldEnd, 0))
      writeReplaced(workspace, ranges, keyValueType, valueStart, fieldEnd, 0)
      attributes.setField(i, newStart, workspace.length)
    } else attributes.discardUnread(i, ranges)
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
