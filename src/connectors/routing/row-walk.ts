import { OttlContext } from '../../ottl/context.ts'
import { type ErrorMode, settleFailure } from '../../ottl/error-mode.ts'
import type { DataPointView, MetricView } from '../../pdata/metric-views.ts'
import type { ClientMetadata, Signal } from '../../pdata/otlp-batch.ts'
import { StageWalk } from '../../pdata/stage-walk.ts'
import type { LogRecordView, ResourceView, SpanView } from '../../pdata/views.ts'
import { keep, type Verdict, type WalkHooks } from '../../pdata/walk-hooks.ts'
import type { Row } from './row.ts'

/** Of an item that no row moves. */
export const stays = -1

const recordContexts: Readonly<Record<Signal, RoutedContext | undefined>> = {
  traces: 'span',
  metrics: 'datapoint',
  logs: 'log',
  profiles: undefined,
}
type RoutedContext = 'span' | 'datapoint' | 'log'

/**
 * Asks rows, in their order, about all items of a request in one walk. A row by request, resource or metric is asked once for
 * all that it holds. The answers are there until the next walk, by an item's place in the request.
 */
export class RowWalk {
  /** For each item the position of the row that moves it, or `stays`. */
  readonly ways: number[] = []
  /** For each row that copies, whether it takes the item; empty for others. */
  readonly copies: readonly boolean[][]
  readonly rows: readonly Row[]
  readonly #walk: StageWalk
  readonly #context = new OttlContext()
  readonly #errorMode: ErrorMode
  readonly #noteError: () => void
  /** The answer where a row has been asked for everything that comes; undefined for rows that are asked at each item. */
  readonly #answers: (boolean | undefined)[]

  constructor(signal: Signal, rows: readonly Row[], errorMode: ErrorMode, noteError: () => void) {
    this.rows = rows
    this.copies = rows.map(() => [])
    this.#errorMode = errorMode
    this.#noteError = noteError
    // Rows for items of other signals take nothing here.
    this.#answers = rows.map(({ context }) => (context === recordContexts[signal] ? undefined : false))
    this.#walk = new StageWalk(signal, [this.#hooks(signal)])
  }

  /** Returns the request as the rows' edits leave it. Throws `WireError` where it is malformed. */
  run(bytes: Uint8Array, metadata: ClientMetadata | undefined): Uint8Array {
    this.ways.length = 0
    for (const copies of this.copies) copies.length = 0
    this.rows.forEach(({ request }, i) => {
      if (request !== undefined) this.#answers[i] = request(metadata)
    })
    return this.#walk.run(bytes)
  }

  #hooks(signal: Signal): WalkHooks {
    const has = (context: Row['context']) => this.rows.some(row => row.context === context)
    const byResource = has('resource') && { resource: (view: ResourceView) => this.#enterResource(view) }
    if (signal === 'traces') return { ...byResource, span: view => this.#span(view) }
    if (signal === 'logs') return { ...byResource, logRecord: view => this.#logRecord(view) }
    const byMetric = has('metric') && { metric: (view: MetricView) => this.#enterMetric(view) }
    return { ...byResource, ...byMetric, dataPoint: (point, metric) => this.#dataPoint(point, metric) }
  }

  #enterResource(resource: ResourceView): Verdict {
    this.#context.resource = resource
    return this.#answerFor('resource')
  }

  #enterMetric(metric: MetricView): Verdict {
    this.#context.enterMetric(metric)
    return this.#answerFor('metric')
  }

  #answerFor(context: Row['context']): Verdict {
    const { rows } = this
    for (let i = 0; i < rows.length; i++) if (rows[i]!.context === context) this.#answers[i] = this.#asks(rows[i]!)
    return keep
  }

  #span(span: SpanView): Verdict {
    this.#context.around(span).span = span
    return this.#judge()
  }

  #logRecord(record: LogRecordView): Verdict {
    this.#context.around(record).log = record
    return this.#judge()
  }

  #dataPoint(point: DataPointView, metric: MetricView): Verdict {
    this.#context.enterMetric(metric).point = point
    return this.#judge()
  }

  #judge(): Verdict {
    const { rows } = this
    const ordinal = this.ways.length
    let way = stays
    for (let i = 0; i < rows.length && way === stays; i++) {
      const row = rows[i]!
      const isTaken = this.#answers[i] ?? this.#asks(row)
      if (row.isCopied) this.copies[i]![ordinal] = isTaken
      else if (isTaken) way = i
    }
    this.ways.push(way)
    return keep
  }

  /** A condition that fails counts as not true, unless the user wants the whole request refused. */
  #asks({ condition, edit }: Row): boolean {
    try {
      if (!condition(this.#context)) return false
      edit?.(this.#context)
      return true
    } catch (error) {
      settleFailure(error, this.#errorMode, 'routing', 'condition_failed')
      this.#noteError()
      return false
    }
  }
}
