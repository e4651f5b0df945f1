import { type Condition, type ConditionSubject, parseCondition } from '../../pdata/condition.ts'
import type { MetricView } from '../../pdata/metric-views.ts'
import type { ClientMetadata, OtlpBatch, Signal } from '../../pdata/otlp-batch.ts'
import { StageWalk } from '../../pdata/stage-walk.ts'
import type { ResourceView } from '../../pdata/views.ts'
import { drop, keep, type Verdict, type WalkHooks } from '../../pdata/walk-hooks.ts'
import { conditionText, type RouteConfig } from './config.ts'

/** The part of a batch that goes one way. */
export interface RoutedPart {
  /** Index of the row, or the number of rows where none matched. */
  readonly row: number
  readonly batch: OtlpBatch
}

interface Row {
  readonly condition: Condition
  /** Decided once per resource, not once per item. */
  readonly isByResource: boolean
}

type RecordView = NonNullable<ConditionSubject['record']> & { readonly resource?: ResourceView }

/**
 * Says which row of the table takes which item, and cuts a batch accordingly: one walk to count, and one for each way
 * that some but not all items go. A batch that goes one way as a whole stays the same bytes.
 */
export class Router {
  readonly #signal: Signal
  readonly #rows: readonly Row[]
  readonly #walk: StageWalk
  readonly #counts: number[]
  readonly #subject: ConditionSubject = {
    resource: undefined as unknown as ResourceView,
    record: undefined,
    metric: undefined,
    metadata: undefined,
  }
  /** First row by resource that matches the present resource. */
  #resourceRow = 0
  /** The way whose items stay in the present walk; -1 while counting. */
  #wanted = -1

  constructor(signal: Signal, table: readonly RouteConfig[]) {
    this.#signal = signal
    this.#rows = table.map(route => ({
      condition: parseCondition(conditionText(route) ?? 'false'),
      isByResource: route.context === 'resource' || route.context === 'request',
    }))
    this.#counts = new Array(table.length + 1).fill(0)
    this.#walk = new StageWalk(signal, [this.#hooks()])
  }

  /** Throws `WireError` where the batch is malformed. */
  route(batch: OtlpBatch): RoutedPart[] {
    const counts = this.#counts.fill(0)
    this.#run(batch.bytes, -1, batch.metadata)
    const parts: RoutedPart[] = []
    for (const [row, itemCount] of counts.entries()) {
      if (itemCount === 0) continue
      if (itemCount === batch.itemCount) return [{ row, batch }]
      const bytes = this.#run(batch.bytes, row, batch.metadata)
      parts.push({ row, batch: { ...batch, bytes, itemCount, memory: undefined } })
    }
    return parts
  }

  #run(bytes: Uint8Array, wanted: number, metadata: ClientMetadata | undefined): Uint8Array {
    this.#wanted = wanted
    this.#subject.metadata = metadata
    return this.#walk.run(bytes)
  }

  #hooks(): WalkHooks {
    const record = (view: RecordView, metric: MetricView | undefined) => this.#judge(view, metric)
    return {
      dropReason: 'routed_elsewhere',
      resource: view => this.#enterResource(view),
      ...(this.#signal === 'traces' ? { span: view => record(view, undefined) } : {}),
      ...(this.#signal === 'logs' ? { logRecord: view => record(view, undefined) } : {}),
      ...(this.#signal === 'metrics' ? { dataPoint: (view, metric) => record(view, metric) } : {}),
    } satisfies WalkHooks
  }

  #enterResource(resource: ResourceView): Verdict {
    const subject = this.#subject
    subject.resource = resource
    subject.record = undefined
    subject.metric = undefined
    const rows = this.#rows
    let row = 0
    while (row < rows.length && !(rows[row]!.isByResource && rows[row]!.condition.matches(subject))) row++
    this.#resourceRow = row
    return keep
  }

  #judge(record: RecordView, metric: MetricView | undefined): Verdict {
    const subject = this.#subject
    subject.record = record
    subject.metric = metric
    const rows = this.#rows
    let row = 0
    while (row < this.#resourceRow && (rows[row]!.isByResource || !rows[row]!.condition.matches(subject))) row++
    if (this.#wanted === -1) {
      this.#counts[row]!++
      return keep
    }
    return row === this.#wanted ? keep : drop
  }
}
