import type { MessageView } from '../../pdata/message-view.ts'

/** From the earliest to the latest of some times, in nanoseconds since the Unix epoch. */
export class TimeRange {
  #startNs = 0n
  #endNs = 0n
  /** The same times, rounded: a comparison costs no bigint. */
  #startMs = 0
  #endMs = 0

  clear(): void {
    this.#startNs = 0n
    this.#endNs = 0n
  }

  /** Looks at a time of a record; one that is absent or 0 says nothing. */
  note(message: MessageView, field: number): void {
    const ms = message.milliseconds(field)
    if (ms === 0 && !message.has(field)) return
    const isFirst = this.#startNs === 0n
    if (!isFirst && ms > this.#startMs && ms < this.#endMs) return
    const ns = message.fixed64(field)
    if (ns === 0n) return
    if (isFirst || ns < this.#startNs) {
      this.#startNs = ns
      this.#startMs = ms
    }
    if (isFirst || ns > this.#endNs) {
      this.#endNs = ns
      this.#endMs = ms
    }
  }

  /** `nowNs` stands where no time has been seen. */
  startNs(nowNs: bigint): bigint {
    return this.#startNs === 0n ? nowNs : this.#startNs
  }

  endNs(nowNs: bigint): bigint {
    return this.#startNs === 0n ? nowNs : this.#endNs
  }
}
