import type { Clock, Timer } from '../clock/clock.ts'

export interface ProbationOutcome {
  onPass(): void
  onFail(error: Error): void
}

/** The first time of a new configuration: one failure of a part that it brought ends it, silence passes it. */
export class Probation {
  readonly #keys: ReadonlySet<string>
  readonly #outcome: ProbationOutcome
  readonly #timer: Timer
  #isOver = false

  constructor(clock: Clock, durationMs: number, keys: Iterable<string>, outcome: ProbationOutcome) {
    this.#keys = new Set(keys)
    this.#outcome = outcome
    this.#timer = clock.after(durationMs, () => this.pass())
  }

  pass(): void {
    if (this.#end()) this.#outcome.onPass()
  }

  /** `key` is the node that failed; undefined where only the failure is known. Others than the new parts do not count. */
  fail(key: string | undefined, error: Error): void {
    if (key !== undefined && !this.#keys.has(key)) return
    if (this.#end()) this.#outcome.onFail(error)
  }

  /** Ends without an outcome. */
  cancel(): void {
    this.#end()
  }

  #end(): boolean {
    if (this.#isOver) return false
    this.#isOver = true
    this.#timer.cancel()
    return true
  }
}
