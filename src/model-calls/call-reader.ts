import type { AttributeList } from '../pdata/attribute-list.ts'
import * as otlp from '../pdata/otlp-fields.ts'
import type { LogRecordView, SpanView } from '../pdata/views.ts'
import { AttributeRoles } from './attribute-roles.ts'
import { type CallEvent, callEvents, eventKindKey, eventNameKey } from './call-events.ts'
import { mayBeCall } from './call-filter.ts'
import { reportsWholeRuns } from './call-kind.ts'
import { type CallNames, CallNamesMemo } from './call-names.ts'
import { serviceTierIn } from './call-parameters.ts'
import type { CallShape } from './call-shape.ts'
import { CallSpan } from './call-span.ts'
import { CallValues } from './call-values.ts'
import { OrdinaryCall } from './ordinary-call.ts'
import {
  costOfDetails,
  readProviderMetadata,
  readTokenDetails,
  readUsageDetails,
  readUsageMetadata,
} from './provider-metadata.ts'
import { fillUsage, ShapeCounts, ValueCounts } from './reported-counts.ts'
import { ResponseId } from './response-id.ts'
import { roleIndex, traitBody, traitCost, traitDetails, traitOtherCounts, traitParameters } from './role-traits.ts'
import { ReportedUsage } from './usage.ts'
import { readAnswer, readUsageBody } from './usage-body.ts'

/** Span names of wrappers whose instrumentation says nothing else about what they are. */
const wrapperName =
  /^(?:agent run|running tools?|invoke_agent|create_agent|execute_tool|invoke_workflow|record_usage model_call)\b/i

/** How spans of runs are named that may say what these used, and not what it cost. */
const wholeRunName = new TextEncoder().encode('ClaudeAgentSDK.')

const noBytes = new Uint8Array(0)
const noView = new DataView(noBytes.buffer)
/** Stands beside what else is said of the tier: "standard". */
const fastTier = 'fast'
/** In lower case. */
const tool = new TextEncoder().encode('tool')

const place = {
  toolTokens: roleIndex('toolTokens'),
  requestModel: roleIndex('requestModel'),
  responseModel: roleIndex('responseModel'),
  existingCost: roleIndex('existingCost'),
  existingCostDetails: roleIndex('existingCostDetails'),
  usageDetails: roleIndex('usageDetails'),
  usageMetadata: roleIndex('usageMetadata'),
  usageBody: roleIndex('usageBody'),
  answer: roleIndex('answer'),
  inputTokenDetails: roleIndex('inputTokenDetails'),
  outputTokenDetails: roleIndex('outputTokenDetails'),
  providerMetadata: roleIndex('providerMetadata'),
  callParameters: roleIndex('callParameters'),
  agentName: roleIndex('agentName'),
  finishReasons: roleIndex('finishReasons'),
  costStatus: roleIndex('costStatus'),
}

/** What `CallReader.readOrdinary` answers. */
export const noCall = 0
export const isCall = 1
/** Only a walk through views can tell. */
export const unusualCall = 2

/** Tells model calls from other records and reads what they report. One reader serves all; nothing is allocated for spans. */
export class CallReader {
  readonly roles: AttributeRoles
  /** Whether `roles` are those of the span that was read last; false where it has none. */
  hasRoles = false
  readonly values: CallValues
  readonly usage = new ReportedUsage()
  readonly span = new CallSpan()
  /** Of the call that was read last; undefined before the first. */
  names: CallNames | undefined
  /** NaN where the span has none. */
  existingCost = Number.NaN
  serviceTier = ''
  processing = ''
  /** Whether what `readEvent` has read is reported by a span too. */
  isRepeated = false
  readonly responseId = new ResponseId()
  readonly #ordinary: OrdinaryCall
  readonly #eventRoles = new AttributeRoles()
  readonly #eventValues = new CallValues(this.#eventRoles)
  readonly #eventUsage = new ReportedUsage()
  readonly #eventCounts = new ValueCounts(this.#eventValues)
  readonly #valueCounts: ValueCounts
  readonly #namesMemo = new CallNamesMemo()
  /** Of the shape that was asked for last. */
  #shape: CallShape | undefined
  #counts: ShapeCounts | undefined
  readonly #countsByShape = new WeakMap<CallShape, ShapeCounts>()
  /** What the provider itself says that the call took; NaN where it does not. */
  #costInBody = Number.NaN
  #tierInBody = ''

  /** `ownKeys` are attributes that the roles note beside their own. */
  constructor(ownKeys: readonly string[] = []) {
    this.roles = new AttributeRoles(ownKeys)
    this.values = new CallValues(this.roles)
    this.#valueCounts = new ValueCounts(this.values)
    this.#ordinary = new OrdinaryCall(this.roles, this.span)
  }

  /** Whether the span is a call that has a price of its own. Fills the fields if so. */
  read(span: SpanView): boolean {
    const { message } = span
    // What is edited does not stand in the message any more; everything else is told from calls by its keys' first bytes.
    this.hasRoles = false
    if (!message.isDirty && !mayBeCall(message.workspace.view, message.start, message.end)) return false
    if (!this.readRoles(span)) return false
    this.span.take(span)
    return this.#readCall(span) === isCall
  }

  /** Whether any attribute of the span plays a role, call or not; `roles` and `values` are then those of the span. */
  readRoles({ attributes, message: { workspace } }: SpanView): boolean {
    this.hasRoles = this.roles.scan(attributes, workspace.view)
    this.values.reset(workspace.bytes, workspace.view)
    return this.hasRoles
  }

  /** Does what `read` does, for the span in `[start, end)`, without a view of it; one of the answers above. */
  readOrdinary(bytes: Uint8Array, view: DataView, start: number, end: number): number {
    if (this.#ordinary.isAlike) return this.#readBehindCall(bytes, view, start, end)
    return mayBeCall(view, start, end) ? this.#readPossible(bytes, view, start, end) : noCall
  }

  #readBehindCall(bytes: Uint8Array, view: DataView, start: number, end: number): number {
    if (this.#ordinary.readAlike(bytes, view, start, end)) return this.#readFields(bytes, view)
    if (!mayBeCall(view, start, end)) return noCall
    this.#ordinary.isTried = true
    return this.#readPossible(bytes, view, start, end)
  }

  #readPossible(bytes: Uint8Array, view: DataView, start: number, end: number): number {
    return this.#ordinary.read(bytes, view, start, end) ? this.#readFields(bytes, view) : unusualCall
  }

  #readFields(bytes: Uint8Array, view: DataView): number {
    const { shape } = this.roles
    this.values.reset(bytes, view)
    if (shape !== undefined && this.#readUsual(shape)) return isCall
    if (this.roles.isEmpty) return noCall
    return this.#readCall(undefined)
  }

  /** Does what `#readCall` does for a call with names that are known, which says what it used and nothing else of its price. */
  #readUsual(shape: CallShape): boolean {
    if (!shape.isKnown) return false
    const names = shape.names.find(shape.combination)
    if (names === undefined || names.kind !== 'inference') return false
    const counts = this.#countsOf(shape)
    if (!counts.areAll || !fillUsage(this.usage, counts, this.values, this.roles.traits)) return false
    this.names = names
    this.existingCost = Number.NaN
    this.serviceTier = names.serviceTier
    this.processing = names.processing
    if ((this.roles.traits & traitParameters) !== 0 && this.serviceTier === '') {
      this.serviceTier = shape.parametersTier ?? this.#tierInParameters()
    }
    return true
  }

  /** `view` is the span's, where it is read through one. */
  #readCall(view: SpanView | undefined): number {
    const { values } = this
    this.names = this.#namesMemo.find(values, this.roles.shape)
    let { kind } = this.names
    const hasModel = values.has(place.requestModel) || values.has(place.responseModel)
    const hasCost =
      (this.roles.traits & traitCost) !== 0 && (values.has(place.existingCost) || values.has(place.existingCostDetails))
    const isWrapper = kind === 'wrapper'
    if (isWrapper) {
      if (!hasModel || !(hasCost || this.span.isNamed(wholeRunName))) return noCall
      if (view === undefined) return unusualCall
      if (!reportsWholeRuns(view.scope.name)) return noCall
      kind = 'inference'
    }
    const hasUsage = this.#readUsage()
    if (isWrapper && !hasUsage && !hasCost) return noCall
    if (kind === 'inference') {
      if (!hasModel && !hasUsage && !hasCost) return noCall
      if (!hasUsage) {
        if (view !== undefined) this.#readUsageOfEvents(view)
        else if (this.#ordinary.has(otlp.spanEvents)) return unusualCall
      }
    } else if (!hasModel || (!hasUsage && !hasCost) || this.#isNamedAsWrapper()) return noCall
    this.#readRest(hasCost)
    return isCall
  }

  /** Whether the log record is an event that reports a call; `isRepeated` then says whether its span does too. */
  readEvent(record: LogRecordView): boolean {
    const { message } = record
    if (!message.has(otlp.logEventName) && message.lacksAttribute(eventNameKey)) return false
    const { attributes, scope } = record
    const { workspace } = message
    const { values } = this
    values.reset(workspace.bytes, workspace.view)
    const event = this.#eventAt(record)
    if (event === undefined || !scope.name.startsWith(event.scope)) return false
    if (event.kind !== '' && this.#textAt(attributes, attributes.find(eventKindKey)) !== event.kind) return false
    if (!this.roles.scan(attributes, workspace.view)) return false
    this.names = this.#namesMemo.find(values)
    const hasCost = values.has(place.existingCost)
    if (!this.#readUsage() && !hasCost) return false
    if (event.countsToolsBeside) this.usage.input += values.number(place.toolTokens) || 0
    this.#readRest(hasCost)
    this.span.takeEvent(record)
    this.isRepeated = event.hasSpan && hasBytes(workspace.bytes, record.spanIdStart, 8)
    return true
  }

  /** Whether the model's answer is that it wants a tool: `TOOL_CALLS`, `tool_use`, alone or in a list. */
  asksForTool(): boolean {
    const { bytes } = this.values
    const end = this.values.end(place.finishReasons) - tool.length
    for (let at = this.values.start(place.finishReasons); at <= end; at++) {
      if (tool.every((letter, i) => (bytes[at + i]! | 0x20) === letter)) return true
    }
    return false
  }

  /** Whether another agent of ours has priced what was read last: it keeps what was found there, and is not booked twice. */
  get isPriced(): boolean {
    return (this.roles.traits & traitCost) !== 0 && this.values.has(place.costStatus)
  }

  /** How it came by its price, as that agent has written it. */
  get costStatus(): string {
    return this.values.text(place.costStatus)
  }

  /** Forgets the request that the last call stood in: a view of it alone keeps all of its memory. */
  release(): void {
    this.values.release()
    this.#eventValues.release()
    this.span.bytes = noBytes
    this.span.view = noView
    this.#ordinary.bytes = noBytes
  }

  #eventAt(record: LogRecordView): CallEvent | undefined {
    const index = record.attributes.find(eventNameKey)
    return callEvents.get(index < 0 ? record.eventName : this.#textAt(record.attributes, index))
  }

  #textAt(attributes: AttributeList, index: number): string {
    return index < 0 ? '' : this.values.textIn(attributes.valueStart(index), attributes.valueEnd(index))
  }

  /** Some instrumentations say by the name alone that a span is an agent's: "agent run", or "researcher run". */
  #isNamedAsWrapper(): boolean {
    const { name } = this.span
    return wrapperName.test(name) || (name.endsWith(' run') && this.values.has(place.agentName))
  }

  #readUsage(): boolean {
    const found = fillUsage(this.usage, this.#valueCounts, this.values, this.roles.traits)
    this.#costInBody = Number.NaN
    this.#tierInBody = ''
    return (this.roles.traits & traitBody) === 0 ? found : this.#readBodies(found)
  }

  #countsOf(shape: CallShape): ShapeCounts {
    if (shape !== this.#shape) {
      this.#shape = shape
      let counts = this.#countsByShape.get(shape)
      if (counts === undefined) {
        counts = new ShapeCounts(shape, this.roles.traits, this.values)
        this.#countsByShape.set(shape, counts)
      }
      this.#counts = counts
    }
    return this.#counts!
  }

  #readBodies(isFound: boolean): boolean {
    const { usage, values } = this
    let found = isFound
    usage.open()
    if (values.has(place.usageMetadata)) {
      readUsageMetadata(values.text(place.usageMetadata), usage)
      found ||= !usage.isEmpty
    }
    if (values.has(place.usageBody)) {
      const { cost, tier } = readUsageBody(values.text(place.usageBody), usage)
      this.#costInBody = cost
      this.#tierInBody = tier
      found ||= !usage.isEmpty
    }
    if (values.has(place.answer)) {
      const { cost, tier } = readAnswer(values.text(place.answer), usage)
      this.#costInBody = cost
      this.#tierInBody = tier
      found ||= !usage.isEmpty
    }
    if (values.has(place.inputTokenDetails) || values.has(place.outputTokenDetails)) {
      readTokenDetails(values.text(place.inputTokenDetails), values.text(place.outputTokenDetails), usage)
    }
    if (values.has(place.usageDetails)) {
      readUsageDetails(values.text(place.usageDetails), usage)
      found ||= !Number.isNaN(usage.input) || !Number.isNaN(usage.uncachedInput) || !Number.isNaN(usage.output)
    }
    return found
  }

  /** Streaming instrumentations put the usage on an event; the last one that has it counts. */
  #readUsageOfEvents(span: SpanView): void {
    const roles = this.#eventRoles
    span.events.rewind()
    while (span.events.next()) {
      const { attributes, message } = span.event
      const { bytes, view } = message.workspace
      if (!roles.scan(attributes, view)) continue
      this.#eventValues.reset(bytes, view)
      if (fillUsage(this.#eventUsage, this.#eventCounts, this.#eventValues, traitDetails | traitOtherCounts))
        this.usage.update(this.#eventUsage)
    }
  }

  #readRest(hasCost: boolean): void {
    const { values } = this
    this.existingCost = Number.NaN
    if (hasCost) {
      this.existingCost = values.number(place.existingCost)
      if (Number.isNaN(this.existingCost) && values.has(place.existingCostDetails)) {
        this.existingCost = costOfDetails(values.text(place.existingCostDetails))
        // Of a call that failed, Langfuse writes zeros.
        if (this.existingCost === 0 && this.usage.isEmpty) this.existingCost = Number.NaN
      }
    }
    this.serviceTier = this.names!.serviceTier
    this.processing = this.names!.processing
    const { traits } = this.roles
    if ((traits & traitBody) !== 0) this.#readAnswer()
    // What was asked for, where nothing says what was given.
    if ((traits & traitParameters) !== 0 && this.serviceTier === '') this.serviceTier = this.#tierInParameters()
    if (Number.isNaN(this.existingCost)) this.existingCost = this.#costInBody
    if (!(this.existingCost >= 0 && this.existingCost < 1e12)) this.existingCost = Number.NaN
  }

  #tierInParameters(): string {
    const { values } = this
    return serviceTierIn(values.bytes, values.start(place.callParameters), values.end(place.callParameters))
  }

  /** The tier, and what the call took, as the provider's own words have them. */
  #readAnswer(): void {
    const { values } = this
    if (this.serviceTier === '' || this.#tierInBody === fastTier) this.serviceTier = this.#tierInBody
    if (!values.has(place.providerMetadata)) return
    const { tier, cost } = readProviderMetadata(values.text(place.providerMetadata), this.usage)
    if (this.serviceTier === '' || tier === fastTier) this.serviceTier = tier
    if (!Number.isNaN(cost)) this.#costInBody = cost
  }
}

/** Whether an id stands at `start` (0 for none) that is not all zeros. */
function hasBytes(bytes: Uint8Array, start: number, length: number): boolean {
  if (start === 0) return false
  for (let i = 0; i < length; i++) if (bytes[start + i] !== 0) return true
  return false
}
