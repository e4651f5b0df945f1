import type { Clock, Timer } from '../clock/clock.ts'
import type { MetricScope } from '../telemetry/metrics.ts'

/** Share of time in which the event loop was busy since the last look. */
export type ReadUtilization = () => number

export interface LoadThresholds {
  /** From this utilization on, work goes to threads, */
  readonly busyFrom: number
  /** and below this one it stays. Lower, since threads lower the utilization: one threshold would make it swing. */
  readonly idleBelow: number
}

export const defaultThresholds: LoadThresholds = { busyFrom: 0.7, idleBelow: 0.35 }
const lookMs = 100

/** Whether the event loop has too much to do. */
export class LoadGauge {
  readonly #clock: Clock
  readonly #read: ReadUtilization
  readonly #thresholds: LoadThresholds
  #utilization = 0
  #isBusy = false
  #timer: Timer | undefined

  constructor(clock: Clock, read: ReadUtilization, scope: MetricScope, thresholds = defaultThresholds) {
    this.#clock = clock
    this.#read = read
    this.#thresholds = thresholds
    scope.observe(
      {
        name: 'sluice_event_loop_utilization',
        joinedBy: 'max',
        description: 'Share of time in which the event loop was busy',
        unit: '1',
      },
      () => this.#utilization,
    )
    scope.observe(
      {
        name: 'sluice_stage_pool_threshold_utilization',
        joinedBy: 'max',
        description: 'Event loop utilization from which stages run on threads; 2 where they never do',
        unit: '1',
      },
      () => thresholds.busyFrom,
    )
  }

  get isBusy(): boolean {
    return this.#isBusy
  }

  start(): void {
    this.#timer ??= this.#clock.every(lookMs, () => {
      this.#utilization = this.#read()
      const { busyFrom, idleBelow } = this.#thresholds
      this.#isBusy = this.#utilization >= (this.#isBusy ? idleBelow : busyFrom)
    })
  }

  shutdown(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#isBusy = false
  }
}
