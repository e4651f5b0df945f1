/** Where text is written with its ranges replaced: offsets are those of the bytes that the ranges are of. */
interface RangeTarget {
  copy(start: number, end: number): void
  raw(bytes: Uint8Array): void
}

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

  /** Writes the text or bytes in `[start, end)` with its ranges replaced into `target`. */
  write(target: RangeTarget, start: number, end: number): void {
    const list = this.#listOf(start)
    let from = start
    for (let i = firstFrom(list, start); i < list.length && list[i]!.start < end; i++) {
      const edit = list[i]!
      if (edit.isDone) continue
      if (edit.end > end) throw new RangeError(`replaced range at ${edit.start} runs past its field`)
      target.copy(from, edit.start)
      target.raw(edit.replacement)
      from = edit.end
      this.#done(edit)
    }
    target.copy(from, end)
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
