import type { StagePart, StageProcessor } from '../../component/stage-processor.ts'
import { type Condition, compileCondition } from '../../ottl/condition.ts'
import { type ContextName, OttlContext } from '../../ottl/context.ts'
import { type ErrorMode, settleFailure } from '../../ottl/error-mode.ts'
import { anyEvent } from '../../ottl/events.ts'
import type { DataPointView, MetricView } from '../../pdata/metric-views.ts'
import type { Signal } from '../../pdata/otlp-batch.ts'
import type { LogReader, MetricReader, SpanReader, SurroundingReader } from '../../pdata/record-reader.ts'
import type { RecordStep } from '../../pdata/record-step.ts'
import type { LogRecordView, ResourceView, ScopeView, SpanView } from '../../pdata/views.ts'
import { drop, keep, type Verdict } from '../../pdata/walk-hooks.ts'
import { conditionGroups, type GroupedCondition } from './condition-groups.ts'
import type { FilterConfig } from './config.ts'
import { filterStep } from './filter-step.ts'
import { LogProperties, MetricProperties, SpanProperties } from './properties.ts'

const countNames: Readonly<Record<Signal, string>> = {
  traces: 'otelcol_processor_filter_spans_filtered',
  metrics: 'otelcol_processor_filter_datapoints_filtered',
  logs: 'otelcol_processor_filter_logs_filtered',
  profiles: 'otelcol_processor_filter_profiles_filtered',
}
/** Conditions that could not be evaluated for an item, under `error_mode: ignore`. */
const errorsName = 'sluice_filter_condition_errors'

/** Drops what its conditions or properties say. */
export class FilterStage implements StageProcessor {
  readonly dropReason = 'filtered'
  readonly reads: readonly StagePart[] = ['resource', 'scope', 'metric', 'points']
  readonly writes: readonly StagePart[] = ['points']
  /** Hooks that no condition needs are undefined, so that the walk skips their level. */
  readonly resource: ((resource: ResourceView) => Verdict) | undefined
  readonly scope: ((scope: ScopeView) => Verdict) | undefined
  readonly span: ((span: SpanView) => Verdict) | undefined
  readonly logRecord: ((record: LogRecordView) => Verdict) | undefined
  readonly metric: ((metric: MetricView) => Verdict) | undefined
  readonly dataPoint: ((point: DataPointView, metric: MetricView) => Verdict) | undefined
  readonly step: RecordStep | undefined
  readonly #context = new OttlContext()
  readonly #errorMode: ErrorMode
  readonly #signal: Signal
  /** Every condition that was compiled. */
  readonly #sources: { readonly source: string; readonly context: ContextName }[] = []
  #droppedCount = 0
  #errorCount = 0

  constructor(config: FilterConfig, signal: Signal) {
    this.#errorMode = config.errorMode
    this.#signal = signal
    const resources = this.#compile(config, 'resource')
    const scopes = this.#compile(config, 'scope')
    this.resource = this.#surroundingHook(resources, resource => this.#dropsResource(resource, resources))
    this.scope = this.#surroundingHook(scopes, scope => this.#dropsScope(scope, scope.resource, scopes))
    const around = {
      dropsResource: this.resource && (({ resource }: MetricReader) => this.#dropsResource(resource, resources)),
      dropsScope: this.scope && (({ scope, resource }: MetricReader) => this.#dropsScope(scope, resource, scopes)),
      abandon: () => this.#abandon(),
    }
    if (signal === 'traces') {
      const [spans, events] = [this.#compile(config, 'span'), this.#compile(config, 'spanevent')]
      const properties = new SpanProperties(config.spans)
      const isAsked = spans.length > 0 || !properties.isEmpty
      if (isAsked || events.length > 0) this.span = span => this.#spanVerdict(span, spans, events, properties)
      const drops = isAsked ? (span: SpanReader) => this.#dropsSpan(span, spans, properties) : undefined
      this.step = filterStep({ ...around, properties, drops, sources: this.#sources })
    } else if (signal === 'logs') {
      const records = this.#compile(config, 'log')
      const properties = new LogProperties(config.logs)
      const isAsked = records.length > 0 || !properties.isEmpty
      const drops = isAsked ? (record: LogReader) => this.#dropsLog(record, records, properties) : undefined
      this.logRecord = drops && (record => (drops(record) ? drop : keep))
      this.step = filterStep({ ...around, properties, drops, sources: this.#sources })
    } else {
      const [metrics, points] = [this.#compile(config, 'metric'), this.#compile(config, 'datapoint')]
      const properties = new MetricProperties(config.metrics)
      const isAsked = metrics.length > 0 || !properties.isEmpty
      if (isAsked) this.metric = metric => this.#metricVerdict(metric, metrics, properties)
      if (points.length > 0) this.dataPoint = (point, metric) => this.#pointVerdict(point, metric, points)
      const drops = isAsked ? (metric: MetricReader) => this.#dropsMetric(metric, metrics, properties) : undefined
      this.step = filterStep({ ...around, properties, drops, sources: this.#sources })
    }
  }

  noteDropped(count: number): void {
    this.#droppedCount += count
  }

  /** The request that was begun without a walk is walked after all. */
  #abandon(): void {
    this.#errorCount = 0
  }

  takeCounts(): ReadonlyMap<string, number> {
    if (this.#droppedCount === 0 && this.#errorCount === 0) return noCounts
    const counts = new Map<string, number>()
    if (this.#droppedCount > 0) counts.set(countNames[this.#signal], this.#droppedCount)
    if (this.#errorCount > 0) counts.set(errorsName, this.#errorCount)
    this.#droppedCount = 0
    this.#errorCount = 0
    return counts
  }

  #surroundingHook<T>(
    conditions: readonly Condition[],
    drops: (view: T) => boolean,
  ): ((view: T) => Verdict) | undefined {
    return conditions.length === 0 ? undefined : view => (drops(view) ? drop : keep)
  }

  #dropsResource(resource: SurroundingReader, conditions: readonly Condition[]): boolean {
    this.#context.resource = resource
    return this.#isAnyTrue(conditions)
  }

  #dropsScope(scope: SurroundingReader, resource: SurroundingReader, conditions: readonly Condition[]): boolean {
    this.#context.resource = resource
    this.#context.scope = scope
    return this.#isAnyTrue(conditions)
  }

  #spanVerdict(
    span: SpanView,
    conditions: readonly Condition[],
    eventConditions: readonly Condition[],
    properties: SpanProperties,
  ): Verdict {
    if (this.#dropsSpan(span, conditions, properties)) return drop
    if (eventConditions.length === 0 || span.events.isEmpty) return keep
    this.#context.around(span).span = span
    this.#dropEvents(span, eventConditions)
    return keep
  }

  #dropsSpan(span: SpanReader, conditions: readonly Condition[], properties: SpanProperties): boolean {
    if (properties.drops(span)) return true
    if (conditions.length === 0) return false
    this.#context.around(span).span = span
    return this.#isAnyTrue(conditions)
  }

  #dropEvents(span: SpanView, conditions: readonly Condition[]): void {
    anyEvent(this.#context, span, () => {
      if (this.#isAnyTrue(conditions)) span.events.drop()
      return false
    })
  }

  #dropsLog(record: LogReader, conditions: readonly Condition[], properties: LogProperties): boolean {
    if (properties.drops(record)) return true
    if (conditions.length === 0) return false
    this.#context.around(record).log = record
    return this.#isAnyTrue(conditions)
  }

  #metricVerdict(metric: MetricView, conditions: readonly Condition[], properties: MetricProperties): Verdict {
    this.#context.metricView = metric
    return this.#dropsMetric(metric, conditions, properties) ? drop : keep
  }

  #dropsMetric(metric: MetricReader, conditions: readonly Condition[], properties: MetricProperties): boolean {
    if (properties.drops(metric)) return true
    if (conditions.length === 0) return false
    this.#context.around(metric).metric = metric
    return this.#isAnyTrue(conditions)
  }

  #pointVerdict(point: DataPointView, metric: MetricView, conditions: readonly Condition[]): Verdict {
    this.#context.enterMetric(metric).point = point
    return this.#isAnyTrue(conditions) ? drop : keep
  }

  #isAnyTrue(conditions: readonly Condition[]): boolean {
    for (let i = 0; i < conditions.length; i++) {
      try {
        if (conditions[i]!(this.#context)) return true
      } catch (error) {
        this.#failed(error)
      }
    }
    return false
  }

  #failed(error: unknown): void {
    this.#settle(error, this.#errorMode)
  }

  /** A condition that fails counts as not true, unless the user wants the whole request refused. */
  #settle(error: unknown, mode: ErrorMode): void {
    settleFailure(error, mode, 'filter', 'condition_failed')
    this.#errorCount++
  }

  /** The conditions of one context, from the lists by context and from the groups. */
  #compile(config: FilterConfig, own: ContextName): Condition[] {
    const { lists, groups } = conditionsOf(config, this.#signal)
    const sources = lists[own] ?? []
    const compiled = sources.map(source => compileCondition(source, own))
    this.#sources.push(...sources.map(source => ({ source, context: own })))
    for (const { context, source, errorMode } of groups) {
      if (context !== own) continue
      compiled.push(this.#withMode(compileCondition(source, own), errorMode))
      this.#sources.push({ source, context })
    }
    return compiled
  }

  /** A condition of a group that has an error mode of its own. */
  #withMode(condition: Condition, mode: ErrorMode | undefined): Condition {
    if (mode === undefined || mode === this.#errorMode) return condition
    return context => {
      try {
        return condition(context)
      } catch (error) {
        this.#settle(error, mode)
        return false
      }
    }
  }
}

const noCounts: ReadonlyMap<string, number> = new Map()

/** What the file says for a signal: lists by context, and groups. */
function conditionsOf(
  config: FilterConfig,
  signal: Signal,
): { lists: Readonly<Partial<Record<ContextName, readonly string[]>>>; groups: readonly GroupedCondition[] } {
  const { traces, logs, metrics } = config
  if (signal === 'traces') {
    const lists = { resource: traces.resource, span: traces.span, spanevent: traces.spanEvent }
    return { lists, groups: conditionGroups('trace_conditions', config.traceConditions) }
  }
  if (signal === 'logs') {
    const lists = { resource: logs.resource, log: logs.logRecord }
    return { lists, groups: conditionGroups('log_conditions', config.logConditions) }
  }
  const lists = { resource: metrics.resource, metric: metrics.metric, datapoint: metrics.dataPoint }
  return { lists, groups: conditionGroups('metric_conditions', config.metricConditions) }
}
