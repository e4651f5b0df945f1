import { CallReader } from '../../model-calls/call-reader.ts'
import { ScopeCountings, type ScopeHabits } from '../../model-calls/scope-countings.ts'
import type { CacheCounting, ReportedUsage } from '../../model-calls/usage.ts'
import type { ResourceView, ScopeView } from '../../pdata/views.ts'
import { CallDuplicates } from './call-duplicates.ts'
import type { CostConfig } from './config.ts'
import { type CostContext, eventPricers, spanPricers } from './cost-context.ts'
import { type CostStatus, Pricer } from './pricer.ts'
import { SpendBook } from './spend-book.ts'
import { countName } from './spend-counts.ts'

/** What a record says of how its cost came about. */
export type WrittenStatus = CostStatus | 'duplicate'

/** Prices and books one call after the other, however they were read. */
export class CallPricing {
  readonly reader: CallReader
  readonly book: SpendBook
  readonly #config: CostConfig
  readonly #hasPriceFile: boolean
  readonly #deduplicates: boolean
  readonly #calls: SharedArrayBuffer | undefined
  readonly #countings: ScopeCountings
  readonly #pricers: Int32Array | undefined
  #duplicates: CallDuplicates | undefined
  #pricer: Pricer | undefined
  #nowMs = 0
  /** Of the scope that the calls are in; undefined until one asks. */
  #counting: CacheCounting | undefined

  constructor(config: CostConfig, context: CostContext) {
    this.#config = config
    this.#hasPriceFile = config.priceFile !== ''
    this.#deduplicates = config.deduplicate
    this.#calls = context.calls
    this.#pricers = context.pricers && new Int32Array(context.pricers)
    this.reader = new CallReader(context.scopes)
    this.book = new SpendBook(context.scopes)
    const ownCountings = config.scopes.map(({ name, cacheCounting }) => [name, cacheCounting] as const)
    this.#countings = new ScopeCountings(config.cacheCounting, new Map(ownCountings))
  }

  /** What it has of the last call; made when the first one comes. */
  get pricer(): Pricer {
    this.#pricer ??= new Pricer(this.#config)
    return this.#pricer
  }

  /** What the calls since the last `take` are booked as, and news of the price file. */
  take(): ReadonlyMap<string, number> {
    const counts = this.book.take()
    const news = this.#pricer?.source.takeFileNews()
    return news === undefined ? counts : new Map([...counts, [countName('file', [news]), 1]])
  }

  /** Forgets the request that the last call stood in: a view of it alone keeps all of its memory. */
  release(): void {
    this.reader.release()
    this.book.release()
  }

  enterResource(resource: ResourceView): void {
    // The global's getter takes longer than a span's whole price: only where a file may change.
    if (this.#hasPriceFile) this.#nowMs = performance.now()
    this.book.enterResource(resource)
  }

  enterScope(): void {
    this.#counting = undefined
  }

  /** Prices the span that `reader` has read last, of that scope. */
  priceCall(scope: ScopeView): WrittenStatus {
    const { pricer, reader } = this
    this.#counting ??= this.#countingOf(scope)
    if (this.#hasPriceFile) pricer.source.lookAtFile(this.#nowMs)
    const deduplicates = this.#deduplicates
    if (deduplicates) this.#duplicates!.expect(reader)
    const { habits } = this.#countings
    // Nearly all scopes; the others are asked for one by one.
    const isElsewhere = !habits.isOrdinary && this.#isPricedElsewhere(habits)
    let status = pricer.price(reader, this.#counting)
    if (!habits.isOrdinary) status = correctedStatus(status, habits, pricer)
    // Where only one of two instrumentations knows the usage, that one has the price.
    const isPriced = status !== 'unknown_model' && status !== 'no_usage'
    const isDuplicate =
      deduplicates && this.#duplicates!.isDuplicate(reader, pricer.usage, pricer.entry!.modelHash, isPriced)
    return this.#booked(isDuplicate || isElsewhere ? 'duplicate' : status, pricer)
  }

  /** Forgets what says nothing in a scope with these habits. Whether another record has the price of the call. */
  #isPricedElsewhere({ zeroCostIsUnknown, zeroUsageIsUnknown, hasEvents }: ScopeHabits): boolean {
    const { reader } = this
    if (reader.existingCost === 0 && zeroCostIsUnknown) reader.existingCost = Number.NaN
    if (zeroUsageIsUnknown) forgetZeros(reader.usage)
    if (!this.#deduplicates) return false
    const isCounted = this.#countings.isCumulative && this.#duplicates!.leaveOutEarlier(reader)
    return isCounted || (hasEvents && (this.#pricers?.[eventPricers] ?? 0) > 0)
  }

  /** The same for an event's log record. */
  priceEvent(scope: ScopeView): WrittenStatus {
    const { pricer, reader } = this
    this.#counting ??= this.#countingOf(scope)
    if (this.#hasPriceFile) pricer.source.lookAtFile(this.#nowMs)
    const status = pricer.price(reader, this.#counting)
    // Its span has the price, where one that prices spans may see it.
    const isRepeated = this.#deduplicates && reader.isRepeated && this.#pricers?.[spanPricers] !== 0
    return this.#booked(isRepeated ? 'duplicate' : status, pricer)
  }

  /** Books what an agent of ours has written on the call that `reader` has read last, of that scope. */
  bookPriced(scope: ScopeView): void {
    const { pricer, reader } = this
    this.#counting ??= this.#countingOf(scope)
    const status = pricer.price(reader, this.#counting)
    this.#booked(reader.costStatus === 'duplicate' ? 'duplicate' : status, pricer)
  }

  #booked(status: WrittenStatus, { entry, cost, usage }: Pricer): WrittenStatus {
    if (status === 'duplicate' || status === 'unknown_model' || status === 'no_usage') {
      this.book.bookUnpriced(entry!, status)
    } else this.book.bookCall(this.reader, entry!, cost, usage)
    return status
  }

  #countingOf(scope: ScopeView): CacheCounting {
    const counting = this.#countings.of(scope)
    this.#duplicates ??= new CallDuplicates(this.#calls)
    this.#duplicates.enterScope(this.#countings.hash)
    return counting
  }
}

/** Leaves counts that are not all zero as they are. */
function forgetZeros(usage: ReportedUsage): void {
  if (usage.input !== 0 || usage.output !== 0) return
  usage.input = usage.output = usage.total = Number.NaN
}

function correctedStatus(status: CostStatus, habits: ScopeHabits, pricer: Pricer): CostStatus {
  if (status === 'reported' && habits.zeroCostIsDoubtful && isUnknownZero(pricer)) return 'unknown_model'
  return habits.isOwnServer && isOfSeller(status, pricer) ? 'unknown_model' : status
}

/** Whether the call has a cost of zero, and nothing else is known of what its model costs. */
function isUnknownZero({ cost, entry }: Pricer): boolean {
  const { priced, overrides } = entry!.resolved
  return cost.total === 0 && priced === undefined && overrides.length === 0
}

/** Whether the price is that of somebody who sells the model, and not one of an override. */
function isOfSeller(status: CostStatus, { origin, entry }: Pricer): boolean {
  return (status === 'priced' || status === 'estimated') && origin === entry!.resolved.priced?.origin
}
