import type { StagePart, StageProcessor } from '../../component/stage-processor.ts'
import type { DataPointView, MetricView } from '../../pdata/metric-views.ts'
import type { ClientMetadata, Signal } from '../../pdata/otlp-batch.ts'
import { type RecordStep, stepEdits, stepKeeps } from '../../pdata/record-step.ts'
import type { LogRecordView, SpanView } from '../../pdata/views.ts'
import { keep, type Verdict } from '../../pdata/walk-hooks.ts'
import { AttributeActions } from '../../processor-helper/attribute-actions.ts'
import { ItemMatch } from '../../processor-helper/item-match.ts'
import type { AttributesConfig } from './config.ts'

const noCounts: ReadonlyMap<string, number> = new Map()

/** Edits the attributes of spans, log records and data points that pass `include` and `exclude`. */
export class AttributesStage implements StageProcessor {
  readonly reads: readonly StagePart[]
  readonly writes: readonly StagePart[] = ['points']
  readonly step: RecordStep | undefined
  readonly #actions: AttributeActions
  readonly #include: ItemMatch | undefined
  readonly #exclude: ItemMatch | undefined

  constructor(config: AttributesConfig, signal: Signal) {
    this.#actions = new AttributeActions(config.actions)
    this.#include = config.include && new ItemMatch(config.include, signal)
    this.#exclude = config.exclude && new ItemMatch(config.exclude, signal)
    const { edits } = this.#actions
    if (edits !== undefined && signal !== 'metrics') this.step = { edits, ...this.#condition(signal) }
    this.reads = this.#include || this.#exclude ? ['resource', 'scope', 'metric'] : []
  }

  begin(metadata: ClientMetadata | undefined): void {
    this.#actions.begin(metadata)
  }

  span(span: SpanView): Verdict {
    if (this.#include !== undefined && !this.#include.matchesSpan(span)) return keep
    if (this.#exclude?.matchesSpan(span)) return keep
    this.#actions.apply(span.attributes)
    return keep
  }

  logRecord(record: LogRecordView): Verdict {
    if (this.#include !== undefined && !this.#include.matchesLog(record)) return keep
    if (this.#exclude?.matchesLog(record)) return keep
    this.#actions.apply(record.attributes)
    return keep
  }

  dataPoint(point: DataPointView, metric: MetricView): Verdict {
    if (this.#include !== undefined && !this.#include.matchesDataPoint(point, metric)) return keep
    if (this.#exclude?.matchesDataPoint(point, metric)) return keep
    this.#actions.apply(point.attributes)
    return keep
  }

  /** Which records get the edits, for the step; nothing where all of them do. */
  #condition(signal: Signal): Pick<RecordStep, 'ask' | 'look'> {
    const include = this.#include
    const exclude = this.#exclude
    if (include === undefined && exclude === undefined) return {}
    return {
      ask(questions) {
        include?.ask(questions)
        exclude?.ask(questions)
      },
      look(item) {
        if (signal === 'traces') {
          return include?.matchesSpan(item) === false || exclude?.matchesSpan(item) === true ? stepKeeps : stepEdits
        }
        return include?.matchesLog(item) === false || exclude?.matchesLog(item) === true ? stepKeeps : stepEdits
      },
    }
  }

  takeCounts(): ReadonlyMap<string, number> {
    return noCounts
  }
}
