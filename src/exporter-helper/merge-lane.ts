import { isMergeable } from '../pdata/merge.ts'
import type { ClientMetadata, MergeRule, SendTrigger, Signal } from '../pdata/otlp-batch.ts'
import { type SplitPart, splitRequest } from '../pdata/split.ts'
import type { Piece, QueueEntry } from './queue-entry.ts'

/** Pieces that are sent together. */
export interface MergedRequest {
  readonly pieces: readonly Piece[]
  readonly itemCount: number
  readonly byteCount: number
  readonly metadata: ClientMetadata | undefined
  readonly trigger: SendTrigger
}

/** Without a rule, what has piled up behind a busy backend goes out together, and nothing ever waits for company. */
export const pileRule: MergeRule = Object.freeze({ timeoutMs: 0, sizer: 'items', sizeMin: 8192, sizeMax: 0 })

/** For batches that say who sent them: without a rule nobody says which of them may be mixed. */
export const aloneRule: MergeRule = Object.freeze({ timeoutMs: 0, sizer: 'items', sizeMin: 1, sizeMax: 0 })

/**
 * Where items are counted, a merged request closes at this many bytes at the latest: as much as gRPC servers take unless
 * they are told otherwise. 8,192 spans of a model call are 14 MB, which wait longer, cost memory and are refused there.
 * What came in one piece is not cut for it.
 */
const mergedBytesMax = 4 * 1024 * 1024 - 64 * 1024

/** Batches of one signal that may share a request, in order. */
export class MergeLane {
  readonly rule: MergeRule
  readonly #signal: Signal
  #pieces: Piece[] = []
  #headIndex = 0
  #items = 0
  #bytes = 0
  /** A timer has fired, or the end has come: what is there goes, however little. */
  isDue = false

  constructor(signal: Signal, rule: MergeRule) {
    this.#signal = signal
    this.rule = rule
  }

  get isEmpty(): boolean {
    return this.#items === 0
  }

  get isFull(): boolean {
    const { sizer, sizeMin } = this.rule
    if (sizer === 'bytes') return this.#bytes >= sizeMin
    return this.#items >= sizeMin || this.#bytes >= mergedBytesMax
  }

  /** When the batch that has waited longest came; undefined where none waits. */
  get oldestAtMs(): number | undefined {
    this.#skipSettled()
    return this.#pieces[this.#headIndex]?.entry.appendedAtMs
  }

  push(piece: Piece): void {
    this.#pieces.push(piece)
    this.#items += piece.itemCount
    this.#bytes += piece.bytes.length
  }

  /** An entry that waits here has been dropped by its journal. */
  forget(entry: QueueEntry): void {
    this.#items -= entry.batch.itemCount
    this.#bytes -= entry.batch.bytes.length
  }

  /** Everything that waits, for another lane. */
  drain(): Piece[] {
    const pieces: Piece[] = []
    for (let i = this.#headIndex; i < this.#pieces.length; i++) {
      const piece = this.#pieces[i]!
      if (piece.entry.state !== 'settled') pieces.push(piece)
    }
    this.#pieces = []
    this.#headIndex = 0
    this.#items = 0
    this.#bytes = 0
    return pieces
  }

  /**
   * The next request, undefined where nothing waits. `bytesMax` is what the backend is known to take; 0 means no limit.
   * `pieceItemsMax`: no further piece is added to that many items, though the rule would take more.
   */
  take(bytesMax: number, pieceItemsMax = Number.POSITIVE_INFINITY): MergedRequest | undefined {
    const { sizer, sizeMin, sizeMax } = this.rule
    const byItems = sizer === 'items'
    const target = isMergeable(this.#signal) ? Math.max(1, Math.min(sizeMin, pieceItemsMax)) : 1
    const largest = sizeMax > 0 ? sizeMax : Number.POSITIVE_INFINITY
    const bytesLargest = bytesMax > 0 ? bytesMax : Number.POSITIVE_INFINITY
    const closesAt = byItems ? mergedBytesMax : Number.POSITIVE_INFINITY
    const trigger: SendTrigger = this.isFull ? 'size' : 'timeout'
    const taken: Piece[] = []
    let items = 0
    let bytes = 0
    while ((byItems ? items : bytes) < target) {
      const piece = this.#peek()
      if (piece === undefined) break
      const isOver = (byItems ? items + piece.itemCount : bytes + piece.bytes.length) > largest
      if (isOver || bytes + piece.bytes.length > bytesLargest) {
        // A request closes early rather than cut what would fit into the next one.
        if (taken.length > 0) break
        this.#split(
          piece,
          byItems ? largest : Number.POSITIVE_INFINITY,
          byItems ? bytesLargest : Math.min(bytesLargest, largest),
        )
      }
      if (taken.length > 0 && bytes + piece.bytes.length > closesAt) break
      const next = this.#shift()
      taken.push(next)
      items += next.itemCount
      bytes += next.bytes.length
      if (next.entry.state === 'waiting') next.entry.state = 'taken'
    }
    if (this.isEmpty) this.isDue = false
    const [first] = taken
    if (first === undefined) return undefined
    return { pieces: taken, itemCount: items, byteCount: bytes, metadata: first.entry.batch.metadata, trigger }
  }

  #peek(): Piece | undefined {
    this.#skipSettled()
    return this.#pieces[this.#headIndex]
  }

  #shift(): Piece {
    const piece = this.#pieces[this.#headIndex++]!
    this.#items -= piece.itemCount
    this.#bytes -= piece.bytes.length
    if (this.#headIndex > 256 && this.#headIndex * 2 > this.#pieces.length) {
      this.#pieces = this.#pieces.slice(this.#headIndex)
      this.#headIndex = 0
    }
    return piece
  }

  /** Pieces of dropped entries stay in the list until they come to its head; `forget` has subtracted them. */
  #skipSettled(): void {
    while (this.#headIndex < this.#pieces.length && this.#pieces[this.#headIndex]!.entry.state === 'settled') {
      this.#headIndex++
    }
  }

  /** Puts the parts of the first piece in its place; the first of them keeps to the limits where a single item can. */
  #split(piece: Piece, itemsMax: number, bytesMax: number): void {
    const parts = splitPiece(this.#signal, piece, itemsMax, bytesMax)
    if (parts.length === 1) return
    this.#pieces.splice(this.#headIndex, 1, ...parts)
    this.#bytes -= piece.bytes.length
    for (const part of parts) this.#bytes += part.bytes.length
    // It is on its way as a whole now: a part of a batch is never dropped to make room.
    piece.entry.state = 'taken'
  }
}

/** Cuts one piece into parts within the limits, in order; a single item that is larger stays whole. */
export function splitPiece(signal: Signal, piece: Piece, itemsMax: number, bytesMax: number): Piece[] {
  const limits = {
    itemsMax: Number.isFinite(itemsMax) ? Math.max(1, itemsMax) : 0,
    bytesMax: Number.isFinite(bytesMax) ? Math.max(1, bytesMax) : 0,
  }
  let parts: SplitPart[]
  try {
    parts = splitRequest(signal, piece.bytes, limits, piece.itemCount)
  } catch {
    // Bytes that nobody can walk cannot be cut: the backend will say what it thinks of them.
    return [piece]
  }
  piece.entry.openPieces += parts.length - 1
  return parts.map(part => ({ entry: piece.entry, bytes: part.bytes, itemCount: part.itemCount }))
}
