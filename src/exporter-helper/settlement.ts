import type { ComponentSettings } from '../component/component.ts'
import { ConsumeError } from '../component/consumer.ts'
import type { OtlpBatch, Signal } from '../pdata/otlp-batch.ts'
import type { BackendHealth } from './backend-health.ts'
import { type Journal, shuttingDown } from './journal.ts'
import type { MergedRequest } from './merge-lane.ts'
import type { ExporterMetrics } from './metrics.ts'
import type { Piece, QueueEntry } from './queue-entry.ts'

export interface SettlementSettings {
  readonly signal: Signal
  readonly component: ComponentSettings
  readonly health: BackendHealth
  readonly metrics: ExporterMetrics
  readonly journal: Journal
  readonly isQueued: boolean
  readonly waitsForResult: boolean
}

/**
 * What becomes of what a sending queue holds: it is counted once, in the ledger and in the metrics, leaves the journal, and whoever
 * waits for it is told.
 */
export class Settlement {
  readonly #settings: SettlementSettings
  /** Items read from the journal and not settled. */
  heldItems = 0

  constructor(settings: SettlementSettings) {
    this.#settings = settings
  }

  succeeded(request: MergedRequest, rejectedCount: number, message: string): void {
    const { component, metrics, signal, health } = this.#settings
    const rejected = Math.min(Math.max(0, rejectedCount), request.itemCount)
    component.ledger.exported(signal, request.itemCount - rejected)
    component.ledger.dropped(signal, 'rejected_by_backend', rejected)
    metrics.sent.add(request.itemCount)
    if (rejected > 0 || message !== '') health.partly(rejected, message)
    for (const piece of request.pieces) {
      this.heldItems -= piece.itemCount
      piece.entry.exportedItems += piece.itemCount
      this.settlePiece(piece)
    }
  }

  failed(request: MergedRequest, refusal: ConsumeError, reason: string): void {
    const { health, metrics } = this.#settings
    metrics.sendFailed.add(request.itemCount)
    let lostItems = 0
    for (const piece of request.pieces) {
      this.heldItems -= piece.itemCount
      piece.entry.refusal = refusal
      if (!this.isWaitedFor(piece.entry)) lostItems += piece.itemCount
      this.settlePiece(piece)
    }
    if (lostItems === 0) return
    this.#settings.component.ledger.dropped(this.#settings.signal, reason, lostItems)
    health.lost(reason, lostItems, refusal.message)
  }

  /** The journal let go of it. */
  dropped(batch: OtlpBatch, entry: QueueEntry | undefined, reason: string): void {
    if (entry !== undefined && this.isWaitedFor(entry)) {
      refuse(entry, new ConsumeError('overloaded', `dropped from the sending queue: ${reason}`, { reason }))
      return
    }
    const { component, health, signal } = this.#settings
    component.ledger.dropped(signal, reason, batch.itemCount)
    health.lost(reason, batch.itemCount, 'the sending queue let go of it')
  }

  /** Those who wait for the backend's word cannot have it. For the books, what stays on disk is a copy. */
  tellWaiting(pieces: readonly Piece[]): void {
    for (const { entry } of pieces) {
      if (entry.waiter === undefined) continue
      this.#settings.component.ledger.copied(this.#settings.signal, entry.batch.itemCount)
      entry.waiter.refused(shuttingDown())
      entry.waiter = undefined
    }
  }

  /** One of an entry's pieces has come to its end. */
  settlePiece(piece: Piece): void {
    const { entry } = piece
    entry.openPieces--
    if (entry.openPieces > 0) return
    const { component, signal, journal } = this.#settings
    const { refusal } = entry
    if (refusal !== undefined && entry.exportedItems > 0 && this.isWaitedFor(entry)) {
      // The sender is told no, though a part arrived: for the books that part was a copy.
      component.ledger.copied(signal, entry.exportedItems)
    }
    journal.settle(entry)
    entry.state = 'settled'
    if (refusal === undefined && !entry.isPinned) entry.batch.memory?.release(entry.batch.bytes)
    if (refusal === undefined) entry.waiter?.accepted()
    else if (this.isWaitedFor(entry)) refuse(entry, refusal)
  }

  /** Whether its sender gets the backend's answer. */
  isWaitedFor(entry: QueueEntry): boolean {
    const { waitsForResult, isQueued } = this.#settings
    if (entry.waiter !== undefined) return true
    return (waitsForResult && !entry.isRecovered) || (!isQueued && entry.batch.merge === undefined)
  }
}

/** Resolves when the backend has the entry, rejects when it is given up. */
export function resultOf(entry: QueueEntry): Promise<void> {
  if (entry.state === 'settled') {
    return entry.refusal === undefined ? Promise.resolve() : Promise.reject(entry.refusal)
  }
  return new Promise((resolve, reject) => {
    entry.waiter = { accepted: resolve, refused: reject }
  })
}

function refuse(entry: QueueEntry, refusal: ConsumeError): void {
  entry.refusal = refusal
  entry.waiter?.refused(refusal)
}
