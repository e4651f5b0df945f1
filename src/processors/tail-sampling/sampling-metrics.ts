import type { Counter, Histogram, MetricScope } from '../../telemetry/metrics.ts'
import type { Vote } from './policies.ts'

const prefix = 'otelcol_processor_tail_sampling_'
const described = (name: string, description: string, unit: string) => ({ name: prefix + name, description, unit })

const lateSpanSecondsBounds = [1, 2, 5, 10, 30, 60, 300]
const decisionMicrosecondBounds = [10, 50, 100, 500, 1_000, 5_000, 10_000, 50_000, 100_000]
type CountedVote = Exclude<Vote, 'failed'>
const voteNames: Readonly<Record<CountedVote, string>> = { keep: 'sampled', no: 'not_sampled', drop: 'dropped' }

/** The Collector's names. Instruments are bound once. */
export class SamplingMetrics {
  readonly newTraces: Counter
  readonly droppedTooEarly: Counter
  readonly cacheReleases: Counter
  readonly tooLarge: Counter
  readonly lateSpanAge: Histogram
  readonly decisionLatency: Histogram
  readonly #globalKept: Counter
  readonly #globalDropped: Counter
  readonly #spansKept: Counter
  readonly #spansDropped: Counter
  readonly #votes: readonly Readonly<Record<CountedVote, Counter>>[]
  readonly #failures: Counter

  constructor(metrics: MetricScope, policies: readonly string[]) {
    this.newTraces = metrics.counter(described('new_trace_id_received', 'Counts the arrival of new traces', '{traces}'))
    this.droppedTooEarly = metrics.counter(
      described('sampling_trace_dropped_too_early', 'Traces decided before their wait, for want of room', '{traces}'),
    )
    this.cacheReleases = metrics.counter(
      described('early_releases_from_cache_decision', 'Spans that followed a decision at once', '{spans}'),
    )
    this.tooLarge = metrics.counter(
      described('traces_dropped_too_large', 'Traces above maximum_trace_size_bytes', '{traces}'),
    )
    this.lateSpanAge = metrics.histogram(
      described('sampling_late_span_age', 'Time from the decision to a span that came after it', 's'),
      lateSpanSecondsBounds,
    )
    this.decisionLatency = metrics.histogram(
      described('sampling_decision_timer_latency', 'Time that one round of decisions took', 'us'),
      decisionMicrosecondBounds,
    )
    const traces = described('global_count_traces_sampled', 'Traces by outcome', '{traces}')
    this.#globalKept = metrics.counter(traces, { sampled: 'true' })
    this.#globalDropped = metrics.counter(traces, { sampled: 'false' })
    const spans = described('count_spans_sampled', 'Spans by outcome', '{spans}')
    this.#spansKept = metrics.counter(spans, { sampled: 'true' })
    this.#spansDropped = metrics.counter(spans, { sampled: 'false' })
    this.#failures = metrics.counter(
      described('sampling_policy_evaluation_error', 'Policies that could not come to a vote', '{errors}'),
    )
    const votes = described('count_traces_sampled', 'Votes of each policy', '{traces}')
    this.#votes = policies.map(policy => {
      const of = (vote: CountedVote) =>
        metrics.counter(votes, { policy, sampled: String(vote === 'keep'), decision: voteNames[vote] })
      return { keep: of('keep'), no: of('no'), drop: of('drop') }
    })
  }

  voted(policy: number, vote: Vote): void {
    if (vote === 'failed') this.#failures.add(1)
    else this.#votes[policy]![vote].add(1)
  }

  decided(isKept: boolean, spanCount: number): void {
    if (isKept) {
      this.#globalKept.add(1)
      this.#spansKept.add(spanCount)
    } else {
      this.#globalDropped.add(1)
      this.#spansDropped.add(spanCount)
    }
  }
}
