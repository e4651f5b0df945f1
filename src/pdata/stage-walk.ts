import { FieldCursor } from '../wire/field-cursor.ts'
import { wireBytes } from '../wire/wire-type.ts'
import { countGroup, countPoints, countScopeGroup } from './count.ts'
import { type DataPointView, MetricView } from './metric-views.ts'
import type { Signal } from './otlp-batch.ts'
import * as otlp from './otlp-fields.ts'
import type { PlainSpans } from './plain-spans.ts'
import { RecordSplice } from './record-splice.ts'
import { LogRecordView, ResourceView, ScopeView, SpanView } from './views.ts'
import { drop, keep, type Verdict, type WalkHooks } from './walk-hooks.ts'
import { WalkOutput } from './walk-output.ts'
import { Workspace } from './workspace.ts'

/**
 * One walk over a request on behalf of several processors, and one assembly of what they left. Untouched ranges are copied
 * whole; a request that nobody edited comes back as the same bytes. Reusable, and not re-entrant.
 */
export class StageWalk {
  readonly #signal: Signal
  readonly #hooks: readonly WalkHooks[]
  readonly #workspace = new Workspace()
  readonly #resource: ResourceView
  readonly #scope: ScopeView
  readonly #span: SpanView
  readonly #log: LogRecordView
  readonly #metric: MetricView
  readonly #output = new WalkOutput(this.#workspace)
  readonly #requestCursor = new FieldCursor()
  readonly #groupCursor = new FieldCursor()
  readonly #scopeCursor = new FieldCursor()
  /** Processors whose payload hook did not excuse them. */
  #active: WalkHooks[] = []
  /** Index in `#hooks` by index in `#active`. */
  #activeIndex: number[] = []
  readonly #hasPayloadHooks: boolean
  /** Does the work of all hooks in requests of the shape that senders write. */
  readonly #shortcut: RecordSplice | undefined
  /** Whether the lists above are good for every request. */
  #isActivated = false
  #recordHooks = false
  #pointHooks = false
  #scopeHooks = false
  /** Items dropped in the last run, by index of the processor. */
  readonly dropped: number[]
  /** Bytes that the buffer of the last run's output has beyond it, and nobody uses. */
  spareBytes = 0
  /** Replaced ranges of the last run that lay in no field of the message whose hook gave them. */
  unappliedRanges = 0

  constructor(signal: Signal, hooks: readonly WalkHooks[]) {
    this.#signal = signal
    this.#hooks = hooks
    this.#hasPayloadHooks = hooks.some(({ payload }) => payload !== undefined)
    this.#resource = new ResourceView(this.#workspace)
    this.#scope = new ScopeView(this.#workspace, this.#resource)
    this.#span = new SpanView(this.#workspace, this.#scope)
    this.#log = new LogRecordView(this.#workspace, this.#scope)
    this.#metric = new MetricView(this.#workspace, this.#scope)
    this.dropped = hooks.map(() => 0)
    this.#shortcut = RecordSplice.of(signal, hooks)
  }

  /** Runs all hooks over the request. Throws `WireError` where it is malformed. */
  run(request: Uint8Array, plainSpans?: PlainSpans): Uint8Array {
    this.dropped.fill(0)
    this.unappliedRanges = 0
    this.spareBytes = 0
    const shortened = this.#shortcut?.run(request, plainSpans)
    if (shortened !== undefined) {
      this.#countShortened()
      if (shortened !== request) this.spareBytes = shortened.buffer.byteLength - shortened.length
      return shortened
    }
    const bytes = this.#isActivated ? request : this.#activate(request)
    if (this.#active.length === 0) return bytes
    const workspace = this.#workspace
    workspace.reset(bytes)
    workspace.ranges.followsEdits = this.#hasPayloadHooks && this.#active.some(hooks => hooks.payload !== undefined)
    try {
      this.#output.copiedUpTo = 0
      this.#request(bytes)
      const { ranges } = workspace
      this.unappliedRanges = ranges.size - ranges.doneCount
      if (this.#output.copiedUpTo === 0 && workspace.rangeCount === 0) return bytes
      workspace.emit(this.#output.copiedUpTo, bytes.length)
      return workspace.assemble()
    } finally {
      workspace.release()
    }
  }

  #countShortened(): void {
    const { dropped } = this.#shortcut!
    for (let i = 0; i < dropped.length; i++) {
      const count = dropped[i]!
      if (count === 0) continue
      this.dropped[i] = count
      this.#hooks[i]!.noteDropped?.(count)
    }
  }

  /** Asks the payload hooks who has to walk; returns the request as they leave it. */
  #activate(request: Uint8Array): Uint8Array {
    this.#isActivated = !this.#hasPayloadHooks
    const active: WalkHooks[] = []
    let bytes = request
    this.#activeIndex = []
    for (let i = 0; i < this.#hooks.length; i++) {
      const hooks = this.#hooks[i]!
      const seen = hooks.payload?.(bytes)
      if (seen instanceof Uint8Array) bytes = seen
      if (seen !== undefined && seen !== true) continue
      active.push(hooks)
      this.#activeIndex.push(i)
    }
    this.#active = active
    const signal = this.#signal
    this.#scopeHooks = active.some(hooks => hooks.scope !== undefined)
    this.#pointHooks = signal === 'metrics' && active.some(hooks => hooks.dataPoint !== undefined)
    this.#recordHooks = active.some(
      hooks =>
        (signal === 'traces' && hooks.span !== undefined) ||
        (signal === 'logs' && hooks.logRecord !== undefined) ||
        (signal === 'metrics' && hooks.metric !== undefined),
    )
    return bytes
  }

  #request(bytes: Uint8Array): void {
    const cursor = this.#requestCursor.reset(bytes, 0, bytes.length)
    while (cursor.next()) {
      if (cursor.fieldNumber === otlp.requestResources && cursor.wireType === wireBytes) this.#group(bytes, cursor)
    }
  }

  #group(bytes: Uint8Array, field: FieldCursor): void {
    const output = this.#output
    const frame = output.group
    output.enter(frame, field)
    const resource = this.#resource
    resource.reset(field.valueStart, field.fieldEnd)
    if (this.#resourceHooks(bytes, field) === drop) {
      output.dropField(0, frame)
      return
    }
    if (resource.isDirty && resource.message.fieldStart < 0) {
      output.addSurrounding(1, resource)
    }
    const walksScopes = this.#scopeHooks || this.#recordHooks || this.#pointHooks
    const cursor = this.#groupCursor.reset(bytes, field.valueStart, field.fieldEnd)
    while (cursor.next()) {
      if (cursor.wireType !== wireBytes) continue
      if (cursor.fieldNumber === otlp.groupScopes) {
        if (walksScopes) this.#scopeGroup(bytes, cursor)
        else frame.kept++
      } else if (cursor.fieldNumber === otlp.groupResource) output.surrounding(1, cursor, resource)
      else output.otherField(1, cursor)
    }
    output.leave(frame, 0)
  }

  #resourceHooks(bytes: Uint8Array, field: FieldCursor): Verdict {
    const active = this.#active
    for (let i = 0; i < active.length; i++) {
      const hooks = active[i]!
      if (hooks.resource === undefined) continue
      if (hooks.resource(this.#resource) === drop) {
        this.#countDropped(i, countGroup(bytes, field.valueStart, field.fieldEnd, this.#signal))
        return drop
      }
      this.#resource.finish()
    }
    return keep
  }

  #scopeGroup(bytes: Uint8Array, field: FieldCursor): void {
    const output = this.#output
    const frame = output.scope
    output.enter(frame, field)
    const scope = this.#scope
    scope.reset(field.valueStart, field.fieldEnd)
    if (this.#scopeHooks && this.#runScopeHooks(bytes, field) === drop) {
      output.dropField(1, frame)
      output.group.dropped++
      return
    }
    if (scope.isDirty && scope.message.fieldStart < 0) {
      output.addSurrounding(2, scope)
    }
    const walksRecords = this.#recordHooks || this.#pointHooks
    const cursor = this.#scopeCursor.reset(bytes, field.valueStart, field.fieldEnd)
    while (cursor.next()) {
      if (cursor.wireType !== wireBytes) continue
      if (cursor.fieldNumber === otlp.scopeGroupRecords) {
        if (walksRecords) this.#record(bytes, cursor)
        else frame.kept++
      } else if (cursor.fieldNumber === otlp.scopeGroupScope) output.surrounding(2, cursor, scope)
      else output.otherField(2, cursor)
    }
    if (output.leave(frame, 1)) output.group.kept++
    else output.group.dropped++
  }

  #runScopeHooks(bytes: Uint8Array, field: FieldCursor): Verdict {
    const active = this.#active
    for (let i = 0; i < active.length; i++) {
      const hooks = active[i]!
      if (hooks.scope === undefined) continue
      if (hooks.scope(this.#scope) === drop) {
        this.#countDropped(i, countScopeGroup(bytes, field.valueStart, field.fieldEnd, this.#signal))
        return drop
      }
      this.#scope.finish()
    }
    return keep
  }

  #record(bytes: Uint8Array, field: FieldCursor): void {
    switch (this.#signal) {
      case 'traces':
        this.#spanRecord(field)
        break
      case 'logs':
        this.#logRecord(field)
        break
      case 'metrics':
        this.#metricRecord(bytes, field)
        break
      default:
        this.#output.scope.kept++
    }
  }

  #spanRecord(field: FieldCursor): void {
    const span = this.#span
    const active = this.#active
    span.reset(field.valueStart, field.fieldEnd, field.fieldStart, field.fieldEnd)
    for (let i = 0; i < active.length; i++) {
      const hooks = active[i]!
      if (hooks.span === undefined) continue
      if (hooks.span(span) === drop) {
        this.#countDropped(i, 1)
        this.#output.dropRecord(field)
        return
      }
      span.finish()
    }
    this.#output.scope.kept++
    if (span.message.isDirty) this.#output.replaceField(2, field, span.message)
  }

  #logRecord(field: FieldCursor): void {
    const record = this.#log
    const active = this.#active
    record.reset(field.valueStart, field.fieldEnd, field.fieldStart, field.fieldEnd)
    for (let i = 0; i < active.length; i++) {
      const hooks = active[i]!
      if (hooks.logRecord === undefined) continue
      if (hooks.logRecord(record) === drop) {
        this.#countDropped(i, 1)
        this.#output.dropRecord(field)
        return
      }
      record.finish()
    }
    this.#output.scope.kept++
    if (record.message.isDirty) this.#output.replaceField(2, field, record.message)
  }

  #metricRecord(bytes: Uint8Array, field: FieldCursor): void {
    const metric = this.#metric
    const active = this.#active
    metric.reset(field.valueStart, field.fieldEnd, field.fieldStart, field.fieldEnd)
    let droppedPoints = 0
    for (let i = 0; i < active.length && this.#recordHooks; i++) {
      const hooks = active[i]!
      if (hooks.metric === undefined) continue
      const points = metric.points
      points.droppedCount = 0
      const verdict = hooks.metric(metric)
      metric.finish()
      this.#countDropped(i, points.droppedCount)
      droppedPoints += points.droppedCount
      if (verdict === drop) {
        this.#countDropped(i, countPoints(bytes, field.valueStart, field.fieldEnd) - droppedPoints)
        this.#output.dropRecord(field)
        return
      }
    }
    if (this.#pointHooks) droppedPoints += this.#dataPoints(metric)
    // A metric goes with its last point; one that had none stays.
    if (droppedPoints > 0 && countPoints(bytes, field.valueStart, field.fieldEnd) === droppedPoints) {
      this.#output.dropRecord(field)
      return
    }
    this.#output.scope.kept++
    if (metric.message.isDirty) this.#output.replaceField(2, field, metric.message)
  }

  /** Runs the hooks of data points. Returns how many points they dropped. */
  #dataPoints(metric: MetricView): number {
    const { points, point } = metric
    points.droppedCount = 0
    points.rewind()
    while (points.next()) if (this.#dataPoint(point, metric) === drop) points.drop()
    metric.finish()
    return points.droppedCount
  }

  #dataPoint(point: DataPointView, metric: MetricView): Verdict {
    const active = this.#active
    for (let i = 0; i < active.length; i++) {
      const hooks = active[i]!
      if (hooks.dataPoint === undefined) continue
      if (hooks.dataPoint(point, metric) === drop) {
        this.#countDropped(i, 1)
        return drop
      }
      point.finish()
    }
    return keep
  }

  #countDropped(activeIndex: number, count: number): void {
    if (count === 0) return
    this.dropped[this.#activeIndex[activeIndex]!]! += count
    this.#active[activeIndex]!.noteDropped?.(count)
  }
}
