import { FieldCursor } from '../wire/field-cursor.ts'
import { wireBytes } from '../wire/wire-type.ts'
import type { MessageView } from './message-view.ts'

/**
 * Iterates the repeated messages of one field (events, links, data points), pointing one view at each in turn. Edits of a
 * child are noted in the parent when the iteration moves on.
 */
export class ChildList {
  readonly child: MessageView
  readonly #parent: MessageView
  /** Field number of the children in the parent. */
  fieldNumber: number
  /** Children dropped since somebody last set this to 0. */
  droppedCount = 0
  /** A list below the child, finished and abandoned together with it. */
  readonly #inner: ChildList | undefined
  readonly #cursor = new FieldCursor()
  #isOnChild = false
  #isDropped = false
  #sourceStart = 0
  #sourceEnd = 0

  constructor(parent: MessageView, fieldNumber: number, child: MessageView, inner?: ChildList) {
    this.#inner = inner
    this.#parent = parent
    this.fieldNumber = fieldNumber
    this.child = child
  }

  /** Whether the parent has such a child at all. */
  get isEmpty(): boolean {
    return !this.#parent.has(this.fieldNumber)
  }

  /** Begins anew with the first child. */
  rewind(): void {
    this.finish()
    const parent = this.#parent
    this.#cursor.reset(parent.workspace.bytes, parent.start, parent.end)
  }

  /** Points `child` at the next one; false at the end. Children that were dropped earlier do not come again. */
  next(): boolean {
    this.finish()
    const cursor = this.#cursor
    cursor.bytes = this.#parent.workspace.bytes
    while (cursor.next()) {
      if (cursor.fieldNumber !== this.fieldNumber || cursor.wireType !== wireBytes) continue
      this.#sourceStart = cursor.fieldStart
      this.#sourceEnd = cursor.fieldEnd
      if (this.#point(cursor.valueStart, cursor.fieldEnd)) {
        this.#isOnChild = true
        return true
      }
    }
    return false
  }

  /** Removes the child that the iteration stands on. */
  drop(): void {
    this.#isDropped = true
  }

  /** Notes the edits of the child that the iteration stands on. Called by everything that reads the parent as a whole. */
  finish(): void {
    if (!this.#isOnChild) return
    if (this.#isDropped) {
      this.#inner?.finish()
      this.#isDropped = false
      this.droppedCount++
      this.#parent.children.put(this.#sourceStart, this.#sourceEnd, 0, 0)
    } else this.note()
    this.#isOnChild = false
  }

  /** Notes the edits so far and stays on the child: for who reads the siblings meanwhile. */
  note(): void {
    if (!this.#isOnChild) return
    this.#inner?.finish()
    if (!this.child.isDirty) return
    const start = this.child.writeField(this.fieldNumber)
    this.#parent.children.put(this.#sourceStart, this.#sourceEnd, start, this.#parent.workspace.length)
  }

  /** Forgets where the iteration stood: the parent moved to another message. */
  abandon(): void {
    this.#inner?.abandon()
    this.#isOnChild = false
    this.#isDropped = false
  }

  /** Points the view at the child's present bytes; false where it was dropped. */
  #point(valueStart: number, end: number): boolean {
    this.#inner?.abandon()
    const { children, workspace } = this.#parent
    const change = children.size === 0 ? -1 : children.indexOf(this.#sourceStart)
    if (change < 0) {
      this.child.reset(valueStart, end, this.#sourceStart, this.#sourceEnd)
      return true
    }
    const newStart = children.entries[change * 4 + 2]!
    const newEnd = children.entries[change * 4 + 3]!
    if (newStart === newEnd) return false
    const changed = new FieldCursor(workspace.bytes, newStart, newEnd)
    changed.next()
    this.child.reset(changed.valueStart, newEnd, newStart, newEnd)
    return true
  }
}
