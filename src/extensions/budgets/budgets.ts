import type { Component, ComponentSettings, Deadline } from '../../component/component.ts'
import type { Spend, SpendSink } from '../../component/spend.ts'
import { parseListenAddress } from '../../config/listen-address.ts'
import { alertChannels } from './alert-channels.ts'
import { AlertSender } from './alert-sender.ts'
import { type Alert, Budget, type BudgetStatus } from './budget.ts'
import type { BudgetsConfig } from './config.ts'
import { DecisionApi } from './decision-api.ts'
import { alertId, type StateEntry, StateFile } from './state-file.ts'

/** Keeps the budgets: takes spends, remembers them over restarts, tells about thresholds once, answers who asks. */
export class Budgets implements Component, SpendSink {
  readonly scopes: readonly string[]
  readonly #config: BudgetsConfig
  readonly #settings: ComponentSettings
  readonly #budgets: readonly Budget[]
  /** For each budget the places of its scope's keys in `scopes`. */
  readonly #scopePlaces: readonly (readonly number[])[]
  readonly #senders: ReadonlyMap<string, AlertSender>
  readonly #file: StateFile | undefined
  readonly #api: DecisionApi | undefined
  readonly #removeGauges: (() => void)[] = []
  #isStateBroken = false
  #isStarted = false

  constructor(config: BudgetsConfig, settings: ComponentSettings) {
    this.#config = config
    this.#settings = settings
    this.#budgets = config.budgets.map(budget => new Budget(budget))
    this.scopes = [...new Set(config.budgets.flatMap(budget => budget.scope))]
    this.#scopePlaces = config.budgets.map(({ scope }) => scope.map(key => this.scopes.indexOf(key)))
    this.#file = config.stateFile === '' ? undefined : new StateFile(config.stateFile)
    const { timeoutMs, retryMs, pendingMax } = config.alerts
    this.#senders = new Map(
      alertChannels(config.alerts).map(channel => [
        channel.name,
        new AlertSender({
          channel,
          timeoutMs,
          retryMs,
          pendingMax,
          clock: settings.clock,
          logger: settings.logger,
          metrics: settings.metrics,
          onTold: alert => this.#append({ type: 'told', channel: channel.name, id: alertId(alert) }),
        }),
      ]),
    )
    const address = config.endpoint === undefined ? undefined : parseListenAddress(config.endpoint)
    if (address !== undefined) this.#api = new DecisionApi(this, address.host, address.port)
  }

  /** The decision API's port, 0 without one. */
  get port(): number {
    return this.#api?.port ?? 0
  }

  async start(): Promise<void> {
    if (this.#isStarted) return
    this.#isStarted = true
    this.#restore()
    await this.#api?.start()
    for (const budget of this.#budgets) this.#observe(budget)
  }

  async shutdown(_deadline: Deadline): Promise<void> {
    if (!this.#isStarted) return
    this.#isStarted = false
    for (const remove of this.#removeGauges.splice(0)) remove()
    await this.#api?.shutdown()
    await Promise.all([...this.#senders.values()].map(sender => sender.shutdown()))
    const waiting = [...this.#senders.values()].reduce((sum, sender) => sum + sender.pendingCount, 0)
    if (waiting > 0)
      this.#settings.logger.warn('alerts were not delivered', { count: waiting, kept: this.#file !== undefined })
    this.#file?.close()
  }

  recordSpend(spend: Spend): void {
    const nowMs = this.#settings.clock.wallMs()
    this.#budgets.forEach((budget, index) => {
      const values = this.#scopePlaces[index]!.map(place => spend.scopeValues[place] ?? '')
      // A span without the attribute belongs to no scope of this budget.
      if (values.some(value => value === '')) return
      const scopeValue = values.join('/')
      const alerts = budget.spend(scopeValue, spend.amount, nowMs)
      for (const alert of alerts) this.#tell(alert)
      // In one write: a kill in between would forget that the threshold has fired, or that its alert is to be told.
      this.#append(
        ...alerts.flatMap(alert =>
          [...this.#senders.keys()].map(channel => ({ type: 'alert' as const, channel, alert })),
        ),
        { type: 'scope', budget: budget.config.name, snapshot: budget.snapshot(scopeValue)! },
      )
      for (const alert of alerts) for (const sender of this.#senders.values()) sender.enqueue(alert)
    })
    if (this.#file?.wantsCompaction) this.#compact()
  }

  statusesOf(scopePath: string): BudgetStatus[] {
    const nowMs = this.#settings.clock.wallMs()
    const parts = scopePath === '' ? [] : scopePath.split('/')
    return this.#budgets.flatMap(budget => {
      const depth = budget.config.scope.length
      // A budget over an outer scope binds what is inside it; a value with a slash of its own belongs to a single key.
      if (depth > parts.length) return []
      const value =
        depth === 1 && parts.length > 1 && !this.#hasDeeperScope(budget) ? scopePath : parts.slice(0, depth).join('/')
      return [budget.status(value, nowMs)]
    })
  }

  allStatuses(): BudgetStatus[] {
    const nowMs = this.#settings.clock.wallMs()
    return this.#budgets.flatMap(budget => [...budget.statuses(nowMs)])
  }

  #hasDeeperScope(budget: Budget): boolean {
    return this.#budgets.some(({ config }) => config.scope.length > 1 && config.scope[0] === budget.config.scope[0])
  }

  #tell(alert: Alert): void {
    this.#settings.logger.warn('budget alert', {
      budget: alert.budget,
      scope_value: alert.scopeValue,
      kind: alert.kind,
      threshold: alert.threshold,
      spent: alert.spent,
      limit: alert.limit,
    })
    this.#settings.metrics
      .counter(
        { name: 'sluice_budget_alerts_raised', description: 'Alerts raised by budget.', unit: '{alert}' },
        { budget: alert.budget, kind: alert.kind },
      )
      .add(1)
  }

  #restore(): void {
    if (this.#file === undefined) return
    const nowMs = this.#settings.clock.wallMs()
    const { scopes, pending } = this.#file.load()
    const byName = new Map(this.#budgets.map(budget => [budget.config.name, budget]))
    for (const { budget, snapshot } of scopes) byName.get(budget)?.restore(snapshot, nowMs)
    if (this.#file.damagedLines > 0) {
      this.#settings.logger.warn('budget state has damaged lines, the ones before them hold', {
        lines: this.#file.damagedLines,
        file: this.#config.stateFile,
      })
    }
    for (const { channel, alert } of pending) this.#senders.get(channel)?.enqueue(alert)
    this.#compact()
  }

  /** A disk that does not take the state must not stop the telemetry: said once, healed by itself. */
  #append(...entries: StateEntry[]): void {
    if (this.#file === undefined) return
    try {
      this.#file.append(entries)
      if (this.#isStateBroken) this.#settings.logger.info('budget state is written again')
      this.#isStateBroken = false
    } catch (error) {
      this.#file.close()
      if (!this.#isStateBroken) {
        this.#settings.logger.error('budget state cannot be written, spends are kept in memory', {
          file: this.#config.stateFile,
          error: String(error),
        })
      }
      this.#isStateBroken = true
    }
  }

  #compact(): void {
    const entries: StateEntry[] = this.#budgets.flatMap(budget =>
      [...budget.snapshots()].map(snapshot => ({ type: 'scope' as const, budget: budget.config.name, snapshot })),
    )
    for (const [channel, sender] of this.#senders) {
      for (const alert of sender.pending) entries.push({ type: 'alert', channel, alert })
    }
    this.#file!.compact(entries)
  }

  #observe(budget: Budget): void {
    const labels = { budget: budget.config.name }
    const { metrics, clock } = this.#settings
    const highest = (read: (status: BudgetStatus) => number) => () => {
      let value = 0
      for (const status of budget.statuses(clock.wallMs())) value = Math.max(value, read(status))
      return value
    }
    this.#removeGauges.push(
      metrics.observe(
        { name: 'sluice_budget_used_ratio', description: 'Spend over limit of the fullest scope.', unit: '1' },
        highest(({ spent, limit }) => spent / limit),
        labels,
      ),
      metrics.observe(
        { name: 'sluice_budget_scopes', description: 'Scope values remembered.', unit: '{scope}' },
        () => budget.scopeCount,
        labels,
      ),
    )
  }
}
