/** Label values by name. Every value comes from a small fixed set or is bounded by its owner. */
export type Labels = Readonly<Record<string, string>>

/** Name without the `otelcol_` prefix rules of the renderer: the full Prometheus name. Unit in UCUM, as OTLP wants. */
export interface MetricDescription {
  readonly name: string
  readonly description: string
  readonly unit: string
  /** How the same gauge of several processes becomes one; without it they add up, as counters and histograms do. */
  readonly joinedBy?: 'max' | 'min'
  /** What `observe` reads never falls: a counter to whoever looks. */
  readonly onlyGrows?: true
}

/** Goes up only. Bound to its labels once; adding is a field increment. */
export interface Counter {
  add(count: number): void
  readonly value: number
}

export interface Gauge {
  set(value: number): void
}

export interface Histogram {
  record(value: number): void
}

/** Creates instruments that carry the scope's labels. Asking twice for the same name and labels gives the same one. */
export interface MetricScope {
  counter(description: MetricDescription, labels?: Labels): Counter
  gauge(description: MetricDescription, labels?: Labels): Gauge
  /** A gauge, or a counter by `onlyGrows`, that is read when somebody looks. Returns a function that removes it. */
  observe(description: MetricDescription, read: () => number, labels?: Labels): () => void
  histogram(description: MetricDescription, bounds: readonly number[], labels?: Labels): Histogram
  with(labels: Labels): MetricScope
}
