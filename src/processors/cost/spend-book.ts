import { roleIndex } from '../../model-calls/attribute-roles.ts'
import { hashRange, hashSeed } from '../../model-calls/byte-hash.ts'
import type { CallReader } from '../../model-calls/call-reader.ts'
import type { NormalizedUsage } from '../../model-calls/usage.ts'
import { AttributeKey } from '../../pdata/attribute-key.ts'
import type { AttributeList } from '../../pdata/attribute-list.ts'
import { ValueReader } from '../../pdata/value.ts'
import type { LogRecordView, SpanView } from '../../pdata/views.ts'
import type { ModelEntry } from './model-memo.ts'
import { countName, SpendAccount, tokenCounts } from './spend-counts.ts'

const accountsMax = 2048
/** A scope's value is a name; what is longer than any name costs memory for each of thousands. */
const scopeValueLengthMax = 512
const serviceName = new AttributeKey('service.name')
const teamKey = new AttributeKey('team')
const operationPlace = roleIndex('operation')
const agentPlace = roleIndex('agentName')
const teamPlace = roleIndex('team')
const accountPlaces = [operationPlace, agentPlace, teamPlace]
const noCounts: ReadonlyMap<string, number> = new Map()

/** What reports a call: a span, or an event in a log record. */
export type CallCarrier = SpanView | LogRecordView

/** Sums what the calls of a request cost by who is to pay, until `take` asks. */
export class SpendBook {
  readonly #accounts = new Map<number, SpendAccount>()
  readonly #scopeAccounts = new Map<number, { readonly name: string; amount: number }>()
  readonly #scopes: readonly string[]
  readonly #scopeKeys: readonly AttributeKey[]
  readonly #value = new ValueReader()
  #others = new Map<string, number>()
  #service = ''
  #serviceHash = 0
  #hasAccounts = false

  /** `scopes` are the attribute keys that budgets ask for; `trace_id` is the trace's id. */
  constructor(scopes: readonly string[]) {
    this.#scopes = scopes
    this.#scopeKeys = scopes.map(scope => new AttributeKey(scope))
  }

  /** A new resource has begun. */
  enterResource(): void {
    this.#serviceHash = 0
  }

  bookCall(span: CallCarrier, reader: CallReader, entry: ModelEntry, cost: number, usage: NormalizedUsage): void {
    const account = this.#accountOf(span, reader, entry)
    account.cost += cost
    account.calls++
    const { tokens } = account
    tokens[0]! += usage.input
    tokens[1]! += usage.output
    tokens[2]! += usage.cacheRead
    tokens[3]! += usage.cacheWrite
    tokens[4]! += usage.reasoning
    this.#hasAccounts = true
    this.#bookScopes(span, cost)
  }

  bookUnpriced(entry: ModelEntry, reason: string): void {
    this.#add(countName('unpriced', [entry.resolved.providerId, entry.resolved.modelId, reason]), 1)
  }

  /** A paid operation that is no model call. */
  bookOperation(span: CallCarrier, operation: string, cost: number): void {
    const values = ['', '', operation, this.#serviceOf(span), '', '']
    this.#add(countName('cost', values), cost)
    this.#add(countName('calls', values), 1)
    this.#bookScopes(span, cost)
  }

  take(): ReadonlyMap<string, number> {
    if (!this.#hasAccounts && this.#others.size === 0) return noCounts
    const counts = this.#others
    for (const account of this.#accounts.values()) {
      if (account.isEmpty) continue
      counts.set(countName('cost', account.values), account.cost)
      counts.set(countName('calls', account.values), account.calls)
      tokenCounts.forEach((kind, i) => {
        if (account.tokens[i]! > 0) counts.set(countName(kind, account.values), account.tokens[i]!)
      })
      account.reset()
    }
    for (const account of this.#scopeAccounts.values()) {
      // Two values may be one once they are cut.
      if (account.amount !== 0) counts.set(account.name, (counts.get(account.name) ?? 0) + account.amount)
      account.amount = 0
    }
    if (this.#accounts.size > accountsMax) this.#accounts.clear()
    if (this.#scopeAccounts.size > accountsMax) this.#scopeAccounts.clear()
    this.#others = new Map()
    this.#hasAccounts = false
    return counts
  }

  #add(name: string, count: number): void {
    this.#others.set(name, (this.#others.get(name) ?? 0) + count)
  }

  /** Found by hashes of the raw values, so that a call that looks like others costs no text. */
  #accountOf(span: CallCarrier, { roles, values }: CallReader, entry: ModelEntry): SpendAccount {
    const service = this.#serviceOf(span)
    let hash = Math.imul(this.#serviceHash ^ entry.id, 0x01000193)
    for (let i = 0; i < accountPlaces.length; i++) {
      const index = roles.indexOf[accountPlaces[i]!]!
      if (index >= 0) hash = hashRange(hash + i, values.view, values.start(index), values.end(index))
    }
    let account = this.#accounts.get(hash)
    if (account === undefined) {
      const { providerId, modelId } = entry.resolved
      const operation = values.text(roles.indexOf[operationPlace]!) || 'inference'
      const agent = values.text(roles.indexOf[agentPlace]!)
      const team = values.text(roles.indexOf[teamPlace]!) || this.#text(span.resource.attributes, teamKey, span)
      account = new SpendAccount([providerId, modelId, operation, service, agent, team])
      this.#accounts.set(hash, account)
    }
    return account
  }

  #serviceOf(span: CallCarrier): string {
    if (this.#serviceHash === 0) {
      const { attributes } = span.resource
      const index = attributes.find(serviceName)
      const start = index < 0 ? 0 : attributes.valueStart(index)
      const end = index < 0 ? 0 : attributes.valueEnd(index)
      this.#service = this.#text(attributes, serviceName, span)
      this.#serviceHash = hashRange(hashSeed, span.message.workspace.view, start, end) || 1
    }
    return this.#service
  }

  /** Found by 53 bits of the raw values, those of the span and those of its resource. */
  #bookScopes(span: CallCarrier, cost: number): void {
    if (this.#scopes.length === 0 || cost === 0) return
    const { view } = span.message.workspace
    let low = hashSeed
    let high = ~hashSeed
    for (let i = 0; i < this.#scopes.length; i++) {
      if (this.#scopes[i] === 'trace_id') {
        const start = span.traceIdStart
        if (start > 0) {
          low = hashRange(low, view, start, start + 16)
          high = hashRange(high, view, start, start + 16)
        }
        continue
      }
      const key = this.#scopeKeys[i]!
      for (let level = 0; level < 2; level++) {
        const { attributes } = level === 0 ? span : span.resource
        const index = attributes.find(key)
        const start = index < 0 ? 0 : attributes.valueStart(index)
        const end = index < 0 ? 0 : attributes.valueEnd(index)
        low = hashRange(low, view, start, end)
        high = hashRange(high, view, start, end)
      }
    }
    const hash = (low >>> 0) + (high & 0x1fffff) * 0x1_0000_0000
    let account = this.#scopeAccounts.get(hash)
    if (account === undefined) {
      account = { name: countName('spend', this.#scopeValues(span)), amount: 0 }
      this.#scopeAccounts.set(hash, account)
    }
    account.amount += cost
    this.#hasAccounts = true
  }

  #scopeValues(span: CallCarrier): string[] {
    return this.#scopeKeys.map((key, i) => {
      if (this.#scopes[i] === 'trace_id') return traceId(span)
      const value = this.#text(span.attributes, key, span) || this.#text(span.resource.attributes, key, span)
      return value.slice(0, scopeValueLengthMax)
    })
  }

  #text(attributes: AttributeList, key: AttributeKey, span: CallCarrier): string {
    const index = attributes.find(key)
    if (index < 0) return ''
    const { bytes } = span.message.workspace
    const value = this.#value.reset(bytes, attributes.valueStart(index), attributes.valueEnd(index)).toJs()
    return value === undefined || typeof value === 'object' ? '' : String(value)
  }
}

function traceId(span: CallCarrier): string {
  const start = span.traceIdStart
  return start === 0 ? '' : Buffer.from(span.message.workspace.bytes.subarray(start, start + 16)).toString('hex')
}
