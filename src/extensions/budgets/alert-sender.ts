import { createHash } from 'node:crypto'
import { type Clock, sleep } from '../../clock/clock.ts'
import type { Logger } from '../../telemetry/logger.ts'
import type { Counter, MetricScope } from '../../telemetry/metrics.ts'
import type { AlertChannel } from './alert-channels.ts'
import type { Alert } from './budget.ts'
import { alertId } from './state-file.ts'

const retryMsMax = 300_000

export interface AlertSenderSettings {
  readonly channel: AlertChannel
  readonly timeoutMs: number
  readonly retryMs: number
  readonly pendingMax: number
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: MetricScope
  /** Called once for each alert that the channel took or will never take. */
  readonly onTold: (alert: Alert) => void
}

/**
 * One channel's alerts, in order, each tried until the channel takes it. Nobody waits for it: telemetry goes on while a
 * channel is down. An answer that says "never" (4xx but 408 and 429) ends that alert, counted.
 */
export class AlertSender {
  readonly #settings: AlertSenderSettings
  readonly #pending: Alert[] = []
  /** Ends waits between attempts. */
  readonly #stop = new AbortController()
  /** Ends the attempt that is under way. */
  readonly #giveUp = new AbortController()
  readonly #sent: Counter
  readonly #failed: Counter
  #running: Promise<void> | undefined
  #isDown = false

  constructor(settings: AlertSenderSettings) {
    this.#settings = settings
    const labels = { channel: settings.channel.name }
    const { metrics } = settings
    this.#sent = metrics.counter(
      { name: 'sluice_budget_alerts_sent', description: 'Alerts that a channel took.', unit: '{alert}' },
      labels,
    )
    this.#failed = metrics.counter(
      { name: 'sluice_budget_alerts_failed', description: 'Alerts that were given up.', unit: '{alert}' },
      labels,
    )
  }

  get pending(): readonly Alert[] {
    return this.#pending
  }

  get pendingCount(): number {
    return this.#pending.length
  }

  enqueue(alert: Alert): void {
    if (this.#pending.length >= this.#settings.pendingMax) {
      const given = this.#pending.shift()!
      this.#failed.add(1)
      this.#settings.onTold(given)
    }
    this.#pending.push(alert)
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined
    })
  }

  /**
   * Interrupts waits; resolves when no attempt is under way, and breaks one off that takes longer than `graceMs`. Its alert
   * stays pending.
   */
  async shutdown(graceMs = Number.POSITIVE_INFINITY): Promise<void> {
    this.#stop.abort()
    if (this.#running === undefined) return
    const timer = Number.isFinite(graceMs) ? this.#settings.clock.after(graceMs, () => this.#giveUp.abort()) : undefined
    await this.#running
    timer?.cancel()
  }

  async #run(): Promise<void> {
    const { clock, logger, retryMs, channel } = this.#settings
    let waitMs = retryMs
    while (this.#pending.length > 0 && !this.#stop.signal.aborted) {
      const alert = this.#pending[0]!
      const outcome = await this.#attempt(alert)
      if (outcome !== 'sent' && outcome !== 'never') {
        if (!this.#isDown) {
          logger.warn('alert channel does not take alerts, they wait', { channel: channel.name, why: outcome.retry })
        }
        this.#isDown = true
        await sleep(clock, waitMs, this.#stop.signal)
        waitMs = Math.min(waitMs * 2, retryMsMax)
        continue
      }
      if (this.#isDown) logger.info('alert channel answers again', { channel: channel.name })
      this.#isDown = false
      waitMs = retryMs
      // The queue may have been cut while the attempt ran.
      const index = this.#pending.indexOf(alert)
      if (index < 0) continue
      this.#pending.splice(index, 1)
      if (outcome === 'sent') this.#sent.add(1)
      else this.#failed.add(1)
      this.#settings.onTold(alert)
    }
  }

  /** Where it is to be tried again, why. */
  async #attempt(alert: Alert): Promise<'sent' | 'never' | { readonly retry: string }> {
    const { channel, timeoutMs, logger } = this.#settings
    try {
      const response = await fetch(channel.url, {
        method: 'POST',
        // For channels that know what they have taken: a kill before the answer is noted sends the alert again.
        headers: { ...channel.headers, 'idempotency-key': idempotencyKey(alert) },
        body: channel.body(alert),
        redirect: 'error',
        signal: AbortSignal.any([AbortSignal.timeout(timeoutMs), this.#giveUp.signal]),
      })
      await response.body?.cancel()
      if (response.ok) return 'sent'
      if (response.status >= 500 || response.status === 408 || response.status === 429) {
        return { retry: `answers ${response.status}` }
      }
      logger.error('alert channel refuses an alert', { channel: channel.name, status: response.status })
      return 'never'
    } catch (error) {
      return { retry: reasonOf(error) }
    }
  }
}

/** The same for each attempt at one alert; scope values may have any characters, a header may not. */
function idempotencyKey(alert: Alert): string {
  return createHash('sha256').update(alertId(alert)).digest('hex').slice(0, 32)
}

/** `fetch failed` has the reason inside. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  return cause instanceof Error ? cause.message || cause.name : String(cause)
}
