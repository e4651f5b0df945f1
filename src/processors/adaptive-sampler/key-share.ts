import { alwaysKeep, type Threshold, thresholdFor } from '../../pdata/sampling-threshold.ts'
import { RateMeter } from './rate-meter.ts'

const precision = 5
/** A share is never cut further than this between two looks: of hardly any trace the sum of what it stands for is chance. */
const cutMax = 1 / 16

/** What can be limited. */
export const units = ['traces', 'spans', 'bytes'] as const

/** Ordinary traces or those that go first, of one key: what arrives, and which part of it is kept. */
export class Stratum {
  /** Arrivals by unit, each counted for as many as it stands for. */
  readonly arriving = units.map(() => new RateMeter())
  readonly kept = new RateMeter()
  threshold: Threshold = alwaysKeep
  #probability = 1
  /** What the last look at the rates made it. */
  #measured = 1

  get probability(): number {
    return this.#probability
  }

  setProbability(probability: number): void {
    const bounded = Math.min(1, Math.max(2 ** -50, probability))
    // Written as few digits: the exact share does not matter, that it is written down does.
    if (Math.abs(bounded - this.#probability) < this.#probability * 0.002 && bounded < 1) return
    this.threshold = thresholdFor(bounded, precision) ?? alwaysKeep
    this.#probability = this.threshold.probability
  }

  /** The share by the rates measured. */
  measure(probability: number): void {
    this.#measured = probability
    this.setProbability(probability)
  }

  /** Lowers the share until the next look. */
  cut(factor: number, probabilityMin: number): void {
    const lowest = Math.max(this.#measured * cutMax, probabilityMin)
    this.setProbability(Math.max(lowest, this.#probability * factor))
  }

  tick(elapsedMs: number): void {
    for (const meter of this.arriving) meter.tick(elapsedMs)
    this.kept.tick(elapsedMs)
  }

  get isIdle(): boolean {
    return this.arriving.every(meter => meter.perSecond === 0 && meter.pending === 0)
  }
}

export class KeyShare {
  readonly name: string
  readonly first = new Stratum()
  readonly ordinary = new Stratum()
  /** For the least recently used to go. */
  usedMs = 0

  constructor(name: string) {
    this.name = name
  }

  tick(elapsedMs: number): void {
    this.first.tick(elapsedMs)
    this.ordinary.tick(elapsedMs)
  }

  demand(unit: number): number {
    return this.first.arriving[unit]!.perSecond + this.ordinary.arriving[unit]!.perSecond
  }
}
