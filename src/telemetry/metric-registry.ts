import type { Counter, Gauge, Histogram, Labels, MetricDescription, MetricScope } from './metrics.ts'

export type MetricType = 'counter' | 'gauge' | 'histogram'

/** One line of the exposition, or several for a histogram. */
interface Series {
  readonly key: string
  readonly labels: Labels
  /** Scopes that asked for it and were not released; the last one to go takes the series with it. */
  ownerCount: number
}

export class CounterSeries implements Counter, Series {
  value = 0
  ownerCount = 0
  readonly key: string
  readonly labels: Labels

  constructor(key: string, labels: Labels) {
    this.key = key
    this.labels = labels
  }

  add(count: number): void {
    this.value += count
  }
}

export class GaugeSeries implements Gauge, Series {
  value = 0
  ownerCount = 0
  readonly key: string
  readonly labels: Labels
  read: (() => number) | undefined = undefined

  constructor(key: string, labels: Labels) {
    this.key = key
    this.labels = labels
  }

  set(value: number): void {
    this.value = value
  }
}

export class HistogramSeries implements Histogram, Series {
  sum = 0
  count = 0
  ownerCount = 0
  readonly key: string
  readonly labels: Labels
  readonly bounds: readonly number[]
  /** One more than bounds: the last counts what is above all. */
  readonly counts: Float64Array

  constructor(key: string, labels: Labels, bounds: readonly number[]) {
    this.key = key
    this.labels = labels
    this.bounds = bounds
    this.counts = new Float64Array(bounds.length + 1)
  }

  record(value: number): void {
    let i = 0
    while (i < this.bounds.length && value > this.bounds[i]!) i++
    this.counts[i]! += 1
    this.sum += value
    this.count += 1
  }
}

export type AnySeries = CounterSeries | GaugeSeries | HistogramSeries

export interface MetricFamily {
  readonly description: MetricDescription
  readonly type: MetricType
  readonly series: Map<string, AnySeries>
}

/** Writes samples whose labels are known only when somebody looks. */
export type Collect = (emit: EmitSample) => void
export type EmitSample = (description: MetricDescription, type: MetricType, labels: Labels, value: number) => void

/** Where metrics are when somebody looks. */
export interface MetricSource {
  families(): MetricFamily[] | Promise<MetricFamily[]>
}

/** All metrics of one agent, kept as numbers and turned into text when somebody asks. */
export class MetricRegistry {
  readonly #families = new Map<string, MetricFamily>()
  readonly #collectors = new Set<Collect>()

  /** A scope whose series live until it is released, or as long as another scope holds the same ones. */
  scope(labels: Labels): OwnedScope {
    return new OwnedScope(this, labels, new Map())
  }

  /** Adds samples made at each look. Returns the removal. */
  collect(collector: Collect): () => void {
    this.#collectors.add(collector)
    return () => this.#collectors.delete(collector)
  }

  /** Everything as it is now, sorted by name. */
  families(): MetricFamily[] {
    const families = new Map(this.#families)
    for (const collector of this.#collectors) {
      collector((description, type, labels, value) => {
        let family = families.get(description.name)
        if (family === undefined) {
          family = { description, type, series: new Map() }
          families.set(description.name, family)
        }
        const key = seriesKey(labels)
        const series = type === 'counter' ? new CounterSeries(key, labels) : new GaugeSeries(key, labels)
        series.value = value
        family.series.set(key, series)
      })
    }
    return [...families.values()]
      .filter(family => family.series.size > 0)
      .sort((a, b) => (a.description.name < b.description.name ? -1 : 1))
  }

  /** The value of one series, for tests and status pages: 0 where it does not exist. */
  value(name: string, labels: Labels = {}): number {
    const family = this.families().find(candidate => candidate.description.name === name)
    let total = 0
    for (const series of family?.series.values() ?? []) {
      const matches = Object.entries(labels).every(([label, value]) => series.labels[label] === value)
      if (matches) total += readSeries(series)
    }
    return total
  }

  /** @internal */
  acquire<S extends AnySeries>(
    description: MetricDescription,
    type: MetricType,
    labels: Labels,
    create: (key: string) => S,
  ): S {
    let family = this.#families.get(description.name)
    if (family === undefined) {
      family = { description, type, series: new Map() }
      this.#families.set(description.name, family)
    }
    if (family.type !== type) throw new Error(`metric ${description.name} is a ${family.type}, not a ${type}`)
    const key = seriesKey(labels)
    let series = family.series.get(key)
    if (series === undefined) {
      series = create(key)
      family.series.set(key, series)
    }
    return series as S
  }

  /** @internal */
  remove(name: string, series: AnySeries): void {
    const family = this.#families.get(name)
    if (family?.series.get(series.key) === series) family.series.delete(series.key)
  }
}

/** A scope that remembers what it asked for, so that a component that goes takes its series along. */
export class OwnedScope implements MetricScope {
  readonly #registry: MetricRegistry
  readonly #labels: Labels
  readonly #owned: Map<AnySeries, string>

  constructor(registry: MetricRegistry, labels: Labels, owned: Map<AnySeries, string>) {
    this.#registry = registry
    this.#labels = labels
    this.#owned = owned
  }

  counter(description: MetricDescription, labels?: Labels): Counter {
    const all = this.#merge(labels)
    return this.#own(
      description,
      this.#registry.acquire(description, 'counter', all, key => new CounterSeries(key, all)),
    )
  }

  gauge(description: MetricDescription, labels?: Labels): Gauge {
    return this.#gauge(description, labels)
  }

  observe(description: MetricDescription, read: () => number, labels?: Labels): () => void {
    const series = this.#gauge(description, labels)
    series.read = read
    return () => {
      if (series.read !== read) return // a successor reads it now
      series.read = undefined
      this.#registry.remove(description.name, series)
      this.#owned.delete(series)
    }
  }

  histogram(description: MetricDescription, bounds: readonly number[], labels?: Labels): Histogram {
    const all = this.#merge(labels)
    return this.#own(
      description,
      this.#registry.acquire(description, 'histogram', all, key => new HistogramSeries(key, all, bounds)),
    )
  }

  with(labels: Labels): MetricScope {
    return new OwnedScope(this.#registry, { ...this.#labels, ...labels }, this.#owned)
  }

  /** Drops every series that no other scope holds. */
  release(): void {
    for (const [series, name] of this.#owned) {
      series.ownerCount -= 1
      if (series.ownerCount <= 0) this.#registry.remove(name, series)
    }
    this.#owned.clear()
  }

  #gauge(description: MetricDescription, labels?: Labels): GaugeSeries {
    const all = this.#merge(labels)
    return this.#own(
      description,
      this.#registry.acquire(
        description,
        description.onlyGrows === true ? 'counter' : 'gauge',
        all,
        key => new GaugeSeries(key, all),
      ),
    )
  }

  #own<S extends AnySeries>(description: MetricDescription, series: S): S {
    if (!this.#owned.has(series)) {
      this.#owned.set(series, description.name)
      series.ownerCount += 1
    }
    return series
  }

  #merge(labels: Labels | undefined): Labels {
    return labels === undefined ? this.#labels : { ...this.#labels, ...labels }
  }
}

export function readSeries(series: AnySeries): number {
  if (series instanceof HistogramSeries) return series.count
  if (series instanceof GaugeSeries && series.read !== undefined) return series.read()
  return series.value
}

/** One text for equal labels. */
export function seriesKey(labels: Labels): string {
  return JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)))
}
