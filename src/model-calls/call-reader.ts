import * as otlp from '../pdata/otlp-fields.ts'
import type { LogRecordView, SpanView } from '../pdata/views.ts'
import { AttributeRoles, roleIndex } from './attribute-roles.ts'
import { hashRange, hashSeed } from './byte-hash.ts'
import { type CallEvent, callEvents, eventKindKey, eventNameKey } from './call-events.ts'
import { mayBeCall } from './call-filter.ts'
import { CallValues } from './call-values.ts'
import { type CallKind, callKindOf } from './dialects.ts'
import {
  costOfDetails,
  readProviderMetadata,
  readTokenDetails,
  readUsageDetails,
  readUsageMetadata,
} from './provider-metadata.ts'
import { ReportedUsage } from './usage.ts'

const rememberedKindsMax = 1024
/** Span names of wrappers whose instrumentation says nothing else about what they are. */
const wrapperName = /^(?:agent run|running tools?|invoke_agent|create_agent|execute_tool|invoke_workflow)\b/i

const place = {
  inputTokens: roleIndex('inputTokens'),
  outputTokens: roleIndex('outputTokens'),
  totalTokens: roleIndex('totalTokens'),
  cacheReadTokens: roleIndex('cacheReadTokens'),
  cacheWriteTokens: roleIndex('cacheWriteTokens'),
  cacheWrite5mTokens: roleIndex('cacheWrite5mTokens'),
  cacheWrite1hTokens: roleIndex('cacheWrite1hTokens'),
  uncachedInputTokens: roleIndex('uncachedInputTokens'),
  reasoningTokens: roleIndex('reasoningTokens'),
  toolTokens: roleIndex('toolTokens'),
  inputAudioTokens: roleIndex('inputAudioTokens'),
  outputAudioTokens: roleIndex('outputAudioTokens'),
  inputImageTokens: roleIndex('inputImageTokens'),
  outputImageTokens: roleIndex('outputImageTokens'),
  webSearches: roleIndex('webSearches'),
  audioSeconds: roleIndex('audioSeconds'),
  inputCharacters: roleIndex('inputCharacters'),
  requestModel: roleIndex('requestModel'),
  responseModel: roleIndex('responseModel'),
  operation: roleIndex('operation'),
  spanKind: roleIndex('spanKind'),
  existingCost: roleIndex('existingCost'),
  existingCostDetails: roleIndex('existingCostDetails'),
  usageDetails: roleIndex('usageDetails'),
  usageMetadata: roleIndex('usageMetadata'),
  inputTokenDetails: roleIndex('inputTokenDetails'),
  outputTokenDetails: roleIndex('outputTokenDetails'),
  providerMetadata: roleIndex('providerMetadata'),
  serviceTier: roleIndex('serviceTier'),
  processing: roleIndex('processing'),
}

/** Tells model calls from other records and reads what they report. One reader serves all; nothing is allocated for spans. */
export class CallReader {
  readonly roles = new AttributeRoles()
  /** Whether `roles` are those of the span that was read last; false where it has none. */
  hasRoles = false
  readonly values = new CallValues()
  readonly usage = new ReportedUsage()
  /** NaN where the span has none. */
  existingCost = Number.NaN
  serviceTier = ''
  processing = ''
  /** Whether what `readEvent` has read is reported by a span too. */
  isRepeated = false
  readonly #eventRoles = new AttributeRoles()
  readonly #eventValues = new CallValues()
  readonly #eventUsage = new ReportedUsage()
  readonly #kinds = new Map<number, CallKind>()

  /** Whether the span is a call that has a price of its own. Fills the fields if so. */
  read(span: SpanView): boolean {
    const { message } = span
    // What is edited does not stand in the message any more; everything else is told from calls by its keys' first bytes.
    this.hasRoles = false
    if (!message.isDirty && !mayBeCall(message.workspace.bytes, message.start, message.end)) return false
    const { attributes } = span
    const { workspace } = message
    if (!this.roles.scan(attributes, workspace.view)) return false
    this.hasRoles = true
    const { indexOf } = this.roles
    this.values.reset(attributes, workspace)
    const kind = this.#kind()
    if (kind === 'wrapper') return false
    const hasModel = indexOf[place.requestModel]! >= 0 || indexOf[place.responseModel]! >= 0
    const hasCost = indexOf[place.existingCost]! >= 0 || indexOf[place.existingCostDetails]! >= 0
    let hasUsage = this.#readUsage()
    if (kind === 'inference') {
      if (!hasModel && !hasUsage && !hasCost) return false
      if (!hasUsage) hasUsage = this.#readUsageOfEvents(span)
    } else if (!hasModel || (!hasUsage && !hasCost) || wrapperName.test(span.name)) return false
    this.#readRest(hasCost)
    return true
  }

  /** Whether the log record is an event that reports a call; `isRepeated` then says whether its span does too. */
  readEvent(record: LogRecordView): boolean {
    const { message } = record
    if (!message.has(otlp.logEventName) && message.lacksAttribute(eventNameKey)) return false
    const { attributes, scope } = record
    const { workspace } = message
    this.values.reset(attributes, workspace)
    const event = this.#eventAt(record)
    if (event === undefined || !scope.name.startsWith(event.scope)) return false
    if (event.kind !== '' && this.values.text(attributes.find(eventKindKey)) !== event.kind) return false
    if (!this.roles.scan(attributes, workspace.view)) return false
    const { indexOf } = this.roles
    const hasCost = indexOf[place.existingCost]! >= 0
    if (!this.#readUsage() && !hasCost) return false
    if (event.countsToolsBeside) this.usage.input += this.values.number(indexOf[place.toolTokens]!) || 0
    this.#readRest(hasCost)
    this.isRepeated = event.hasSpan && hasBytes(workspace.bytes, record.spanIdStart, 8)
    return true
  }

  #eventAt(record: LogRecordView): CallEvent | undefined {
    const index = record.attributes.find(eventNameKey)
    return callEvents.get(index < 0 ? record.eventName : this.values.text(index))
  }

  #kind(): CallKind {
    const { indexOf } = this.roles
    const operation = this.#kindAt(indexOf[place.operation]!)
    if (operation === 'wrapper') return 'wrapper'
    const spanKind = this.#kindAt(indexOf[place.spanKind]!)
    return spanKind === 'unknown' ? operation : spanKind
  }

  #kindAt(index: number): CallKind {
    if (index < 0) return 'unknown'
    const { values } = this
    const hash = hashRange(hashSeed, values.view, values.start(index), values.end(index))
    let kind = this.#kinds.get(hash)
    if (kind === undefined) {
      kind = callKindOf(values.text(index))
      if (this.#kinds.size >= rememberedKindsMax) this.#kinds.clear()
      this.#kinds.set(hash, kind)
    }
    return kind
  }

  #readUsage(): boolean {
    const { usage, values } = this
    const { indexOf } = this.roles
    let found = fillUsage(usage, indexOf, values)
    const metadata = indexOf[place.usageMetadata]!
    if (metadata >= 0) {
      readUsageMetadata(values.text(metadata), usage)
      found ||= !usage.isEmpty
    }
    const inputDetails = indexOf[place.inputTokenDetails]!
    const outputDetails = indexOf[place.outputTokenDetails]!
    if (inputDetails >= 0 || outputDetails >= 0) {
      readTokenDetails(values.text(inputDetails), values.text(outputDetails), usage)
    }
    const details = indexOf[place.usageDetails]!
    if (details >= 0) {
      readUsageDetails(values.text(details), usage)
      found ||= !Number.isNaN(usage.input) || !Number.isNaN(usage.uncachedInput) || !Number.isNaN(usage.output)
    }
    return found
  }

  /** Streaming instrumentations put the usage on an event; the last one that has it counts. */
  #readUsageOfEvents(span: SpanView): boolean {
    const roles = this.#eventRoles
    let found = false
    span.events.rewind()
    while (span.events.next()) {
      const { attributes, message } = span.event
      if (!roles.scan(attributes, message.workspace.view)) continue
      this.#eventValues.reset(attributes, message.workspace)
      if (fillUsage(this.#eventUsage, roles.indexOf, this.#eventValues)) {
        this.usage.update(this.#eventUsage)
        found = true
      }
    }
    return found
  }

  #readRest(hasCost: boolean): void {
    const { values } = this
    const { indexOf } = this.roles
    this.existingCost = Number.NaN
    if (hasCost) {
      this.existingCost = values.number(indexOf[place.existingCost]!)
      const details = indexOf[place.existingCostDetails]!
      if (Number.isNaN(this.existingCost) && details >= 0) this.existingCost = costOfDetails(values.text(details))
      if (!(this.existingCost >= 0 && this.existingCost < 1e12)) this.existingCost = Number.NaN
    }
    this.serviceTier = indexOf[place.serviceTier]! < 0 ? '' : values.text(indexOf[place.serviceTier]!).toLowerCase()
    this.processing = indexOf[place.processing]! < 0 ? '' : values.text(indexOf[place.processing]!).toLowerCase()
    const metadata = indexOf[place.providerMetadata]!
    if (metadata >= 0) this.serviceTier ||= readProviderMetadata(values.text(metadata), this.usage)
  }
}

/** Every field by name: a loop over names would look each of them up. Whether there is any number. */
function fillUsage(usage: ReportedUsage, indexOf: Int32Array, values: CallValues): boolean {
  usage.input = values.number(indexOf[place.inputTokens]!)
  usage.output = values.number(indexOf[place.outputTokens]!)
  usage.total = values.number(indexOf[place.totalTokens]!)
  usage.cacheRead = values.number(indexOf[place.cacheReadTokens]!)
  usage.cacheWrite = values.number(indexOf[place.cacheWriteTokens]!)
  usage.cacheWrite5m = values.number(indexOf[place.cacheWrite5mTokens]!)
  usage.cacheWrite1h = values.number(indexOf[place.cacheWrite1hTokens]!)
  usage.uncachedInput = values.number(indexOf[place.uncachedInputTokens]!)
  usage.reasoning = values.number(indexOf[place.reasoningTokens]!)
  usage.inputAudio = values.number(indexOf[place.inputAudioTokens]!)
  usage.outputAudio = values.number(indexOf[place.outputAudioTokens]!)
  usage.inputImage = values.number(indexOf[place.inputImageTokens]!)
  usage.outputImage = values.number(indexOf[place.outputImageTokens]!)
  usage.webSearches = values.number(indexOf[place.webSearches]!)
  usage.audioSeconds = values.number(indexOf[place.audioSeconds]!)
  usage.inputCharacters = values.number(indexOf[place.inputCharacters]!)
  return !usage.isEmpty
}

/** Whether an id stands at `start` (0 for none) that is not all zeros. */
function hasBytes(bytes: Uint8Array, start: number, length: number): boolean {
  if (start === 0) return false
  for (let i = 0; i < length; i++) if (bytes[start + i] !== 0) return true
  return false
}
