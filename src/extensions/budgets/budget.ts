import type { BudgetConfig } from './config.ts'
import { calendarPeriod, type Period } from './period.ts'
import { RollingSum, type SumSnapshot } from './rolling-sum.ts'
import { Sum } from './sum.ts'

export type AlertKind = 'threshold' | 'burn_rate'

/** What goes out when a budget is touched; the keys of its JSON are snake_case, see `alertJson`. */
export interface Alert {
  readonly kind: AlertKind
  readonly budget: string
  /** The attribute keys of the scope, outermost first; empty for a budget over everything. */
  readonly scope: readonly string[]
  readonly scopeValue: string
  /** The fraction of the limit that was reached, or the factor of a burn rate. */
  readonly threshold: number
  readonly spent: number
  readonly limit: number
  readonly currency: string
  readonly period: string
  readonly periodStartMs: number
  readonly periodEndMs: number | undefined
  /** What will have been spent at the period's end if it goes on like this; undefined where the period has no end. */
  readonly forecast: number | undefined
  /** When the limit will be reached at this rate; undefined if not within the period. */
  readonly exhaustionMs: number | undefined
  readonly timeMs: number
}

export type Decision = 'allow' | 'warn' | 'deny'

export interface BudgetStatus {
  readonly budget: string
  readonly scope: readonly string[]
  readonly scopeValue: string
  readonly decision: Decision
  readonly spent: number
  readonly limit: number
  readonly remaining: number
  readonly currency: string
  readonly period: string
  readonly periodStartMs: number
  readonly periodEndMs: number | undefined
  readonly forecast: number | undefined
  readonly exhaustionMs: number | undefined
}

/** What must be known again after a restart. */
export interface ScopeSnapshot {
  readonly scopeValue: string
  readonly periodStartMs: number
  readonly spent: number
  readonly fired: readonly number[]
  readonly burnFired: boolean
  /** Those of a rolling period. */
  readonly slots?: SumSnapshot['slots']
  readonly slotMs?: number
  /** Of the windows of a burn rate, the long one first; absent in an update in which they have no new slot. */
  readonly burn?: readonly [SumSnapshot, SumSnapshot]
  readonly lastMs: number
}

interface ScopeState {
  period: Period
  /** The period that a clock set back by days has left open. */
  ahead: Period | undefined
  spent: Sum
  rolling: RollingSum | undefined
  burnLong: RollingSum | undefined
  burnShort: RollingSum | undefined
  fired: Set<number>
  burnFired: boolean
  /** Of the short window, when the windows were last in a snapshot. */
  burnSlot: number
  firstMs: number
  lastMs: number
}

const endless = Number.MAX_SAFE_INTEGER
/** How far a clock may be set back before it is said to have been wrong. */
const clockSlackMs = 86_400_000

/**
 * One budget over all values of its scope. It has no clock and no I/O: spends go in with their time, alerts come out, so
 * a month plays in a test. An alert fires once per threshold and period; in a rolling period it fires again only after
 * the spend has fallen clearly below.
 */
export class Budget {
  readonly config: BudgetConfig
  /** In order of use, the least recent first. */
  readonly #scopes = new Map<string, ScopeState>()
  #forgotten = 0
  #latestPeriod: Period = { startMs: 0, endMs: 0 }

  constructor(config: BudgetConfig) {
    this.config = config
  }

  get scopeCount(): number {
    return this.#scopes.size
  }

  /** Whether something was spent under that value. */
  has(scopeValue: string): boolean {
    return this.#scopes.has(scopeValue)
  }

  /** Scope values that were dropped for `scopes_max`. */
  get forgottenCount(): number {
    return this.#forgotten
  }

  /** Adds a spend at `nowMs` and returns what must be told. */
  spend(scopeValue: string, amount: number, nowMs: number): Alert[] {
    const state = this.#stateOf(scopeValue, nowMs)
    state.spent.add(amount)
    state.rolling?.add(nowMs, amount)
    state.burnLong?.add(nowMs, amount)
    state.burnShort?.add(nowMs, amount)
    return this.#alertsOf(scopeValue, state, nowMs)
  }

  status(scopeValue: string, nowMs: number): BudgetStatus {
    const state = this.#scopes.get(scopeValue)
    if (state !== undefined) this.#roll(state, nowMs)
    const spent = state === undefined ? 0 : shown(this.#spentOf(state, nowMs))
    const { name, scope, limit, currency, period } = this.config
    const warnAt = Math.min(...this.config.thresholds.filter(threshold => threshold > 0), 1)
    return {
      budget: name,
      scope,
      scopeValue,
      decision: this.#reaches(spent, 1) ? 'deny' : this.#reaches(spent, warnAt) ? 'warn' : 'allow',
      spent,
      limit,
      remaining: Math.max(0, shown(limit - spent)),
      currency,
      period,
      ...this.#outlook(state, spent, nowMs),
    }
  }

  *statuses(nowMs: number): Generator<BudgetStatus> {
    for (const scopeValue of this.#scopes.keys()) yield this.status(scopeValue, nowMs)
  }

  /** An update leaves out the windows of a burn rate, which are long, until they have another slot: seconds of them are lost. */
  snapshot(scopeValue: string, isUpdate = false): ScopeSnapshot | undefined {
    const state = this.#scopes.get(scopeValue)
    if (state === undefined) return undefined
    const { burnLong, burnShort, lastMs } = state
    const burnSlot = burnShort === undefined ? 0 : Math.floor(lastMs / burnShort.slotMs)
    const hasBurn = burnLong !== undefined && burnShort !== undefined && !(isUpdate && burnSlot === state.burnSlot)
    if (hasBurn) state.burnSlot = burnSlot
    return {
      scopeValue,
      periodStartMs: state.period.startMs,
      spent: state.spent.value,
      fired: [...state.fired],
      burnFired: state.burnFired,
      ...state.rolling?.snapshot(),
      ...(hasBurn && { burn: [burnLong.snapshot(), burnShort.snapshot()] as const }),
      lastMs,
    }
  }

  *snapshots(): Generator<ScopeSnapshot> {
    for (const scopeValue of this.#scopes.keys()) yield this.snapshot(scopeValue)!
  }

  /** Takes a snapshot back; one of a period that is over counts for nothing but its scope's last use. */
  restore(snapshot: ScopeSnapshot, nowMs: number): void {
    const state = this.#newState(snapshot.lastMs)
    state.spent = Sum.of(snapshot.spent)
    state.fired = new Set(snapshot.fired)
    state.burnFired = snapshot.burnFired
    state.lastMs = snapshot.lastMs
    if (this.#isCalendar) state.period = this.#periodAt(snapshot.periodStartMs)
    else state.period = { startMs: snapshot.periodStartMs, endMs: endless }
    const { slots, slotMs, burn } = snapshot
    if (slots !== undefined) state.rolling?.restore({ slots, ...(slotMs !== undefined && { slotMs }) })
    if (burn !== undefined) {
      state.burnLong?.restore(burn[0])
      state.burnShort?.restore(burn[1])
    }
    this.#scopes.set(snapshot.scopeValue, state)
    this.#roll(state, nowMs)
    this.#forgetOldest()
  }

  get #isCalendar(): boolean {
    return this.config.period === 'day' || this.config.period === 'week' || this.config.period === 'month'
  }

  #stateOf(scopeValue: string, nowMs: number): ScopeState {
    let state = this.#scopes.get(scopeValue)
    if (state !== undefined && this.config.period === 'total' && nowMs - state.lastMs > this.config.windowMs) {
      state = undefined // an idle trace or session is over; the same value later is another one
    }
    if (state === undefined) state = this.#newState(nowMs)
    else {
      this.#scopes.delete(scopeValue)
      this.#roll(state, nowMs)
    }
    state.lastMs = Math.max(state.lastMs, nowMs)
    this.#scopes.set(scopeValue, state)
    this.#forgetOldest()
    return state
  }

  #forgetOldest(): void {
    if (this.#scopes.size <= this.config.scopesMax) return
    this.#scopes.delete(this.#scopes.keys().next().value!)
    this.#forgotten++
  }

  #newState(nowMs: number): ScopeState {
    const { burnRate, period, windowMs } = this.config
    return {
      period: this.#isCalendar ? this.#periodAt(nowMs) : { startMs: nowMs, endMs: endless },
      ahead: undefined,
      spent: new Sum(),
      rolling: period === 'rolling' ? new RollingSum(windowMs) : undefined,
      burnLong: burnRate && new RollingSum(burnRate.longWindowMs),
      burnShort: burnRate && new RollingSum(burnRate.shortWindowMs),
      fired: new Set(),
      burnFired: false,
      burnSlot: -1,
      firstMs: nowMs,
      lastMs: nowMs,
    }
  }

  #periodAt(timeMs: number): Period {
    // Thousands of scopes begin in the same period, and finding it in a time zone takes 50 us.
    const known = this.#latestPeriod
    if (timeMs >= known.startMs && timeMs < known.endMs) return known
    const period = calendarPeriod(this.config.period as 'day' | 'week' | 'month', timeMs, this.config.timeZone)
    this.#latestPeriod = period
    return period
  }

  /**
   * Starts a new period where the old one is over. A clock that was set back reopens none: what was told stays told. One
   * that was days ahead would keep its period open until then, so its spends go to the period that it is; where it was the
   * setting back that was wrong, they return.
   */
  #roll(state: ScopeState, nowMs: number): void {
    if (nowMs < state.period.startMs - clockSlackMs) {
      state.ahead ??= state.period
      state.period = this.#isCalendar ? this.#periodAt(nowMs) : { startMs: nowMs, endMs: endless }
      state.firstMs = state.lastMs = nowMs
      return
    }
    if (nowMs < state.period.endMs) return
    const { ahead } = state
    state.ahead = undefined
    state.period = this.#periodAt(nowMs)
    if (ahead?.startMs === state.period.startMs) return
    state.spent = new Sum()
    state.fired.clear()
    state.burnFired = false
    state.firstMs = nowMs
  }

  #spentOf(state: ScopeState, nowMs: number): number {
    return state.rolling === undefined ? state.spent.value : state.rolling.total(nowMs)
  }

  /** Three spends of 0.35 sum to a hair below 1.05: a billionth of the limit decides nothing. */
  #reaches(spent: number, threshold: number): boolean {
    const { limit } = this.config
    return spent >= threshold * limit - limit * 1e-9
  }

  #alertsOf(scopeValue: string, state: ScopeState, nowMs: number): Alert[] {
    const { limit, thresholds, hysteresis, burnRate } = this.config
    const spent = this.#spentOf(state, nowMs)
    const alerts: Alert[] = []
    for (const threshold of thresholds.toSorted((a, b) => a - b)) {
      if (this.#reaches(spent, threshold)) {
        if (!state.fired.has(threshold)) {
          state.fired.add(threshold)
          alerts.push(this.#alert('threshold', scopeValue, threshold, state, spent, nowMs))
        }
      } else if (spent < (threshold - hysteresis) * limit) state.fired.delete(threshold)
    }
    if (burnRate !== undefined && state.burnLong !== undefined && state.burnShort !== undefined) {
      const even = limit / this.#lengthMs(state)
      const isFast = (sum: RollingSum, windowMs: number) => sum.total(nowMs) / windowMs >= even * burnRate.factor
      const isBurning = isFast(state.burnLong, burnRate.longWindowMs) && isFast(state.burnShort, burnRate.shortWindowMs)
      if (isBurning && !state.burnFired) {
        alerts.push(this.#alert('burn_rate', scopeValue, burnRate.factor, state, spent, nowMs))
      }
      state.burnFired = isBurning
    }
    return alerts
  }

  #lengthMs(state: ScopeState): number {
    return this.#isCalendar ? state.period.endMs - state.period.startMs : this.config.windowMs
  }

  #alert(
    kind: AlertKind,
    scopeValue: string,
    threshold: number,
    state: ScopeState,
    spent: number,
    nowMs: number,
  ): Alert {
    const { name, scope, limit, currency, period } = this.config
    return {
      kind,
      budget: name,
      scope,
      scopeValue,
      threshold,
      spent: shown(spent),
      limit,
      currency,
      period,
      ...this.#outlook(state, spent, nowMs),
      timeMs: nowMs,
    }
  }

  /** Straight on from the spend so far; in a rolling period the window itself is the forecast. */
  #outlook(state: ScopeState | undefined, spent: number, nowMs: number) {
    const period = state?.period ?? (this.#isCalendar ? this.#periodAt(nowMs) : { startMs: nowMs, endMs: endless })
    const hasEnd = this.#isCalendar
    const elapsedMs = Math.max(nowMs - period.startMs, 60_000)
    const ratePerMs = spent / elapsedMs
    const exhaustionMs = ratePerMs > 0 ? nowMs + Math.max(0, this.config.limit - spent) / ratePerMs : undefined
    return {
      periodStartMs: period.startMs,
      periodEndMs: hasEnd ? period.endMs : undefined,
      forecast: hasEnd
        ? spent + ratePerMs * Math.max(0, period.endMs - nowMs)
        : this.config.period === 'rolling'
          ? spent
          : undefined,
      exhaustionMs:
        exhaustionMs !== undefined && hasEnd && exhaustionMs < period.endMs ? Math.round(exhaustionMs) : undefined,
    }
  }
}

/** Without what comes of adding doubles. */
const shown = (amount: number) => Number(amount.toPrecision(15))
const isoTime = (timeMs: number | undefined) => (timeMs === undefined ? null : new Date(timeMs).toISOString())

/** The alert as it is posted. */
export function alertJson(alert: Alert) {
  return {
    kind: alert.kind,
    budget: alert.budget,
    scope: alert.scope.join('/'),
    scope_value: alert.scopeValue,
    threshold: alert.threshold,
    spent: alert.spent,
    limit: alert.limit,
    currency: alert.currency,
    period: alert.period,
    period_start: isoTime(alert.periodStartMs),
    period_end: isoTime(alert.periodEndMs),
    forecast: alert.forecast ?? null,
    exhausted_at: isoTime(alert.exhaustionMs),
    time: isoTime(alert.timeMs),
  }
}

export function statusJson(status: BudgetStatus) {
  return {
    decision: status.decision,
    budget: status.budget,
    scope: status.scope.join('/'),
    scope_value: status.scopeValue,
    spent: status.spent,
    limit: status.limit,
    remaining: status.remaining,
    currency: status.currency,
    period: status.period,
    period_start: isoTime(status.periodStartMs),
    period_end: isoTime(status.periodEndMs),
    forecast: status.forecast ?? null,
    exhausted_at: isoTime(status.exhaustionMs),
  }
}
