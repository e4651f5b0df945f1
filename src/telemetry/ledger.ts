/** What left or never entered, and why, for one signal. */
export interface LedgerEntry {
  received: number
  /** Extra obligations from fan-out: a batch that N consumers accepted counts N - 1 times more. */
  copied: number
  exported: number
  dropped: Map<string, number>
  rejected: Map<string, number>
}

/**
 * Every item is accounted for: received + copied = exported + queued + dropped{reason} + rejected{reason}, per signal.
 *
 * Who writes what: a receiver writes `received` for every item of a request that it could count, and `rejected` for the
 * same items when it answers anything but success. A fan-out writes `copied`. A processor writes `dropped` only after
 * the consumer behind it accepted the rest of the batch: on a refusal the receiver rejects all items, so nothing may
 * have been dropped. An exporter writes `exported` when the backend accepted and `dropped` when it gives up; what it
 * holds in between is `queued`, which it reports through `holds`. A component that makes new telemetry (a connector)
 * writes `received` for it.
 */
export class Ledger {
  readonly #entries = new Map<string, LedgerEntry>()
  readonly #holders = new Set<(signal: string) => number>()

  received(signal: string, count: number): void {
    this.entry(signal).received += count
  }

  copied(signal: string, count: number): void {
    this.entry(signal).copied += count
  }

  exported(signal: string, count: number): void {
    this.entry(signal).exported += count
  }

  dropped(signal: string, reason: string, count: number): void {
    if (count > 0) increment(this.entry(signal).dropped, reason, count)
  }

  rejected(signal: string, reason: string, count: number): void {
    if (count > 0) increment(this.entry(signal).rejected, reason, count)
  }

  /** Registers who still holds items of a signal: queues, buffers, batches on their way. Returns the removal. */
  holds(read: (signal: string) => number): () => void {
    this.#holders.add(read)
    return () => this.#holders.delete(read)
  }

  queued(signal: string): number {
    let count = 0
    for (const read of this.#holders) count += read(signal)
    return count
  }

  signals(): string[] {
    return [...this.#entries.keys()]
  }

  entry(signal: string): LedgerEntry {
    let entry = this.#entries.get(signal)
    if (entry === undefined) {
      entry = { received: 0, copied: 0, exported: 0, dropped: new Map(), rejected: new Map() }
      this.#entries.set(signal, entry)
    }
    return entry
  }

  /** Received and copied minus everything accounted for: zero when the books balance. */
  imbalance(signal: string): number {
    const { received, copied, exported, dropped, rejected } = this.entry(signal)
    return received + copied - exported - this.queued(signal) - sum(dropped) - sum(rejected)
  }
}

function increment(counts: Map<string, number>, reason: string, count: number): void {
  counts.set(reason, (counts.get(reason) ?? 0) + count)
}

function sum(counts: ReadonlyMap<string, number>): number {
  let total = 0
  for (const count of counts.values()) total += count
  return total
}
