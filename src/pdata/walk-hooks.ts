import type { DataPointView, MetricView } from './metric-views.ts'
import type { ClientMetadata } from './otlp-batch.ts'
import type { RecordEditor } from './record-editor.ts'
import type { RecordStep } from './record-step.ts'
import type { LogRecordView, ResourceView, ScopeView, SpanView } from './views.ts'

/** What a hook says about the thing it saw. */
export const keep = 0
export const drop = 1
export type Verdict = typeof keep | typeof drop

/**
 * What a processor does in a walk. It implements the hooks that it needs; each gets a view that shows the telemetry as the
 * processors before it left it, edits it through the view, and says whether it stays. Views are pointed at the next record
 * when the hook returns: nothing may hold on to one.
 *
 * A dropped data point leaves its metric, which goes with its last point; a scope goes with its last record, a resource
 * with its last scope. What arrived empty stays.
 */
export interface WalkHooks {
  /** The ledger's reason for what the verdicts drop. Required where a hook may say `drop`. */
  readonly dropReason?: string
  /** Told how many items a verdict of this processor, or a dropped data point, took out. */
  noteDropped?(count: number): void
  /** Called before each request with what its receiver knows of the sender, if it keeps that. */
  begin?(metadata: ClientMetadata | undefined): void
  /**
   * Sees the whole request before the walk; false where the processor has nothing to do in it, so that its other hooks are
   * not called, or the new bytes of a request that it has done all its work in. Offsets into `bytes` are good for `replaceRange` in the hooks that follow. A processor with this hook
   * begins a walk of its own where others stand before it.
   */
  payload?(bytes: Uint8Array): boolean | Uint8Array
  /**
   * Does all that the hooks do, faster, to records of the shape that senders write; several are done one after the other. Where
   * all processors of a walk have one, requests go around the walk.
   */
  readonly step?: RecordStep | readonly RecordStep[] | undefined
  /** The same for a processor whose work is more than a step, and which goes around the walk alone. */
  readonly editor?: RecordEditor | undefined
  readonly resource?: ((resource: ResourceView) => Verdict) | undefined
  readonly scope?: ((scope: ScopeView) => Verdict) | undefined
  readonly span?: ((span: SpanView) => Verdict) | undefined
  readonly logRecord?: ((record: LogRecordView) => Verdict) | undefined
  readonly metric?: ((metric: MetricView) => Verdict) | undefined
  /** Called for each point after the `metric` hooks of all processors of the walk. */
  readonly dataPoint?: ((point: DataPointView, metric: MetricView) => Verdict) | undefined
}
