import type { AdaptiveSamplerConfig } from './config.ts'
import { fairShares } from './fair-shares.ts'
import { KeyShare, type Stratum, units } from './key-share.ts'
import type { Amounts } from './request-cap.ts'

/** How far above its target a tick may run before the shares are cut in its middle. */
const overshoot = 1.5
/** An ordinary share of a key that is as good as none: then what goes first is cut too. */
const negligible = 1e-4

/**
 * Moves the thresholds so that what is kept meets the targets. Every change depends on the past alone, never on the trace at
 * hand, so each kept trace stands for exactly 1/probability traces, whatever the load did.
 */
export class Controller {
  readonly #config: AdaptiveSamplerConfig
  readonly #targets: readonly number[]
  readonly #keys = new Map<string, KeyShare>()
  readonly #others = new KeyShare('other')
  #sinceTick = [0, 0, 0]
  #tickMs = 0
  #hasNoIdle = false

  constructor(config: AdaptiveSamplerConfig, nowMs: number) {
    this.#config = config
    this.#targets = [config.maxTracesPerSecond, config.maxSpansPerSecond, config.maxBytesPerSecond]
    this.#tickMs = nowMs
  }

  keyShare(name: string, nowMs: number): KeyShare {
    let share = this.#keys.get(name)
    if (share === undefined) {
      if (this.#keys.size >= this.#config.keysMax && !this.#forgetIdle()) return this.#others
      share = new KeyShare(name)
      // A newcomer is taken to be like the others until it has been measured.
      const known = this.#keys.values().next().value
      if (known !== undefined) share.ordinary.measure(known.ordinary.probability)
      this.#keys.set(name, share)
    }
    share.usedMs = nowMs
    return share
  }

  /** Goes on with what another one has measured. */
  takeOver(other: Controller): void {
    for (const [name, share] of other.#keys) if (this.#keys.size < this.#config.keysMax) this.#keys.set(name, share)
  }

  shares(): readonly KeyShare[] {
    return [...this.#keys.values(), this.#others]
  }

  /** Counts what was kept, and cuts the shares at once where it runs away. */
  countKept(counts: Amounts, nowMs: number): void {
    const elapsedMs = Math.max(100, nowMs - this.#tickMs)
    let excess = 0
    for (let unit = 0; unit < units.length; unit++) {
      this.#sinceTick[unit]! += counts[unit]!
      const target = this.#targets[unit]!
      if (target === 0) continue
      // A handful is no rate: five items may always come together.
      const allowed = Math.max(5 * (counts[unit]! > 5 ? 1 : counts[unit]!), (target * elapsedMs * overshoot) / 1000)
      excess = Math.max(excess, this.#sinceTick[unit]! / allowed)
    }
    if (excess <= 1) return
    for (const share of this.shares()) this.#cut(share, Math.max(0.25, 1 / excess))
    // What has been kept is answered for; the next excess counts from here.
    this.#sinceTick = this.#sinceTick.map(count => count / 2)
  }

  /** Sets every share anew from the rates measured. */
  tick(nowMs: number): void {
    const elapsedMs = nowMs - this.#tickMs
    if (elapsedMs <= 0) return
    this.#tickMs = nowMs
    this.#sinceTick = [0, 0, 0]
    this.#hasNoIdle = false
    const shares = this.shares()
    for (const share of shares) share.tick(elapsedMs)
    const wanted = shares.map(() => ({ first: 1, ordinary: 1 }))
    for (let unit = 0; unit < units.length; unit++) {
      const target = this.#targets[unit]!
      if (target === 0) continue
      const allocated = fairShares(
        shares.map(share => share.demand(unit)),
        target,
      )
      for (const [i, share] of shares.entries()) {
        const { first, ordinary } = this.#split(share, unit, allocated[i]!)
        wanted[i]!.first = Math.min(wanted[i]!.first, first)
        wanted[i]!.ordinary = Math.min(wanted[i]!.ordinary, ordinary)
      }
    }
    for (const [i, share] of shares.entries()) {
      share.first.measure(Math.max(this.#config.minProbability, wanted[i]!.first))
      share.ordinary.measure(Math.max(this.#config.minProbability, wanted[i]!.ordinary))
    }
  }

  /** A key's part goes to what goes first, but for what is kept for ordinary traces. */
  #split(share: KeyShare, unit: number, allocated: number): { first: number; ordinary: number } {
    const firstRate = share.first.arriving[unit]!.perSecond
    const ordinaryRate = share.ordinary.arriving[unit]!.perSecond
    const reserved = Math.min(ordinaryRate, allocated * this.#config.ordinaryShare)
    const forFirst = Math.min(firstRate, allocated - reserved)
    const forOrdinary = allocated - forFirst
    return {
      first: firstRate === 0 ? 1 : forFirst / firstRate,
      ordinary: ordinaryRate === 0 ? 1 : forOrdinary / ordinaryRate,
    }
  }

  #cut(share: KeyShare, factor: number): void {
    const cut = (stratum: Stratum) => {
      if (stratum.arriving.some(meter => meter.pending > 0)) {
        stratum.cut(factor, this.#config.minProbability)
      }
    }
    cut(share.ordinary)
    if (
      share.ordinary.probability <= Math.max(negligible, this.#config.minProbability * 1.01) ||
      !share.ordinary.arriving.some(meter => meter.pending > 0)
    ) {
      cut(share.first)
    }
  }

  #forgetIdle(): boolean {
    // Until the next tick nobody becomes idle.
    if (this.#hasNoIdle) return false
    for (const [name, share] of this.#keys) {
      if (share.first.isIdle && share.ordinary.isIdle) {
        this.#keys.delete(name)
        return true
      }
    }
    this.#hasNoIdle = true
    return false
  }
}
