import { FieldCursor } from '../wire/field-cursor.ts'
import { fieldNumbersMax, isRepeatedKind, kindMessage, type MessageType } from './schema.ts'
import type { Workspace } from './workspace.ts'

interface Piece {
  readonly fieldStart: number
  readonly valueStart: number
  readonly end: number
}

/**
 * Writes the message in `bytes[start, end)` behind the workspace's material with every singular field once, as protobuf
 * reads it: the last number or text wins, the pieces of a message merge. Repeated and unknown fields stay as they are.
 */
export function writeNormalized(workspace: Workspace, type: MessageType, start: number, end: number): void {
  const singular = new Map<number, Piece[]>()
  const cursor = new FieldCursor(workspace.bytes, start, end)
  while (cursor.next()) {
    const { fieldNumber, fieldStart, valueStart, fieldEnd } = cursor
    const isKnown = fieldNumber < fieldNumbersMax && type.wireTypes[fieldNumber] === cursor.wireType
    if (!isKnown || isRepeatedKind(type.kinds[fieldNumber]!)) {
      workspace.relocate(fieldStart, fieldEnd)
      continue
    }
    const pieces = singular.get(fieldNumber) ?? []
    pieces.push({ fieldStart, valueStart, end: fieldEnd })
    // Moves to the end: among the members of a oneof, the last one on the wire counts.
    singular.delete(fieldNumber)
    singular.set(fieldNumber, pieces)
  }
  for (const [fieldNumber, pieces] of singular) {
    if (type.kinds[fieldNumber] !== kindMessage) {
      const last = pieces[pieces.length - 1]!
      workspace.relocate(last.fieldStart, last.end)
      continue
    }
    workspace.header(
      fieldNumber,
      pieces.reduce((sum, piece) => sum + piece.end - piece.valueStart, 0),
    )
    for (const piece of pieces) workspace.relocate(piece.valueStart, piece.end)
  }
}
