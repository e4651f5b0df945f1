import type { SpanView } from '../pdata/views.ts'
import { AttributeRoles, roleIndex } from './attribute-roles.ts'
import { hashBytes, hashSeed } from './byte-hash.ts'
import { mayBeCall } from './call-filter.ts'
import { CallValues } from './call-values.ts'
import { type CallKind, callKindOf, type Role } from './dialects.ts'
import { costOfDetails, readProviderMetadata, readUsageDetails } from './provider-metadata.ts'
import { ReportedUsage } from './usage.ts'

const rememberedKindsMax = 1024
/** Span names of wrappers whose instrumentation says nothing else about what they are. */
const wrapperName = /^(?:agent run|running tools?|invoke_agent|create_agent|execute_tool|invoke_workflow)\b/i

/** Roles that say how much was used, with the field of `ReportedUsage` that they fill. */
const usageRoles: readonly (readonly [role: Role, field: Exclude<keyof ReportedUsage, 'reset'>])[] = [
  ['inputTokens', 'input'],
  ['outputTokens', 'output'],
  ['totalTokens', 'total'],
  ['cacheReadTokens', 'cacheRead'],
  ['cacheWriteTokens', 'cacheWrite'],
  ['cacheWrite5mTokens', 'cacheWrite5m'],
  ['cacheWrite1hTokens', 'cacheWrite1h'],
  ['uncachedInputTokens', 'uncachedInput'],
  ['reasoningTokens', 'reasoning'],
  ['inputAudioTokens', 'inputAudio'],
  ['outputAudioTokens', 'outputAudio'],
  ['inputImageTokens', 'inputImage'],
  ['outputImageTokens', 'outputImage'],
  ['webSearches', 'webSearches'],
  ['audioSeconds', 'audioSeconds'],
  ['inputCharacters', 'inputCharacters'],
]

const usagePlaces = usageRoles.map(([role, field]) => ({ place: roleIndex(role), field }))
const place = {
  requestModel: roleIndex('requestModel'),
  responseModel: roleIndex('responseModel'),
  operation: roleIndex('operation'),
  spanKind: roleIndex('spanKind'),
  existingCost: roleIndex('existingCost'),
  existingCostDetails: roleIndex('existingCostDetails'),
  usageDetails: roleIndex('usageDetails'),
  providerMetadata: roleIndex('providerMetadata'),
  serviceTier: roleIndex('serviceTier'),
  processing: roleIndex('processing'),
}

/** Tells model calls from other spans and reads what they report. One reader serves all spans; nothing is allocated. */
export class CallReader {
  readonly roles = new AttributeRoles()
  readonly values = new CallValues()
  readonly usage = new ReportedUsage()
  /** NaN where the span has none. */
  existingCost = Number.NaN
  serviceTier = ''
  processing = ''
  readonly #eventRoles = new AttributeRoles()
  readonly #eventValues = new CallValues()
  readonly #kinds = new Map<number, CallKind>()

  /** Whether the span is a call that has a price of its own. Fills the fields if so. */
  read(span: SpanView): boolean {
    const { message } = span
    // What is edited does not stand in the message any more; everything else is told from calls by its keys' first bytes.
    if (!message.isDirty && !mayBeCall(message.workspace.bytes, message.start, message.end)) return false
    const { attributes } = span
    const { bytes } = message.workspace
    if (!this.roles.scan(attributes, bytes)) return false
    const { indexOf } = this.roles
    this.values.reset(attributes, bytes)
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
    const hash = hashBytes(hashSeed, values.bytes, values.start(index), values.end(index))
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
    usage.reset()
    let found = false
    for (const { place: at, field } of usagePlaces) {
      const index = indexOf[at]!
      if (index < 0) continue
      usage[field] = values.number(index)
      found ||= !Number.isNaN(usage[field])
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
      if (!roles.scan(attributes, message.workspace.bytes)) continue
      this.#eventValues.reset(attributes, message.workspace.bytes)
      for (const { place: at, field } of usagePlaces) {
        const index = roles.indexOf[at]!
        if (index < 0) continue
        this.usage[field] = this.#eventValues.number(index)
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
