import type { ContextName } from '../../ottl/context.ts'
import { OttlContext } from '../../ottl/context.ts'
import { type ErrorMode, settleFailure } from '../../ottl/error-mode.ts'
import { anyEvent } from '../../ottl/events.ts'
import type { MessageView } from '../../pdata/message-view.ts'
import type { MetricView } from '../../pdata/metric-views.ts'
import type { RecordStep } from '../../pdata/record-step.ts'
import type { LogRecordView, ResourceView, ScopeView, SpanView } from '../../pdata/views.ts'
import { keep, type Verdict, type WalkHooks } from '../../pdata/walk-hooks.ts'
import { copyBytes } from '../../wire/copy-bytes.ts'
import { reachesOut, writtenAround } from './passes.ts'
import type { ResourceChange, ScopeChange, SurroundingChanges } from './rebuild.ts'
import type { StatementGroup } from './statement-groups.ts'
import { transformSteps } from './transform-steps.ts'

/** Groups of statements that share one walk. */
export class Pass implements WalkHooks {
  /** Hooks that no statement needs are undefined, so that the walk skips their level. */
  readonly resource: ((resource: ResourceView) => Verdict) | undefined
  readonly scope: ((scope: ScopeView) => Verdict) | undefined
  readonly span: ((span: SpanView) => Verdict) | undefined
  readonly logRecord: ((record: LogRecordView) => Verdict) | undefined
  readonly metric: ((metric: MetricView) => Verdict) | undefined
  readonly #context = new OttlContext()
  readonly #errorMode: ErrorMode
  #errorCount = 0
  /** What the present walk's records changed around them; the walk itself has passed there. */
  readonly changes: SurroundingChanges = new Map()
  readonly #writesResource: boolean
  readonly #writesScope: boolean
  #resourceIndex = -1
  #scopeIndex = -1

  constructor(groups: readonly StatementGroup[], errorMode: ErrorMode) {
    this.#errorMode = errorMode
    const of = (...contexts: ContextName[]) => groups.filter(({ context }) => contexts.includes(context))
    const hook = <View>(found: readonly StatementGroup[], run: (view: View) => void) =>
      found.length === 0
        ? undefined
        : (view: View): Verdict => {
            run(view)
            return keep
          }
    const resources = of('resource')
    const scopes = of('scope')
    const spans = of('span', 'spanevent')
    const logs = of('log')
    const metrics = of('metric', 'datapoint')
    const around = groups.flatMap(group => [...writtenAround(group)])
    this.#writesResource = around.includes('resource')
    this.#writesScope = around.includes('scope')
    // Who reaches out of a record has to know where it stands.
    const counts = groups.some(reachesOut)
    this.resource = hook(counts ? groups : resources, resource => {
      this.#resourceIndex++
      this.#scopeIndex = -1
      this.#context.resource = resource
      this.#runAll(resources)
    })
    this.scope = hook(counts ? groups : scopes, scope => {
      this.#scopeIndex++
      this.#context.resource = scope.resource
      this.#context.scope = scope
      this.#runAll(scopes)
      if (scopes.length > 0 && counts) this.#noteChanges(scope.resource, scope)
    })
    this.span = hook(spans, span => {
      this.#span(span, spans)
      if (counts) this.#noteChanges(span.resource, span.scope)
    })
    this.logRecord = hook(logs, record => {
      this.#context.around(record).log = record
      this.#runAll(logs)
      if (counts) this.#noteChanges(record.resource, record.scope)
    })
    this.metric = hook(metrics, metric => {
      this.#metric(metric, metrics)
      if (counts) this.#noteChanges(metric.resource, metric.scope)
    })
  }

  /** The same without a walk; undefined where a statement needs one. */
  steps(groups: readonly StatementGroup[]): RecordStep[] | undefined {
    return transformSteps(groups, {
      context: this.#context,
      admits: group => this.#isAnyTrue(group),
      failed: (error, group) => this.#failed(error, group),
      abandon: () => {
        this.#errorCount = 0
      },
    })
  }

  /** Begins a walk. */
  begin(): void {
    this.changes.clear()
    this.#context.newMetrics.length = 0
    this.#resourceIndex = -1
    this.#scopeIndex = -1
  }

  /** Statements and conditions that failed since the last call. */
  takeErrorCount(): number {
    const count = this.#errorCount
    this.#errorCount = 0
    return count
  }

  #span(span: SpanView, groups: readonly StatementGroup[]): void {
    this.#context.around(span).span = span
    for (let i = 0; i < groups.length; i++) {
      const group = groups[i]!
      if (group.context === 'span') this.#run(group)
      else this.#events(span, group)
    }
  }

  #events(span: SpanView, group: StatementGroup): void {
    anyEvent(this.#context, span, () => {
      this.#run(group)
      return false
    })
    span.events.finish()
  }

  #metric(metric: MetricView, groups: readonly StatementGroup[]): void {
    const context = this.#context
    context.enterMetric(metric)
    for (let i = 0; i < groups.length; i++) {
      const group = groups[i]!
      if (group.context === 'metric') {
        this.#run(group)
        continue
      }
      const { points } = metric
      context.point = metric.point
      points.rewind()
      while (points.next()) this.#run(group)
      points.finish()
    }
  }

  /** Remembers what the resource and the scope look like now, where they were written to, and metrics that were made. */
  #noteChanges(resource: ResourceView, scope: ScopeView): void {
    const { newMetrics } = this.#context
    if (newMetrics.length > 0) this.#scopeChange().added.push(...newMetrics.splice(0))
    if (this.#writesResource && resource.isDirty) this.#resourceChange().resource = payloadOf(resource.message)
    if (this.#writesScope && scope.isDirty) this.#scopeChange().scope = payloadOf(scope.message)
  }

  #resourceChange(): ResourceChange {
    const known = this.changes.get(this.#resourceIndex)
    if (known !== undefined) return known
    const change: ResourceChange = { scopes: new Map() }
    this.changes.set(this.#resourceIndex, change)
    return change
  }

  #scopeChange(): ScopeChange {
    const { scopes } = this.#resourceChange()
    const known = scopes.get(this.#scopeIndex)
    if (known !== undefined) return known
    const change: ScopeChange = { added: [] }
    scopes.set(this.#scopeIndex, change)
    return change
  }

  #runAll(groups: readonly StatementGroup[]): void {
    for (let i = 0; i < groups.length; i++) this.#run(groups[i]!)
  }

  #run(group: StatementGroup): void {
    const context = this.#context
    const { conditions, statements } = group
    if (context.cache.size > 0) context.cache.clear()
    if (conditions.length > 0 && !this.#isAnyTrue(group)) return
    for (let i = 0; i < statements.length; i++) {
      try {
        statements[i]!.run(context)
      } catch (error) {
        this.#failed(error, group)
      }
    }
  }

  #isAnyTrue(group: StatementGroup): boolean {
    for (const condition of group.conditions) {
      try {
        if (condition(this.#context)) return true
      } catch (error) {
        this.#failed(error, group)
      }
    }
    return false
  }

  /** What fails changes nothing, unless the user wants the whole request refused. */
  #failed(error: unknown, { errorMode }: StatementGroup): void {
    settleFailure(error, errorMode ?? this.#errorMode, 'transform', 'statement_failed')
    this.#errorCount++
  }
}

function payloadOf(message: MessageView): Uint8Array {
  const start = message.writePayload()
  const { bytes, length } = message.workspace
  return copyBytes(bytes, start, length)
}
