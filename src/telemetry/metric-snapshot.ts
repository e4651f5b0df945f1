import {
  CounterSeries,
  GaugeSeries,
  HistogramSeries,
  type MetricFamily,
  type MetricType,
  readSeries,
  seriesKey,
} from './metric-registry.ts'
import type { Labels, MetricDescription } from './metrics.ts'

/** Metrics at one moment, as they cross from process to process. */
export interface FamilySnapshot {
  readonly description: MetricDescription
  readonly type: MetricType
  readonly series: readonly SeriesSnapshot[]
}

export interface SeriesSnapshot {
  readonly labels: Labels
  /** Of a histogram, how many values it has. */
  readonly value: number
  readonly histogram?: { readonly bounds: readonly number[]; readonly counts: readonly number[]; readonly sum: number }
}

export function snapshotOf(families: readonly MetricFamily[]): FamilySnapshot[] {
  return families.map(({ description, type, series }) => ({
    description,
    type,
    series: [...series.values()].map(each => {
      const common = { labels: each.labels, value: readSeries(each) }
      if (!(each instanceof HistogramSeries)) return common
      const { bounds, counts, sum } = each
      return { ...common, histogram: { bounds, counts: [...counts], sum } }
    }),
  }))
}

/** What of a process that is gone still counts: whatever only ever goes up. */
export function lastingPart(snapshot: readonly FamilySnapshot[]): FamilySnapshot[] {
  return snapshot.filter(family => family.type !== 'gauge')
}

/** The metrics of several processes as those of one: counters and histograms add up, gauges as their description says. */
export function joinSnapshots(snapshots: readonly (readonly FamilySnapshot[])[]): MetricFamily[] {
  const families = new Map<string, MetricFamily>()
  for (const { description, type, series } of snapshots.flat()) {
    let family = families.get(description.name)
    if (family === undefined) {
      family = { description, type, series: new Map() }
      families.set(description.name, family)
    }
    for (const each of series) add(family, each)
  }
  return [...families.values()]
    .filter(family => family.series.size > 0)
    .sort((a, b) => (a.description.name < b.description.name ? -1 : 1))
}

function add({ description, type, series }: MetricFamily, { labels, value, histogram }: SeriesSnapshot): void {
  const key = seriesKey(labels)
  const present = series.get(key)
  if (type === 'histogram') {
    if (histogram === undefined) return
    const target = present instanceof HistogramSeries ? present : new HistogramSeries(key, labels, histogram.bounds)
    series.set(key, target)
    // Boundaries that a reload changed are those of the first process that has them.
    if (target.counts.length !== histogram.counts.length) return
    for (const [i, count] of histogram.counts.entries()) target.counts[i]! += count
    target.sum += histogram.sum
    target.count += value
  } else if (present === undefined || present instanceof HistogramSeries) {
    const created = type === 'counter' ? new CounterSeries(key, labels) : new GaugeSeries(key, labels)
    created.value = value
    series.set(key, created)
  } else if (description.joinedBy === undefined) present.value += value
  else present.value = Math[description.joinedBy](present.value, value)
}
