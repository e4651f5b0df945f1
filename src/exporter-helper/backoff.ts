import type { Random } from '../clock/clock.ts'
import type { RetryConfig } from '../config/sections/exporter-queue.ts'

/** A backend that cannot be reached must not be met by all its clients at the same moment (OTLP asks for jitter). */
const jitterMin = 0.1

/** The waits of one request between its attempts. */
export class Backoff {
  readonly #config: RetryConfig
  readonly #random: Random
  #intervalMs: number

  constructor(config: RetryConfig, random: Random) {
    this.#config = config
    this.#random = random
    this.#intervalMs = config.initialIntervalMs
  }

  /** The next wait; never below what the backend asked for, from which later ones grow. */
  nextMs(hintMs = 0): number {
    const { randomizationFactor, multiplier, maxIntervalMs } = this.#config
    const factor = Math.max(jitterMin, randomizationFactor)
    const intervalMs = Math.max(this.#intervalMs, hintMs)
    const spread = 1 + factor * (2 * this.#random() - 1)
    this.#intervalMs = Math.min(Math.max(intervalMs * multiplier, 1), Math.max(maxIntervalMs, hintMs))
    return Math.max(intervalMs * spread, hintMs)
  }
}
