import type { ComponentSettings } from '../component/component.ts'
import type { ConsumeError } from '../component/consumer.ts'

const repeatAfterMs = 60_000
const credentialStatuses = new Set([401, 403])
const credentialCodes = new Set([7, 16])

/** Says when a backend turns bad and when it is well again, instead of a line per request. */
export class BackendHealth {
  readonly #settings: ComponentSettings
  #failingSinceMs: number | undefined
  #failedAttempts = 0
  #lastWarningMs = new Map<string, number>()

  constructor(settings: ComponentSettings) {
    this.#settings = settings
  }

  worked(): void {
    if (this.#failingSinceMs === undefined) return
    const forMs = Math.round(this.#settings.clock.nowMs() - this.#failingSinceMs)
    this.#settings.logger.info('The backend takes data again', {
      after_ms: forMs,
      failed_attempts: this.#failedAttempts,
    })
    this.#failingSinceMs = undefined
    this.#failedAttempts = 0
    this.#settings.report({ status: 'ok', message: '' })
  }

  failed(refusal: ConsumeError, willRetry: boolean): void {
    this.#failedAttempts++
    const isNew = this.#failingSinceMs === undefined
    this.#failingSinceMs ??= this.#settings.clock.nowMs()
    if (isNew) {
      const isRefusedForGood =
        credentialStatuses.has(refusal.httpStatus ?? 0) || credentialCodes.has(refusal.grpcStatus ?? 0)
      this.#settings.report({ status: isRefusedForGood ? 'permanent' : 'recoverable', message: refusal.message })
    }
    if (willRetry && isNew) {
      this.#settings.logger.warn('Exporting failed. Will retry the request after interval.', {
        error: refusal.message,
        reason: refusal.reason,
      })
    }
  }

  /** Data is lost: said at once, then at most once a minute for each reason; the ledger has every item. */
  lost(reason: string, itemCount: number, message: string): void {
    this.#warn(`lost ${reason}`, () =>
      this.#settings.logger.error('Exporting failed. Dropping data.', {
        error: message,
        reason,
        dropped_items: itemCount,
      }),
    )
  }

  partly(rejectedCount: number, message: string): void {
    this.#warn('partial', () =>
      this.#settings.logger.warn('Partial success response', { message, dropped_items: rejectedCount }),
    )
  }

  #warn(kind: string, log: () => void): void {
    const nowMs = this.#settings.clock.nowMs()
    const lastMs = this.#lastWarningMs.get(kind)
    if (lastMs !== undefined && nowMs - lastMs < repeatAfterMs) return
    this.#lastWarningMs.set(kind, nowMs)
    log()
  }
}
