import { sleep } from '../clock/clock.ts'
import type { ComponentSettings } from '../component/component.ts'
import { asConsumeError, type ConsumeError } from '../component/consumer.ts'
import type { RetryConfig } from '../config/sections/exporter-queue.ts'
import type { Signal } from '../pdata/otlp-batch.ts'
import { grpcStatus } from '../transport/grpc.ts'
import type { BackendHealth } from './backend-health.ts'
import { Backoff } from './backoff.ts'
import type { DeadLetters } from './dead-letters.ts'
import type { Backend, ExportResult } from './export-request.ts'
import type { Journal } from './journal.ts'
import { type MergedRequest, splitPiece } from './merge-lane.ts'
import type { ExporterMetrics } from './metrics.ts'
import type { Piece } from './queue-entry.ts'

export interface DeliverySettings {
  readonly signal: Signal
  readonly backend: Backend
  readonly component: ComponentSettings
  readonly health: BackendHealth
  readonly metrics: ExporterMetrics
  readonly retry: RetryConfig
  /** For one attempt; 0 means none. */
  readonly timeoutMs: number
  /** Largest request that the backend is known to take; 0 means no limit. */
  readonly requestBytesMax: number
  readonly journal: Journal
  /** Where requests go that the backend refuses for good. */
  readonly deadLetters: DeadLetters | undefined
}

/** Exactly one of these is called for every request, or for all the parts that it was cut into. */
export interface DeliveryOwner {
  succeeded(request: MergedRequest, rejectedCount: number, message: string): void
  failed(request: MergedRequest, refusal: ConsumeError, reason: string): void
  /** The delivery was told to end while the request could still have been tried again. */
  interrupted(request: MergedRequest, refusal: ConsumeError): void
}

/**
 * Of one merged request so many parts may be refused before what is left of it is given up as it is: enough to find two or
 * three wrong batches among a thousand, too few to be a burden for a backend that takes nothing.
 */
const siftedRefusalsMax = 32

/** The search for what is wrong in one merged request. */
interface Sieve {
  refusalCount: number
  hasPassed: boolean
}

/** A wait during a drain: long enough not to spin, short enough to use the time that is left. */
const drainIntervalMsMax = 1000

/** Delivers requests: attempts, waits between them, and halves of what the backend finds too large, or wrong in part. */
export class Delivery {
  readonly #settings: DeliverySettings
  readonly #owner: DeliveryOwner
  /** Ends waits; attempts under way go on. */
  readonly #interrupt = new AbortController()
  /** Ends attempts. */
  readonly #abort = new AbortController()
  #state: 'running' | 'draining' | 'handing_over' = 'running'
  inFlightCount = 0
  /** The last search found nothing that the backend takes: no other begins before it has taken something. */
  #takesNothing = false
  requestBytesMax: number

  constructor(settings: DeliverySettings, owner: DeliveryOwner) {
    this.#settings = settings
    this.#owner = owner
    this.requestBytesMax = settings.requestBytesMax
  }

  /** Attempts under way end, nothing is tried again. */
  interrupt(): void {
    this.#state = 'handing_over'
    this.#interrupt.abort()
  }

  /** Waits end now and are short from now on; with a journal that survives nothing is tried again. */
  drain(): void {
    if (this.#state === 'running') this.#state = 'draining'
    this.#interrupt.abort()
  }

  abort(): void {
    this.#abort.abort()
  }

  /** Ends when the owner has been told what became of all of it. Never rejects. */
  deliver(request: MergedRequest): Promise<void> {
    return this.#deliver(request, undefined)
  }

  async #deliver(request: MergedRequest, sieve: Sieve | undefined): Promise<void> {
    const { component, retry, metrics } = this.#settings
    const firstMs = component.clock.nowMs()
    const backoff = new Backoff(retry, component.random)
    while (true) {
      const result = await this.#attempt(request)
      if (result.kind === 'accepted') {
        this.#takesNothing = false
        if (sieve !== undefined) sieve.hasPassed = true
        return this.#owner.succeeded(request, result.rejectedCount ?? 0, result.message ?? '')
      }
      const { refusal } = result
      if (result.kind === 'too_large') return this.#halve(request, refusal)
      if (refusal.kind === 'permanent') return this.#sift(request, refusal, sieve)
      if (this.#isEnding) return this.#owner.interrupted(request, refusal)
      if (!retry.enabled) return this.#owner.failed(request, refusal, refusal.reason)
      const waitMs = this.#waitMs(backoff, refusal)
      if (this.#isTooLate(firstMs, waitMs)) return this.#owner.failed(request, refusal, 'retries_exhausted')
      await this.#wait(waitMs)
      if (this.#isEnding) return this.#owner.interrupted(request, refusal)
      metrics.retries.add(1)
    }
  }

  /**
   * Merging was our idea: what is wrong in one batch must not take the others along. So the halves of what is refused for its
   * content are sent by themselves, down to the single batches, which never are cut for that.
   */
  async #sift(request: MergedRequest, refusal: ConsumeError, found: Sieve | undefined): Promise<void> {
    const mayBegin = found !== undefined || !this.#takesNothing
    const sieve = found ?? { refusalCount: 0, hasPassed: false }
    const isSifted = isAboutContent(refusal) && request.pieces.length > 1 && mayBegin
    if (!isSifted || ++sieve.refusalCount > siftedRefusalsMax) return this.#refused(request, refusal, refusal.reason)
    this.#settings.metrics.splits.add(1)
    for (const half of halves(this.#settings.signal, request) ?? []) await this.#deliver(half, sieve)
    if (found === undefined) this.#takesNothing = !sieve.hasPassed
  }

  /** Kept first, dropped then: a kill in between leaves both, never neither. */
  async #refused(request: MergedRequest, refusal: ConsumeError, reason: string): Promise<void> {
    const parts = request.pieces.map(piece => piece.bytes)
    await this.#settings.deadLetters?.keep(parts, request.itemCount, refusal)
    this.#owner.failed(request, refusal, reason)
  }

  get #isEnding(): boolean {
    if (this.#state === 'handing_over' || this.#abort.signal.aborted) return true
    return this.#state === 'draining' && this.#settings.journal.isDurable
  }

  #waitMs(backoff: Backoff, refusal: ConsumeError): number {
    const waitMs = backoff.nextMs(refusal.retryDelayMs)
    return this.#state === 'draining' ? Math.min(waitMs, drainIntervalMsMax) : waitMs
  }

  /** What survives a restart ends by its age or the queue's size, never by the time that retries took. */
  #isTooLate(firstMs: number, waitMs: number): boolean {
    const { retry, journal, component } = this.#settings
    if (retry.maxElapsedTimeMs === 0 || journal.isDurable || this.#state === 'draining') return false
    return component.clock.nowMs() - firstMs + waitMs > retry.maxElapsedTimeMs
  }

  #wait(waitMs: number): Promise<void> {
    const ends = this.#state === 'draining' ? this.#abort : this.#interrupt
    return sleep(this.#settings.component.clock, waitMs, ends.signal)
  }

  async #attempt(request: MergedRequest): Promise<ExportResult> {
    const { backend, signal, timeoutMs, health, metrics, retry } = this.#settings
    const { itemCount, byteCount, metadata } = request
    metrics.batchSize.record(itemCount)
    metrics.batchSizeBytes.record(byteCount)
    const parts = request.pieces.map(piece => piece.bytes)
    this.inFlightCount++
    let result: ExportResult
    try {
      const attempt = { timeoutMs, signal: this.#abort.signal }
      result = await backend.send({ signal, parts, itemCount, byteCount, metadata }, attempt)
    } catch (error) {
      result = { kind: 'refused', refusal: asConsumeError(error) }
    }
    this.inFlightCount--
    if (result.kind !== 'accepted' || result.isLetGo !== true)
      for (const { entry } of request.pieces) entry.isPinned = true
    if (result.kind === 'accepted') health.worked()
    else if (result.kind === 'refused')
      health.failed(result.refusal, retry.enabled && result.refusal.kind !== 'permanent')
    return result
  }

  /** Sends both halves, one after the other, and remembers that requests of this size are too large. */
  async #halve(request: MergedRequest, refusal: ConsumeError): Promise<void> {
    const { metrics, signal } = this.#settings
    const parts = halves(signal, request)
    if (parts === undefined) return this.#refused(request, refusal, 'too_large_for_backend')
    this.#learnSize(request.byteCount)
    metrics.splits.add(1)
    for (const half of parts) await this.deliver(half)
  }

  #learnSize(byteCount: number): void {
    const bytesMax = Math.max(1024, byteCount >>> 1)
    if (this.requestBytesMax > 0 && this.requestBytesMax <= bytesMax) return
    this.requestBytesMax = bytesMax
    this.#settings.component.logger.info('The backend finds requests too large: merging less from now on', {
      refused_bytes: byteCount,
      request_bytes_max: bytesMax,
    })
  }
}

/** Whether the backend can read the request and finds something wrong in it, which other requests need not have. */
function isAboutContent({ httpStatus, grpcStatus: code }: ConsumeError): boolean {
  return httpStatus === 400 || httpStatus === 422 || code === grpcStatus.invalidArgument
}

/** Two requests of about the same size, undefined where it is a single item. */
function halves(signal: Signal, request: MergedRequest): MergedRequest[] | undefined {
  const { pieces } = request
  if (pieces.length > 1) {
    const middle = pieces.length >>> 1
    return [requestOf(pieces.slice(0, middle), request), requestOf(pieces.slice(middle), request)]
  }
  const [only] = pieces
  if (only === undefined || only.itemCount <= 1) return undefined
  const parts = splitPiece(signal, only, Math.ceil(only.itemCount / 2), Number.POSITIVE_INFINITY)
  return parts.length > 1 ? parts.map(part => requestOf([part], request)) : undefined
}

function requestOf(pieces: readonly Piece[], of: MergedRequest): MergedRequest {
  let itemCount = 0
  let byteCount = 0
  for (const piece of pieces) {
    itemCount += piece.itemCount
    byteCount += piece.bytes.length
  }
  return { pieces, itemCount, byteCount, metadata: of.metadata, trigger: of.trigger }
}
