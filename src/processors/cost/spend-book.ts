import { scopeValueLengthMax } from '../../component/spend.ts'
import { hashRange, hashSeed } from '../../model-calls/byte-hash.ts'
import { type CallNames, namesSlots } from '../../model-calls/call-names.ts'
import type { CallReader } from '../../model-calls/call-reader.ts'
import type { CallSpan } from '../../model-calls/call-span.ts'
import type { CallValues } from '../../model-calls/call-values.ts'
import { roleIndex } from '../../model-calls/role-traits.ts'
import type { NormalizedUsage } from '../../model-calls/usage.ts'
import { AttributeKey } from '../../pdata/attribute-key.ts'
import { ValueReader } from '../../pdata/value.ts'
import type { ResourceView } from '../../pdata/views.ts'
import type { ModelEntry } from './model-memo.ts'
import type { CallCost } from './price-vector.ts'
import { add, countName, SpendAccount } from './spend-counts.ts'

const accountsMax = 2048
/** Slots of the first look. */
const recentCount = 256
const serviceName = new AttributeKey('service.name')
const teamKey = new AttributeKey('team')
const operationPlace = roleIndex('operation')
const agentPlace = roleIndex('agentName')
const teamPlace = roleIndex('team')
const accountPlaces = [operationPlace, agentPlace, teamPlace]
const noBytes = new Uint8Array(0)
const noCounts: ReadonlyMap<string, number> = new Map()

/** What has one combination of scopes' values cost, or how many calls have one reason to have no price. */
interface NamedAmount {
  readonly name: string
  amount: number
}

/** Where the calls of a resource with these names are booked. */
interface NamedAccount {
  readonly names: CallNames
  readonly entry: ModelEntry
  readonly resource: number
  readonly account: SpendAccount
}

/** Sums what the calls of a request cost by who is to pay, until `take` asks. */
export class SpendBook {
  readonly #accounts = new Map<number, SpendAccount>()
  readonly #recent: (SpendAccount | undefined)[] = new Array(recentCount).fill(undefined)
  /** Those that have anything. */
  readonly #open: SpendAccount[] = []
  readonly #amounts = new Map<number, NamedAmount>()
  readonly #openAmounts: NamedAmount[] = []
  /** By model and reason. */
  readonly #unpriced = new Map<ModelEntry, Map<string, NamedAmount>>()
  readonly #scopes: readonly string[]
  readonly #scopeKeys: readonly AttributeKey[]
  readonly #value = new ValueReader()
  #others = new Map<string, number>()
  #resource: ResourceView | undefined
  /** Of the resource, 53 bits of its service's name and of the scopes' values; known once a call has asked. */
  #isResourceRead = false
  #service = ''
  #serviceLow = 0
  #serviceHigh = 0
  /** Counts changes of what the accounts see of the resource. */
  #resourceNumber = 0
  /** Where calls that named neither agent nor team were booked, by the slot of their names. */
  readonly #byNames: (NamedAccount | undefined)[] = new Array(namesSlots).fill(undefined)
  #scopesLow = 0
  #scopesHigh = 0

  /** `scopes` are the attribute keys that budgets ask for, each once; `trace_id` is the trace's id. */
  constructor(scopes: readonly string[]) {
    this.#scopes = scopes
    this.#scopeKeys = scopes.map(scope => new AttributeKey(scope))
  }

  /** A resource begins, whose view is read when a call asks. */
  enterResource(resource: ResourceView): void {
    this.#resource = resource
    this.#isResourceRead = false
  }

  /** The call that `reader` has read last; its roles note the scopes' keys. */
  bookCall(reader: CallReader, entry: ModelEntry, { total }: CallCost, usage: NormalizedUsage): void {
    const account = this.#accountOf(reader, entry)
    const { amounts } = account
    if (amounts[1] === 0) this.#open.push(account)
    amounts[0]! += total
    amounts[1]! += 1
    amounts[2]! += usage.input
    amounts[3]! += usage.output
    amounts[4]! += usage.cacheRead
    amounts[5]! += usage.cacheWrite
    amounts[6]! += usage.reasoning
    if (this.#scopes.length > 0) this.#bookScopes(reader, total)
  }

  bookUnpriced(entry: ModelEntry, reason: string): void {
    let reasons = this.#unpriced.get(entry)
    if (reasons === undefined) {
      if (this.#unpriced.size >= accountsMax) this.#unpriced.clear()
      reasons = new Map()
      this.#unpriced.set(entry, reasons)
    }
    let account = reasons.get(reason)
    if (account === undefined) {
      const { providerId, modelId } = entry.resolved
      account = { name: countName('unpriced', [providerId, modelId, reason]), amount: 0 }
      reasons.set(reason, account)
    }
    this.#addTo(account, 1)
  }

  /** A paid operation that is no model call; the roles of `reader` are those of its span. */
  bookOperation(reader: CallReader, operation: string, cost: number): void {
    if (!this.#isResourceRead) this.#readResource()
    const values = ['', '', operation, this.#service, '', '']
    add(this.#others, countName('cost', values), cost)
    add(this.#others, countName('calls', values), 1)
    this.#bookScopes(reader, cost)
  }

  take(): ReadonlyMap<string, number> {
    if (this.#open.length === 0 && this.#openAmounts.length === 0 && this.#others.size === 0) return noCounts
    const counts = this.#others
    for (const account of this.#open) account.moveTo(counts)
    for (const account of this.#openAmounts) {
      add(counts, account.name, account.amount)
      account.amount = 0
    }
    this.#close()
    this.#others = new Map()
    return counts
  }

  /** Forgets what was booked since `take`. */
  discard(): void {
    for (const account of this.#open) account.reset()
    for (const account of this.#openAmounts) account.amount = 0
    this.#close()
    this.#others.clear()
  }

  /** Forgets the request that the last call stood in. */
  release(): void {
    this.#value.reset(noBytes, 0, 0)
    this.#resource = undefined
    this.#isResourceRead = false
  }

  #close(): void {
    this.#open.length = 0
    this.#openAmounts.length = 0
    if (this.#accounts.size > accountsMax) {
      this.#accounts.clear()
      this.#recent.fill(undefined)
      this.#byNames.fill(undefined)
    }
    if (this.#amounts.size > accountsMax) this.#amounts.clear()
  }

  #addTo(account: NamedAmount, amount: number): void {
    if (account.amount === 0) this.#openAmounts.push(account)
    account.amount += amount
  }

  /** Found by hashes of the raw values, so that a call that looks like others costs no text. */
  #accountOf({ names, values }: CallReader, entry: ModelEntry): SpendAccount {
    if (!this.#isResourceRead) this.#readResource()
    if (values.has(agentPlace) || values.has(teamPlace)) return this.#findAccount(values, entry)
    // Who names nobody is told by the names that are looked at anyway.
    const slot = names!.slot
    const known = this.#byNames[slot]
    if (
      known !== undefined &&
      known.names === names &&
      known.entry === entry &&
      known.resource === this.#resourceNumber
    ) {
      return known.account
    }
    const account = this.#findAccount(values, entry)
    this.#byNames[slot] = { names: names!, entry, resource: this.#resourceNumber, account }
    return account
  }

  #findAccount(values: CallValues, entry: ModelEntry): SpendAccount {
    let low = Math.imul(this.#serviceLow ^ entry.id, 0x01000193)
    let high = Math.imul(this.#serviceHigh ^ entry.id, 0x85ebca6b)
    for (let i = 0; i < accountPlaces.length; i++) {
      const place = accountPlaces[i]!
      if (!values.has(place)) continue
      low = hashRange(low + i, values.view, values.start(place), values.end(place))
      high = hashRange(high + i, values.view, values.start(place), values.end(place))
    }
    const slot = Math.imul(low, 0x9e3779b1) >>> 24
    const recent = this.#recent[slot]
    if (recent !== undefined && recent.low === low && recent.high === high) return recent
    const hash = wide(low, high)
    let account = this.#accounts.get(hash)
    if (account === undefined) {
      const { providerId, modelId } = entry.resolved
      const operation = values.text(operationPlace) || 'inference'
      const agent = values.text(agentPlace)
      const team = values.text(teamPlace) || this.#resourceText(teamKey)
      account = new SpendAccount(low, high, [providerId, modelId, operation, this.#service, agent, team])
      this.#accounts.set(hash, account)
    }
    this.#recent[slot] = account
    return account
  }

  #readResource(): void {
    this.#isResourceRead = true
    // Not for the label alone: two resources of one service may be of two teams.
    const low = this.#hashResource(this.#hashResource(hashSeed, serviceName), teamKey)
    const high = this.#hashResource(this.#hashResource(~hashSeed, serviceName), teamKey)
    if (low !== this.#serviceLow || high !== this.#serviceHigh || this.#resourceNumber === 0) {
      this.#resourceNumber++
      this.#service = this.#resourceText(serviceName)
      this.#serviceLow = low
      this.#serviceHigh = high
    }
    this.#scopesLow = hashSeed
    this.#scopesHigh = ~hashSeed
    for (const key of this.#scopeKeys) {
      this.#scopesLow = this.#hashResource(this.#scopesLow, key)
      this.#scopesHigh = this.#hashResource(this.#scopesHigh, key)
    }
  }

  /** Found by 53 bits of the raw values, those of the span and those of its resource. */
  #bookScopes(reader: CallReader, cost: number): void {
    if (this.#scopes.length === 0 || cost === 0) return
    const { span, roles, values } = reader
    let low = this.#scopesLow
    let high = this.#scopesHigh
    for (let i = 0; i < this.#scopes.length; i++) {
      let start = roles.ownStarts[i]!
      let end = roles.ownEnds[i]!
      if (this.#scopes[i] === 'trace_id') {
        start = span.traceIdStart
        end = start + 16
        if (start === 0) continue
      } else if (start < 0) {
        start = 0
        end = 0
      }
      low = hashRange(low, values.view, start, end)
      high = hashRange(high, values.view, start, end)
    }
    const hash = wide(low, high)
    let account = this.#amounts.get(hash)
    if (account === undefined) {
      account = { name: countName('spend', this.#scopeValues(reader)), amount: 0 }
      this.#amounts.set(hash, account)
    }
    this.#addTo(account, cost)
  }

  #scopeValues({ span, roles, values }: CallReader): string[] {
    return this.#scopeKeys.map((key, i) => {
      if (this.#scopes[i] === 'trace_id') return traceId(span)
      const start = roles.ownStarts[i]!
      const value = (start < 0 ? '' : values.textIn(start, roles.ownEnds[i]!)) || this.#resourceText(key)
      return value.slice(0, scopeValueLengthMax)
    })
  }

  #hashResource(hash: number, key: AttributeKey): number {
    const { attributes, message } = this.#resource!
    const index = attributes.find(key)
    const start = index < 0 ? 0 : attributes.valueStart(index)
    const end = index < 0 ? 0 : attributes.valueEnd(index)
    return hashRange(hash, message.workspace.view, start, end)
  }

  #resourceText(key: AttributeKey): string {
    const { attributes, message } = this.#resource!
    const index = attributes.find(key)
    if (index < 0) return ''
    const { bytes } = message.workspace
    const value = this.#value.reset(bytes, attributes.valueStart(index), attributes.valueEnd(index)).toJs()
    return value === undefined || typeof value === 'object' ? '' : String(value)
  }
}

function traceId({ traceIdStart, bytes }: CallSpan): string {
  return traceIdStart === 0 ? '' : Buffer.from(bytes.subarray(traceIdStart, traceIdStart + 16)).toString('hex')
}

/** 53 bits of two hashes as one exact number. */
function wide(low: number, high: number): number {
  return (low >>> 0) + (high & 0x1fffff) * 0x1_0000_0000
}
