import { FieldCursor } from '../wire/field-cursor.ts'
import { WireError } from '../wire/wire-error.ts'
import { wireBytes } from '../wire/wire-type.ts'
import { fieldLength } from '../wire/wire-writer.ts'
import type { MessageView } from './message-view.ts'
import type { RangeEdits } from './range-edits.ts'
import { fieldNumbersMax, isRepeatedKind, keyValueType, type MessageType } from './schema.ts'
import type { Workspace } from './workspace.ts'

/** Values nest at most 64 levels, each of them three messages deep, inside a handful of others. */
const messageDepthMax = 3 * 64 + 16

/** Turns the ranges inside the view's message into ordinary edits of it. */
export function applyRanges(view: MessageView): void {
  const { workspace, type, attributes } = view
  const { ranges } = workspace
  view.dropOverriddenRanges()
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
