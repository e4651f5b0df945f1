import { FieldCursor } from '../wire/field-cursor.ts'
import { wireBytes } from '../wire/wire-type.ts'
import { applyRanges } from './apply-ranges.ts'
import type { AttributeList } from './attribute-list.ts'
import { ChildList } from './child-list.ts'
import type { EncodedValue } from './constant-attribute.ts'
import { MessageView } from './message-view.ts'
import * as otlp from './otlp-fields.ts'
import * as schema from './schema.ts'
import type { Workspace } from './workspace.ts'

/** What stands around a record: its resource or its scope. Found when somebody first asks. */
class SurroundingView {
  readonly #message: MessageView
  #groupStart = 0
  #groupEnd = 0
  #isLocated = false

  constructor(workspace: Workspace, type: schema.MessageType) {
    this.#message = new MessageView(workspace, type)
  }

  /** Points the view at the group in `bytes[start, end)`; the resource or scope may stand anywhere in it. */
  reset(start: number, end: number): void {
    this.#groupStart = start
    this.#groupEnd = end
    this.#isLocated = false
  }

  get message(): MessageView {
    if (!this.#isLocated) this.#locate()
    return this.#message
  }

  /** Bytes of the whole group as it arrived: the resource with its scopes, the scope with its records. */
  get groupLength(): number {
    return this.#groupEnd - this.#groupStart
  }

  get attributes(): AttributeList {
    return this.message.attributes
  }

  get isDirty(): boolean {
    return this.#isLocated && this.#message.isDirty
  }

  /** Notes what is pending. The walk calls it after every processor. */
  finish(): void {
    if (this.#message.workspace.ranges.isPending) applyRanges(this.message)
  }

  /** Field 1 of the group; pieces of it merge by standing one after the other. */
  #locate(): void {
    this.#isLocated = true
    const message = this.#message
    const { workspace } = message
    const cursor = new FieldCursor(workspace.bytes, this.#groupStart, this.#groupEnd)
    message.reset(0, 0)
    while (cursor.next()) {
      if (cursor.fieldNumber !== otlp.groupResource || cursor.wireType !== wireBytes) continue
      const { fieldStart, valueStart, fieldEnd } = cursor
      if (message.fieldStart < 0) {
        message.reset(valueStart, fieldEnd, fieldStart, fieldEnd)
        continue
      }
      // A third piece goes behind the first two where they stand: pieces may be many.
      const isMerged = message.start >= workspace.sourceLength && message.end === workspace.length
      const merged = isMerged ? message.start : workspace.length
      if (!isMerged) workspace.relocate(message.start, message.end)
      workspace.relocate(valueStart, fieldEnd)
      message.reset(merged, workspace.length, message.fieldStart, message.fieldEnd)
    }
  }
}

/** `Resource`. Edits are for the `resource` hook; a record's hook may read it only. */
export class ResourceView extends SurroundingView {
  constructor(workspace: Workspace) {
    super(workspace, schema.resourceType)
  }
}

/** `InstrumentationScope`. Edits are for the `scope` hook; a record's hook may read it only. */
export class ScopeView extends SurroundingView {
  /** The resource around it. */
  readonly resource: ResourceView

  constructor(workspace: Workspace, resource: ResourceView) {
    super(workspace, schema.scopeType)
    this.resource = resource
  }

  get name(): string {
    return this.message.text(otlp.scopeName)
  }
  set name(text: string) {
    this.message.setText(otlp.scopeName, text)
  }
  get version(): string {
    return this.message.text(otlp.scopeVersion)
  }
  set version(text: string) {
    this.message.setText(otlp.scopeVersion, text)
  }
}

/** `Span.Event`. */
export class EventView {
  readonly message: MessageView

  constructor(workspace: Workspace) {
    this.message = new MessageView(workspace, schema.eventType)
  }

  get attributes(): AttributeList {
    return this.message.attributes
  }
  get timeUnixNano(): bigint {
    return this.message.fixed64(otlp.eventTime)
  }
  get name(): string {
    return this.message.text(otlp.eventName)
  }
  set name(text: string) {
    this.message.setText(otlp.eventName, text)
  }
}

/** `Span.Link`. */
export class LinkView {
  readonly message: MessageView

  constructor(workspace: Workspace) {
    this.message = new MessageView(workspace, schema.linkType)
  }

  get attributes(): AttributeList {
    return this.message.attributes
  }
  get traceState(): string {
    return this.message.text(otlp.linkTraceState)
  }
  set traceState(text: string) {
    this.message.setText(otlp.linkTraceState, text)
  }
}

/** `Span`. */
export class SpanView {
  readonly message: MessageView
  readonly resource: ResourceView
  readonly scope: ScopeView
  /** `rewind()`, then `next()` points `event` at each in turn. */
  readonly events: ChildList
  readonly event: EventView
  readonly links: ChildList
  readonly link: LinkView
  readonly #status: MessageView
  #hasStatus = false

  constructor(workspace: Workspace, scope: ScopeView) {
    this.resource = scope.resource
    this.scope = scope
    this.message = new MessageView(workspace, schema.spanType)
    this.event = new EventView(workspace)
    this.events = new ChildList(this.message, otlp.spanEvents, this.event.message)
    this.link = new LinkView(workspace)
    this.links = new ChildList(this.message, otlp.spanLinks, this.link.message)
    this.#status = new MessageView(workspace, schema.statusType)
  }

  reset(start: number, end: number, fieldStart: number, fieldEnd: number): void {
    this.message.reset(start, end, fieldStart, fieldEnd)
    this.events.abandon()
    this.links.abandon()
    this.#hasStatus = false
  }

  get attributes(): AttributeList {
    return this.message.attributes
  }
  /** Offset of the 16 bytes of the trace id in the workspace; 0 where the span has none of that length. */
  get traceIdStart(): number {
    return this.message.payloadOf(otlp.spanTraceId, 16)
  }
  get spanIdStart(): number {
    return this.message.payloadOf(otlp.spanSpanId, 8)
  }
  /** 0 for a root span. */
  get parentSpanIdStart(): number {
    return this.message.payloadOf(otlp.spanParentSpanId, 8)
  }
  get name(): string {
    return this.message.text(otlp.spanName)
  }
  set name(text: string) {
    this.message.setText(otlp.spanName, text)
  }
  get kind(): number {
    return this.message.uint32(otlp.spanKind)
  }
  set kind(kind: number) {
    this.message.setVarint(otlp.spanKind, kind)
  }
  get traceState(): string {
    return this.message.text(otlp.spanTraceState)
  }
  set traceState(text: string) {
    this.message.setText(otlp.spanTraceState, text)
  }
  get flags(): number {
    return this.message.fixed32(otlp.spanFlags)
  }
  get startTimeUnixNano(): bigint {
    return this.message.fixed64(otlp.spanStartTime)
  }
  get endTimeUnixNano(): bigint {
    return this.message.fixed64(otlp.spanEndTime)
  }
  get statusCode(): number {
    return this.status.uint32(otlp.statusCode)
  }
  set statusCode(code: number) {
    this.status.setVarint(otlp.statusCode, code)
  }
  get statusMessage(): string {
    return this.status.text(otlp.statusMessage)
  }
  set statusMessage(text: string) {
    this.status.setText(otlp.statusMessage, text)
  }
  /** The status as a message of its own: for its text field's offsets. */
  get status(): MessageView {
    const { message } = this
    if (!this.#hasStatus) {
      this.#hasStatus = true
      this.#status.reset(message.valueStart(otlp.spanStatus), message.valueEnd(otlp.spanStatus))
    }
    return this.#status
  }

  /** Notes what is pending in children. The walk calls it after every processor. */
  finish(): void {
    const { message } = this
    this.events.finish()
    this.links.finish()
    if (this.#hasStatus) {
      if (this.#status.isDirty) message.setChild(otlp.spanStatus, this.#status)
      this.#hasStatus = false
    }
    if (message.workspace.ranges.isPending) applyRanges(message)
  }
}

/** `LogRecord`. */
export class LogRecordView {
  readonly message: MessageView
  readonly resource: ResourceView
  readonly scope: ScopeView

  constructor(workspace: Workspace, scope: ScopeView) {
    this.resource = scope.resource
    this.scope = scope
    this.message = new MessageView(workspace, schema.logRecordType)
  }

  reset(start: number, end: number, fieldStart: number, fieldEnd: number): void {
    this.message.reset(start, end, fieldStart, fieldEnd)
  }

  get attributes(): AttributeList {
    return this.message.attributes
  }
  get traceIdStart(): number {
    return this.message.payloadOf(otlp.logTraceId, 16)
  }
  get spanIdStart(): number {
    return this.message.payloadOf(otlp.logSpanId, 8)
  }
  get timeUnixNano(): bigint {
    return this.message.fixed64(otlp.logTime)
  }
  get observedTimeUnixNano(): bigint {
    return this.message.fixed64(otlp.logObservedTime)
  }
  get severityNumber(): number {
    return this.message.uint32(otlp.logSeverityNumber)
  }
  set severityNumber(severity: number) {
    this.message.setVarint(otlp.logSeverityNumber, severity)
  }
  get severityText(): string {
    return this.message.text(otlp.logSeverityText)
  }
  set severityText(text: string) {
    this.message.setText(otlp.logSeverityText, text)
  }
  get eventName(): string {
    return this.message.text(otlp.logEventName)
  }
  set eventName(text: string) {
    this.message.setText(otlp.logEventName, text)
  }
  /** The body's `AnyValue` payload in the workspace, for `ValueReader.reset`; empty where there is none. */
  get bodyStart(): number {
    return this.message.valueStart(otlp.logBody)
  }
  get bodyEnd(): number {
    return this.message.valueEnd(otlp.logBody)
  }
  setBody(value: EncodedValue): void {
    this.message.setBytes(otlp.logBody, value)
  }

  /** Notes what is pending. The walk calls it after every processor. */
  finish(): void {
    if (this.message.workspace.ranges.isPending) applyRanges(this.message)
  }
}
