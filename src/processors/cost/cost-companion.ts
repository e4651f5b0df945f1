import { accessSync, constants } from 'node:fs'
import type { ComponentSettings, Host, StageCompanion } from '../../component/component.ts'
import { isSpendSink, type SpendSink } from '../../component/spend.ts'
import type { Signal } from '../../pdata/otlp-batch.ts'
import type { Counter, Gauge, Labels } from '../../telemetry/metrics.ts'
import { duplicatesBytes } from './call-duplicates.ts'
import type { CostConfig } from './config.ts'
import { type CostContext, eventPricers, spanPricers } from './cost-context.ts'
import { bundledAsOfMs } from './price-source.ts'
import { parseCountName, type SpendCount, spendLabels } from './spend-counts.ts'

const millisecondsPerDay = 86_400_000

const metric = {
  cost: {
    name: 'sluice_cost',
    description: 'What model calls and paid operations cost, in the currency of the prices.',
    unit: '{USD}',
  },
  calls: { name: 'sluice_cost_calls', description: 'Calls and operations that have a cost.', unit: '{call}' },
  tokens: { name: 'sluice_cost_tokens', description: 'Tokens of calls, by type.', unit: '{token}' },
  unpriced: {
    name: 'sluice_cost_unpriced_calls',
    description: 'Calls without a price of their own, by reason.',
    unit: '{call}',
  },
  today: {
    name: 'sluice_cost_today',
    description: 'What model calls and paid operations have cost since midnight UTC, as far as this process knows.',
    unit: '{USD}',
  },
  age: { name: 'sluice_cost_price_data_age', description: 'Age of the bundled prices.', unit: 's' },
  bytes: {
    name: 'sluice_telemetry_bytes',
    description: 'Bytes of telemetry by service, as they pass here.',
    unit: 'By',
  },
  items: {
    name: 'sluice_telemetry_items',
    description: 'Items of telemetry by service, as they pass here.',
    unit: '{item}',
  },
  telemetryCost: {
    name: 'sluice_telemetry_cost',
    description: 'What the backend asks for this telemetry, by the prices configured.',
    unit: '{USD}',
  },
}

const pricersByAgent = new WeakMap<Host, SharedArrayBuffer>()

function pricersOf(host: Host): SharedArrayBuffer {
  let words = pricersByAgent.get(host)
  if (words === undefined) {
    words = new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT)
    pricersByAgent.set(host, words)
  }
  return words
}

/** Turns a stage's counts into metrics, and tells the budgets. */
export class CostCompanion implements StageCompanion {
  readonly context: CostContext
  readonly #config: CostConfig
  readonly #settings: ComponentSettings
  readonly #signal: Signal
  readonly #sink: SpendSink | undefined
  /** By the count's own name: finding labels again costs one look. */
  readonly #recorders = new Map<string, (count: number) => void>()
  readonly #series = new Set<string>()
  /** By labels: several counts may have the same, and one may be met anew when its recorder was forgotten. */
  readonly #today = new Map<string, { readonly gauge: Gauge; spent: number }>()
  #day = -1
  readonly #removeAge: () => void
  readonly #pricers: Int32Array
  #isShutDown = false
  /** As told last. */
  #fileProblem = ''

  constructor(config: CostConfig, settings: ComponentSettings, signal: Signal) {
    this.#config = config
    this.#settings = settings
    this.#signal = signal
    const extension = settings.host.extension(config.budgets)
    this.#sink = extension !== undefined && isSpendSink(extension) ? extension : undefined
    const scopes = this.#sink?.scopes ?? []
    const hasDuplicates = signal === 'traces' && config.deduplicate
    const pricers = pricersOf(settings.host)
    this.#pricers = new Int32Array(pricers)
    this.#countPricer(1)
    this.context = {
      scopes,
      pricers,
      ...(hasDuplicates && { calls: new SharedArrayBuffer(duplicatesBytes) }),
    }
    const asOfMs = bundledAsOfMs()
    const ageMs = () => settings.clock.wallMs() - asOfMs
    this.#removeAge = settings.metrics.observe(metric.age, () => ageMs() / 1000)
    if (config.priceFile !== '') {
      try {
        accessSync(config.priceFile, constants.R_OK)
      } catch (error) {
        this.#noteFile((error as Error).message)
      }
    }
    if (ageMs() > config.maxAgeMs && config.priceFile === '') {
      settings.logger.warn('the bundled prices are old; a newer release or price_file has newer ones', {
        as_of: new Date(asOfMs).toISOString().slice(0, 10),
      })
    }
  }

  #countPricer(step: number): void {
    if (this.#signal === 'metrics') return
    Atomics.add(this.#pricers, this.#signal === 'logs' ? eventPricers : spanPricers, step)
  }

  /** Every thread reads the file for itself, and each tells. */
  #noteFile(problem: string): void {
    if (problem === this.#fileProblem) return
    this.#fileProblem = problem
    const { logger } = this.#settings
    const path = this.#config.priceFile
    if (problem === '') logger.info('the price file is in force', { path })
    else
      logger.warn('the price file cannot be used: the prices from before it changed stay in force', { path, problem })
  }

  recordCounts(counts: readonly (readonly [name: string, count: number])[]): void {
    for (const [name, count] of counts) {
      let record = this.#recorders.get(name)
      if (record === undefined) {
        record = this.#recorderOf(name)
        if (this.#recorders.size >= this.#config.seriesMax * 4) this.#recorders.clear()
        this.#recorders.set(name, record)
      }
      record(count)
    }
  }

  shutdown(): void {
    if (this.#isShutDown) return
    this.#isShutDown = true
    this.#countPricer(-1)
    this.#removeAge()
  }

  #recorderOf(name: string): (count: number) => void {
    const { kind, values } = parseCountName(name)
    const { metrics } = this.#settings
    switch (kind) {
      case 'spend':
        return amount => this.#sink?.recordSpend({ timeMs: this.#settings.clock.wallMs(), amount, scopeValues: values })
      case 'unpriced': {
        const [provider = '', model = '', reason = ''] = this.#bounded(kind, values)
        return adder(metrics.counter(metric.unpriced, { provider, model, reason }))
      }
      case 'file':
        return () => this.#noteFile(values[0] ?? '')
      case 'bytes':
      case 'items':
        return this.#telemetryRecorder(kind, values)
      case 'cost':
        return this.#costRecorder(values)
      case 'calls':
        return adder(metrics.counter(metric.calls, this.#labels(kind, values)))
      default:
        return adder(metrics.counter(metric.tokens, { ...this.#labels(kind, values), token_type: kind }))
    }
  }

  #costRecorder(values: readonly string[]): (count: number) => void {
    const { metrics } = this.#settings
    const labels = this.#labels('cost', values)
    const counter = metrics.counter(metric.cost, labels)
    const series = JSON.stringify(labels)
    const account = this.#today.get(series) ?? { gauge: metrics.gauge(metric.today, labels), spent: 0 }
    this.#today.set(series, account)
    return amount => {
      counter.add(amount)
      this.#startDay()
      account.spent += amount
      account.gauge.set(account.spent)
    }
  }

  /** At midnight UTC everything of yesterday goes to zero. */
  #startDay(): void {
    const day = Math.floor(this.#settings.clock.wallMs() / millisecondsPerDay)
    if (day === this.#day) return
    this.#day = day
    for (const account of this.#today.values()) {
      account.spent = 0
      account.gauge.set(0)
    }
  }

  #telemetryRecorder(kind: 'bytes' | 'items', values: readonly string[]): (count: number) => void {
    const { metrics } = this.#settings
    const [service = '', position = ''] = this.#bounded(kind, values)
    const labels = { service, position, 'otel.signal': this.#signal }
    const counter = metrics.counter(metric[kind], labels)
    const prices = this.#config.telemetry
    const each = kind === 'bytes' ? (prices?.perGb ?? 0) / 1e9 : (prices?.perMillionItems ?? 0) / 1e6
    if (each === 0) return adder(counter)
    const cost = metrics.counter(metric.telemetryCost, labels)
    return count => {
      counter.add(count)
      cost.add(count * each)
    }
  }

  #labels(kind: SpendCount, values: readonly string[]): Labels {
    const bounded = this.#bounded(kind, values)
    return Object.fromEntries(spendLabels.map((label, i) => [label, bounded[i] ?? '']))
  }

  /** Label values come from telemetry, so their combinations are counted. */
  #bounded(kind: SpendCount, values: readonly string[]): readonly string[] {
    const series = `${kind === 'bytes' || kind === 'items' ? 'telemetry' : 'spend'} ${values.join('\0')}`
    if (this.#series.has(series)) return values
    if (this.#series.size >= this.#config.seriesMax) return values.map(() => 'other')
    this.#series.add(series)
    return values
  }
}

function adder(counter: Counter): (count: number) => void {
  return count => counter.add(count)
}
