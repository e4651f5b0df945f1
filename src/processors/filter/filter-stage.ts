import { ConsumeError } from '../../component/consumer.ts'
import type { StagePart, StageProcessor } from '../../component/stage-processor.ts'
import type { DataPointView, MetricView } from '../../pdata/metric-views.ts'
import type { Signal } from '../../pdata/otlp-batch.ts'
import { RecordSplice } from '../../pdata/record-splice.ts'
import type { LogRecordView, ResourceView, ScopeView, SpanView } from '../../pdata/views.ts'
import { drop, keep, type Verdict, type WalkShortcut } from '../../pdata/walk-hooks.ts'
import { type Condition, compileCondition, EvaluationError } from '../../processor-helper/ottl-condition.ts'
import { type ContextName, OttlContext } from '../../processor-helper/ottl-context.ts'
import { conditionGroups, type ErrorMode, type GroupedCondition } from './condition-groups.ts'
import type { FilterConfig } from './config.ts'
import { OrdinarySpans } from './ordinary-spans.ts'
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
  readonly shortcut: WalkShortcut | undefined
  readonly #context = new OttlContext()
  readonly #errorMode: ErrorMode
  readonly #signal: Signal
  #droppedCount = 0
  #errorCount = 0

  constructor(config: FilterConfig, signal: Signal) {
    this.#errorMode = config.errorMode
    this.#signal = signal
    if (signal === 'traces') {
      const { resource, scope, spans, events } = this.#traceConditions(config)
      const properties = new SpanProperties(config.spans)
      this.resource = this.#resourceHook(resource)
      this.scope = this.#scopeHook(scope)
      if (spans.length + events.length > 0 || !properties.isEmpty) {
        this.span = span => this.#spanVerdict(span, spans, events, properties)
      }
      if (spans.length + events.length + resource.length + scope.length === 0 && !properties.isEmpty) {
        const keys = properties.bind()
        if (keys !== undefined) this.shortcut = new RecordSplice(new OrdinarySpans(properties, keys))
      }
    } else if (signal === 'logs') {
      const { resource, scope, records } = this.#logConditions(config)
      const properties = new LogProperties(config.logs)
      this.resource = this.#resourceHook(resource)
      this.scope = this.#scopeHook(scope)
      if (records.length > 0 || !properties.isEmpty) {
        this.logRecord = record => this.#logVerdict(record, records, properties)
      }
    } else {
      const { resource, scope, metrics, points } = this.#metricConditions(config)
      const properties = new MetricProperties(config.metrics)
      this.resource = this.#resourceHook(resource)
      this.scope = this.#scopeHook(scope)
      if (metrics.length > 0 || !properties.isEmpty) {
        this.metric = metric => this.#metricVerdict(metric, metrics, properties)
      }
      if (points.length > 0) this.dataPoint = (point, metric) => this.#pointVerdict(point, metric, points)
    }
  }

  noteDropped(count: number): void {
    this.#droppedCount += count
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

  #resourceHook(conditions: readonly Condition[]): ((resource: ResourceView) => Verdict) | undefined {
    if (conditions.length === 0) return undefined
    return resource => {
      this.#context.resource = resource
      return this.#isAnyTrue(conditions) ? drop : keep
    }
  }

  #scopeHook(conditions: readonly Condition[]): ((scope: ScopeView) => Verdict) | undefined {
    if (conditions.length === 0) return undefined
    return scope => {
      this.#context.resource = scope.resource
      this.#context.scope = scope
      return this.#isAnyTrue(conditions) ? drop : keep
    }
  }

  #spanVerdict(
    span: SpanView,
    conditions: readonly Condition[],
    eventConditions: readonly Condition[],
    properties: SpanProperties,
  ): Verdict {
    if (properties.drops(span)) return drop
    const context = this.#around(span)
    context.span = span
    if (this.#isAnyTrue(conditions)) return drop
    if (eventConditions.length > 0 && !span.events.isEmpty) this.#dropEvents(span, eventConditions)
    return keep
  }

  #dropEvents(span: SpanView, conditions: readonly Condition[]): void {
    const context = this.#context
    const { events } = span
    context.event = span.event
    context.eventIndex = -1
    events.rewind()
    while (events.next()) {
      context.eventIndex++
      if (this.#isAnyTrue(conditions)) events.drop()
    }
  }

  #logVerdict(record: LogRecordView, conditions: readonly Condition[], properties: LogProperties): Verdict {
    if (properties.drops(record)) return drop
    this.#around(record).log = record
    return this.#isAnyTrue(conditions) ? drop : keep
  }

  #metricVerdict(metric: MetricView, conditions: readonly Condition[], properties: MetricProperties): Verdict {
    if (properties.drops(metric)) return drop
    this.#around(metric).metric = metric
    return this.#isAnyTrue(conditions) ? drop : keep
  }

  #pointVerdict(point: DataPointView, metric: MetricView, conditions: readonly Condition[]): Verdict {
    const context = this.#around(metric)
    context.metric = metric
    context.point = point
    return this.#isAnyTrue(conditions) ? drop : keep
  }

  #around({ resource, scope }: { readonly resource: ResourceView; readonly scope: ScopeView }): OttlContext {
    const context = this.#context
    context.resource = resource
    context.scope = scope
    return context
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
    if (!(error instanceof EvaluationError)) throw error
    if (mode === 'propagate') {
      throw new ConsumeError('permanent', `filter: ${error.message}`, { reason: 'condition_failed', cause: error })
    }
    this.#errorCount++
  }

  #traceConditions({ traces, traceConditions: entries }: FilterConfig) {
    const groups = conditionGroups('trace_conditions', entries)
    return {
      resource: this.#compile(traces.resource, groups, 'resource'),
      scope: this.#compile([], groups, 'scope'),
      spans: this.#compile(traces.span, groups, 'span'),
      events: this.#compile(traces.spanEvent, groups, 'spanevent'),
    }
  }

  #logConditions({ logs, logConditions: entries }: FilterConfig) {
    const groups = conditionGroups('log_conditions', entries)
    return {
      resource: this.#compile(logs.resource, groups, 'resource'),
      scope: this.#compile([], groups, 'scope'),
      records: this.#compile(logs.logRecord, groups, 'log'),
    }
  }

  #metricConditions({ metrics, metricConditions: entries }: FilterConfig) {
    const groups = conditionGroups('metric_conditions', entries)
    return {
      resource: this.#compile(metrics.resource, groups, 'resource'),
      scope: this.#compile([], groups, 'scope'),
      metrics: this.#compile(metrics.metric, groups, 'metric'),
      points: this.#compile(metrics.dataPoint, groups, 'datapoint'),
    }
  }

  /** The conditions of one context, from the lists by context and from the groups. */
  #compile(sources: readonly string[], groups: readonly GroupedCondition[], own: ContextName): Condition[] {
    const compiled = sources.map(source => compileCondition(source, own))
    for (const { context, source, errorMode } of groups) {
      if (context === own) compiled.push(this.#withMode(compileCondition(source, own), errorMode))
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
