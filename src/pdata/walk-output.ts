import type { FieldCursor } from '../wire/field-cursor.ts'
import * as otlp from './otlp-fields.ts'
import type { ResourceView, ScopeView } from './views.ts'
import type { Workspace } from './workspace.ts'

/** Group or scope group that the walk is in: where the output stands with it. */
export class Frame {
  fieldStart = 0
  fieldEnd = 0
  valueStart = 0
  fieldNumber = 0
  /** Whether its header was listed, because something inside changed. */
  isOpen = false
  mark = 0
  /** `emittedBytes` when its content began. */
  contentFrom = 0
  /** State to go back to if it is dropped as a whole. */
  rangeCount = 0
  emittedBytes = 0
  copiedUpTo = 0
  kept = 0
  dropped = 0
}

/**
 * What a walk has listed of the outgoing request so far. Nothing is listed of a group or a scope group before something in it
 * changes: its frame is opened then, with what stands before it.
 */
export class WalkOutput {
  readonly group = new Frame()
  readonly scope = new Frame()
  /** The request up to here is listed or dropped. */
  copiedUpTo = 0
  readonly #workspace: Workspace

  constructor(workspace: Workspace) {
    this.#workspace = workspace
  }

  /** A resource or scope field: the edited one takes the first place, further pieces go. */
  surrounding(level: 1 | 2, field: FieldCursor, view: ResourceView | ScopeView): void {
    if (!view.isDirty) return
    if (view.message.fieldStart === field.fieldStart) this.replaceField(level, field, view.message)
    else this.#skip(level, field.fieldStart, field.fieldEnd)
  }

  /** There was no resource or scope: the new one stands first in its group, if it says anything. */
  addSurrounding(level: 1 | 2, view: ResourceView | ScopeView): void {
    const workspace = this.#workspace
    this.#open(level)
    workspace.seal()
    const { rangeCount, emittedBytes } = workspace
    const mark = workspace.openHeader()
    const length = view.message.emit()
    if (length === 0) workspace.rollBack(rangeCount, emittedBytes)
    else workspace.closeHeader(mark, otlp.groupResource, length)
  }

  /** A schema URL or an unknown field: nobody has a view of it, but a range may be replaced in it. */
  otherField(level: 1 | 2, field: FieldCursor): void {
    const workspace = this.#workspace
    const { ranges } = workspace
    if (!ranges.isPending || !ranges.isIn(field.valueStart, field.fieldEnd)) return
    const { fieldNumber, valueStart, fieldEnd } = field
    this.#skip(level, field.fieldStart, fieldEnd)
    const start = workspace.length
    workspace.header(fieldNumber, fieldEnd - valueStart + ranges.delta(valueStart, fieldEnd))
    ranges.write(workspace, valueStart, fieldEnd)
    workspace.emit(start, workspace.length)
  }

  enter(frame: Frame, field: FieldCursor): void {
    const workspace = this.#workspace
    frame.fieldStart = field.fieldStart
    frame.fieldEnd = field.fieldEnd
    frame.valueStart = field.valueStart
    frame.fieldNumber = field.fieldNumber
    frame.isOpen = false
    frame.kept = 0
    frame.dropped = 0
    workspace.seal()
    frame.rangeCount = workspace.rangeCount
    frame.emittedBytes = workspace.emittedBytes
    frame.copiedUpTo = this.copiedUpTo
  }

  /** Ends a group: closes it if anything inside changed, drops it if all inside was dropped. Returns whether it stays. */
  leave(frame: Frame, parentLevel: 0 | 1): boolean {
    if (frame.dropped > 0 && frame.kept === 0) {
      this.dropField(parentLevel, frame)
      return false
    }
    if (frame.isOpen) {
      const workspace = this.#workspace
      workspace.emit(this.copiedUpTo, frame.fieldEnd)
      workspace.closeHeader(frame.mark, frame.fieldNumber, workspace.emittedBytes - frame.contentFrom)
      this.copiedUpTo = frame.fieldEnd
    }
    return true
  }

  /** Takes back what was listed of the frame, and leaves its field out. */
  dropField(parentLevel: 0 | 1, frame: Frame): void {
    const group = this.group
    const workspace = this.#workspace
    // The group may have been opened by this very scope: then that is taken back too.
    if (parentLevel === 1 && group.isOpen && group.mark >= frame.rangeCount) group.isOpen = false
    workspace.rollBack(frame.rangeCount, frame.emittedBytes)
    workspace.ranges.discard(frame.valueStart, frame.fieldEnd)
    this.copiedUpTo = frame.copiedUpTo
    frame.isOpen = false
    this.#skip(parentLevel, frame.fieldStart, frame.fieldEnd)
  }

  dropRecord(field: FieldCursor): void {
    this.scope.dropped++
    this.#workspace.ranges.discard(field.valueStart, field.fieldEnd)
    this.#skip(2, field.fieldStart, field.fieldEnd)
  }

  replaceField(level: 1 | 2, field: FieldCursor, view: { emitField(fieldNumber: number): void }): void {
    this.#skip(level, field.fieldStart, field.fieldEnd)
    view.emitField(field.fieldNumber)
  }

  /** Lists everything up to `start` that is not listed yet, inside the frames of `level`, and leaves out `[start, end)`. */
  #skip(level: 0 | 1 | 2, start: number, end: number): void {
    this.#open(level)
    this.#workspace.emit(this.copiedUpTo, start)
    this.copiedUpTo = end
  }

  #open(level: 0 | 1 | 2): void {
    if (level >= 1) this.#openFrame(this.group)
    if (level === 2) this.#openFrame(this.scope)
  }

  #openFrame(frame: Frame): void {
    if (frame.isOpen) return
    const workspace = this.#workspace
    workspace.emit(this.copiedUpTo, frame.fieldStart)
    frame.mark = workspace.openHeader()
    frame.contentFrom = workspace.emittedBytes
    frame.isOpen = true
    this.copiedUpTo = frame.valueStart
  }
}
