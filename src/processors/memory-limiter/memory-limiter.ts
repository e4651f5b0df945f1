import type { Timer } from '../../clock/clock.ts'
import type { Component, ComponentSettings } from '../../component/component.ts'
import { ConsumeError, type Consumer } from '../../component/consumer.ts'
import type { OtlpBatch, Signal } from '../../pdata/otlp-batch.ts'
import type { MemoryLimiterConfig } from './config.ts'
import { MemoryGauge, type MemoryReader } from './memory-gauge.ts'
import { type MemoryLimits, memoryLimits } from './memory-limits.ts'
import { type MemoryLimiterMetrics, memoryLimiterMetrics, observeMemory } from './metrics.ts'

/** So long after a measurement a sender who would be refused has memory measured anew: a peak is over sooner than the next check. */
const remeasureMsMin = 100

/** Lets batches pass while memory is below the soft limit, and tells senders to come again while it is not. */
export class MemoryLimiter implements Component, Consumer {
  readonly #config: MemoryLimiterConfig
  readonly #settings: ComponentSettings
  readonly #next: Consumer
  readonly #gauge: MemoryGauge
  readonly #limits: MemoryLimits
  readonly #metrics: MemoryLimiterMetrics
  readonly #retryDelayMs: number
  #usedBytes = 0
  #isRefusing = false
  #measuredAtMs = 0
  #lastGcMs = Number.NEGATIVE_INFINITY
  #timer: Timer | undefined
  #forgetMetrics: (() => void) | undefined

  constructor(
    config: MemoryLimiterConfig,
    settings: ComponentSettings,
    to: { readonly next: Consumer; readonly signal: Signal },
    memory: { readonly reader: MemoryReader; readonly totalBytes: number },
  ) {
    this.#config = config
    this.#settings = settings
    this.#next = to.next
    this.#gauge = new MemoryGauge(memory.reader)
    this.#limits = memoryLimits(config, memory.totalBytes, settings.host.shard.count)
    this.#metrics = memoryLimiterMetrics(settings.metrics, to.signal)
    this.#retryDelayMs = Math.max(1000, config.checkIntervalMs)
  }

  async start(): Promise<void> {
    if (this.#timer !== undefined) return
    const { clock, logger, metrics } = this.#settings
    logger.info('memory limiter', {
      hard_limit_bytes: this.#limits.hardBytes,
      soft_limit_bytes: this.#limits.softBytes,
    })
    this.#forgetMetrics = observeMemory(metrics, () => this.#usedBytes, this.#limits.softBytes)
    this.#timer = clock.every(this.#config.checkIntervalMs, () => this.#check())
    this.#check()
  }

  consume(batch: OtlpBatch): Promise<void> {
    if (this.#isRefusing) this.#measureAgain()
    if (this.#isRefusing) {
      this.#metrics.refused.add(batch.itemCount)
      batch.memory?.release(batch.bytes)
      return Promise.reject(
        new ConsumeError('overloaded', 'data refused due to high memory usage', {
          reason: 'memory_limit',
          retryDelayMs: this.#retryDelayMs,
        }),
      )
    }
    this.#metrics.accepted.add(batch.itemCount)
    return this.#next.consume(batch)
  }

  async shutdown(): Promise<void> {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#forgetMetrics?.()
    this.#forgetMetrics = undefined
  }

  #check(): void {
    this.#measure()
    if (this.#usedBytes >= this.#limits.softBytes && this.#mayCollect()) {
      this.#lastGcMs = this.#settings.clock.nowMs()
      this.#gauge.collectGarbage()
      this.#measure()
    }
    this.#decide()
  }

  /** Without collecting garbage, which may take long. */
  #measureAgain(): void {
    if (this.#settings.clock.nowMs() - this.#measuredAtMs < remeasureMsMin) return
    this.#measure()
    this.#decide()
  }

  #measure(): void {
    this.#measuredAtMs = this.#settings.clock.nowMs()
    this.#usedBytes = this.#gauge.usedBytes()
  }

  #decide(): void {
    const isRefusing = this.#usedBytes >= this.#limits.softBytes
    if (isRefusing === this.#isRefusing) return
    this.#isRefusing = isRefusing
    const fields = { used_bytes: this.#usedBytes, soft_limit_bytes: this.#limits.softBytes }
    if (isRefusing) this.#settings.logger.warn('memory usage is above the soft limit, refusing data', fields)
    else this.#settings.logger.info('memory usage is back within limits, accepting data', fields)
  }

  #mayCollect(): boolean {
    const isHard = this.#usedBytes >= this.#limits.hardBytes
    const intervalMs = isHard ? this.#config.minGcIntervalHardMs : this.#config.minGcIntervalSoftMs
    return this.#settings.clock.nowMs() - this.#lastGcMs >= intervalMs
  }
}
