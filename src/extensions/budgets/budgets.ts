import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Component, ComponentSettings, Deadline } from '../../component/component.ts'
import type { Spend, SpendSink } from '../../component/spend.ts'
import { parseListenAddress } from '../../config/listen-address.ts'
import { lockFile, unlockFile } from '../../storage/directory-lock.ts'
import { nodeFileSystem } from '../../storage/node-file-system.ts'
import { type AlertChannel, alertChannels } from './alert-channels.ts'
import { AlertSender } from './alert-sender.ts'
import { type Alert, Budget, type BudgetStatus } from './budget.ts'
import type { BudgetsConfig } from './config.ts'
import { DecisionApi } from './decision-api.ts'
import { AskedScope, scopeValueOf } from './scope-value.ts'
import { alertId, isDiskFull, type StateEntry, StateFile } from './state-file.ts'

/** How long an attempt at an alert may go on while the process ends. */
const shutdownGraceMs = 500

/** Keeps the budgets: takes spends, remembers them over restarts, tells about thresholds once, answers who asks. */
export class Budgets implements Component, SpendSink {
  readonly #settings: ComponentSettings
  #config: BudgetsConfig
  #scopes: readonly string[] = []
  #budgets: readonly Budget[] = []
  /** For each budget the places of its scope's keys in `scopes`. */
  #scopePlaces: readonly (readonly number[])[] = []
  #senders: ReadonlyMap<string, AlertSender>
  #file: StateFile | undefined
  #api: DecisionApi | undefined
  readonly #removeGauges: (() => void)[] = []
  /** By budget the scope values whose spend is not written yet, and the alerts that go out once it is. */
  #unwritten: readonly Set<string>[] = []
  readonly #raised: Alert[] = []
  #isFlushQueued = false
  #isStateBroken = false
  #isStarted = false

  constructor(config: BudgetsConfig, settings: ComponentSettings) {
    this.#config = config
    this.#settings = settings
    this.#setBudgets(config)
    this.#file = stateFileOf(config)
    this.#senders = this.#createSenders(config)
    this.#api = this.#createApi(config)
  }

  get scopes(): readonly string[] {
    return this.#scopes
  }

  /** The decision API's port, 0 without one. */
  get port(): number {
    return this.#api?.port ?? 0
  }

  listening(): readonly string[] {
    return this.#api === undefined ? [] : [`budgets ${this.#api.address}`]
  }

  /** Can be tried again where the address was taken: nothing else has happened then. */
  async start(): Promise<void> {
    if (this.#isStarted) return
    await lockState(this.#file).catch((error: unknown) => this.#failedAtStart(error))
    try {
      await this.#api?.start()
    } catch (error) {
      await unlockState(this.#file)
      throw error
    }
    this.#isStarted = true
    this.#restore()
    for (const budget of this.#budgets) this.#observe(budget)
  }

  /** What was spent, what has fired and which alerts wait stays, by the names of budgets and channels. */
  async reconfigure(config: unknown): Promise<boolean> {
    if (!this.#isStarted) return false
    const next = config as BudgetsConfig
    const before = this.#config
    const hasNewAddress = next.endpoint !== before.endpoint
    const hasNewFile = next.stateFile !== before.stateFile
    const file = hasNewFile ? stateFileOf(next) : this.#file
    if (hasNewFile) await lockState(file)
    const api = hasNewAddress ? this.#createApi(next) : this.#api
    if (hasNewAddress) await api?.start()
    if (hasNewAddress) await this.#api?.shutdown()
    this.#api = api
    // An attempt that is under way is waited for: its alert must not go out a second time from the new channel.
    await Promise.all([...this.#senders.values()].map(sender => sender.shutdown()))
    this.#flush()
    this.#config = next
    this.#replaceSenders(next)
    for (const remove of this.#removeGauges.splice(0)) remove()
    const old = new Map(this.#budgets.map(budget => [budget.config.name, budget]))
    this.#setBudgets(next)
    const nowMs = this.#settings.clock.wallMs()
    for (const budget of this.#budgets) {
      for (const snapshot of old.get(budget.config.name)?.snapshots() ?? []) budget.restore(snapshot, nowMs)
      this.#observe(budget)
    }
    if (hasNewFile) {
      this.#file?.close()
      await unlockState(this.#file)
      this.#file = file
    }
    this.#compact()
    return true
  }

  async shutdown({ atMs }: Deadline): Promise<void> {
    if (!this.#isStarted) return
    this.#isStarted = false
    this.#flush()
    for (const remove of this.#removeGauges.splice(0)) remove()
    await this.#api?.shutdown()
    // A channel that hangs must not hold the process: the alert is kept, or the log says that it is lost.
    const graceMs = Math.max(0, Math.min(shutdownGraceMs, atMs - this.#settings.clock.nowMs()))
    await Promise.all([...this.#senders.values()].map(sender => sender.shutdown(graceMs)))
    const waiting = [...this.#senders.values()].reduce((sum, sender) => sum + sender.pendingCount, 0)
    if (waiting > 0)
      this.#settings.logger.warn('alerts were not delivered', { count: waiting, kept: this.#file !== undefined })
    this.#file?.close()
    await unlockState(this.#file)
  }

  recordSpend(spend: Spend): void {
    const nowMs = this.#settings.clock.wallMs()
    for (let i = 0; i < this.#budgets.length; i++) {
      const budget = this.#budgets[i]!
      const values = this.#scopePlaces[i]!.map(place => spend.scopeValues[place] ?? '')
      // A span without the attribute belongs to no scope of this budget.
      if (values.some(value => value === '')) continue
      const scopeValue = scopeValueOf(values)
      for (const alert of budget.spend(scopeValue, spend.amount, nowMs)) {
        this.#tell(alert)
        this.#raised.push(alert)
      }
      this.#unwritten[i]!.add(scopeValue)
    }
    if (this.#isFlushQueued) return
    // The spends of one batch come one after the other: this runs behind the last, before its sender is answered.
    this.#isFlushQueued = true
    queueMicrotask(() => this.#flush())
  }

  /**
   * Writes what came since the last time. In one write: a kill in between would forget that a threshold has fired, or that
   * its alert is to be told.
   */
  #flush(): void {
    this.#isFlushQueued = false
    const raised = this.#raised.splice(0)
    const entries: StateEntry[] = raised.flatMap(alert =>
      [...this.#senders.keys()].map(channel => ({ type: 'alert' as const, channel, alert })),
    )
    this.#budgets.forEach((budget, index) => {
      const scopeValues = this.#unwritten[index]!
      for (const scopeValue of this.#file === undefined ? [] : scopeValues) {
        const snapshot = budget.snapshot(scopeValue, true)
        if (snapshot !== undefined) entries.push({ type: 'scope', budget: budget.config.name, snapshot })
      }
      scopeValues.clear()
    })
    if (entries.length > 0) this.#append(entries)
    for (const alert of raised) for (const sender of this.#senders.values()) sender.enqueue(alert)
    if (this.#file?.wantsCompaction === true) this.#compact()
  }

  statusesOf(path: string): BudgetStatus[] {
    const nowMs = this.#settings.clock.wallMs()
    const asked = new AskedScope(path)
    return this.#budgets.flatMap(budget => {
      const value = this.#valueFor(budget, asked)
      // A budget over an outer scope binds what is inside it; one over an inner scope says nothing of what is around it.
      return value === undefined ? [] : [budget.status(value, nowMs)]
    })
  }

  #valueFor(budget: Budget, asked: AskedScope): string | undefined {
    const depth = budget.config.scope.length
    if (depth !== 1 || asked.isEmpty) return asked.outermost(depth)
    // With budgets over more keys a slash stands between values; without, or in a value that is known, it belongs to it.
    const hasInner = asked.whole.includes('/') && !budget.has(asked.whole) && this.#hasDeeperScope(budget)
    return hasInner ? asked.first : asked.whole
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
    if (this.#file.laterVersion > 0) {
      this.#settings.logger.warn(
        'budget state was written by a later version: what this one cannot read is kept aside',
        {
          file: this.#config.stateFile,
          copy: this.#file.keepCopy(),
        },
      )
    }
    for (const { channel, alert } of pending) this.#senders.get(channel)?.enqueue(alert)
    try {
      this.#file.compact(this.#entries())
    } catch (error) {
      this.#failedAtStart(error)
    }
  }

  /** Here a disk that refuses is a mistake of the configuration, and the start says so: but a full one holds no agent up. */
  #failedAtStart(error: unknown): void {
    if (!isDiskFull(error)) throw error
    this.#stateFailed(error)
  }

  #append(entries: readonly StateEntry[]): void {
    this.#write(file => file.append(entries))
  }

  #compact(): void {
    this.#write(file => file.compact(this.#entries()))
  }

  /** A disk that does not take the state must not stop the telemetry: said once, healed by itself. */
  #write(work: (file: StateFile) => void): void {
    const file = this.#file
    if (file === undefined) return
    try {
      work(file)
      if (!this.#isStateBroken) return
      // What was not written meanwhile is, before anything else may be lost.
      file.compact(this.#entries())
      this.#isStateBroken = false
      this.#settings.logger.info('budget state is written again')
    } catch (error) {
      file.close()
      this.#stateFailed(error)
    }
  }

  #stateFailed(error: unknown): void {
    if (!this.#isStateBroken) {
      this.#settings.logger.error('budget state cannot be written, spends are kept in memory', {
        file: this.#config.stateFile,
        error: String(error),
      })
    }
    this.#isStateBroken = true
  }

  #entries(): StateEntry[] {
    const entries: StateEntry[] = this.#budgets.flatMap(budget =>
      [...budget.snapshots()].map(snapshot => ({ type: 'scope' as const, budget: budget.config.name, snapshot })),
    )
    for (const [channel, sender] of this.#senders) {
      for (const alert of sender.pending) entries.push({ type: 'alert', channel, alert })
    }
    return entries
  }

  /** Who asked for `scopes` before goes on sending values in that order, so keys are only added. */
  #setBudgets({ budgets }: BudgetsConfig): void {
    this.#budgets = budgets.map(budget => new Budget(budget))
    this.#unwritten = budgets.map(() => new Set())
    this.#scopes = [...new Set([...this.#scopes, ...budgets.flatMap(budget => budget.scope)])]
    this.#scopePlaces = budgets.map(({ scope }) => scope.map(key => this.#scopes.indexOf(key)))
  }

  #createApi({ endpoint }: BudgetsConfig): DecisionApi | undefined {
    const address = endpoint === undefined ? undefined : parseListenAddress(endpoint)
    return address === undefined ? undefined : new DecisionApi(this, address.host, address.port)
  }

  #createSenders({ alerts }: BudgetsConfig): ReadonlyMap<string, AlertSender> {
    const { timeoutMs, retryMs, pendingMax } = alerts
    const { clock, logger, metrics } = this.#settings
    const senderOf = (channel: AlertChannel) =>
      new AlertSender({
        channel,
        timeoutMs,
        retryMs,
        pendingMax,
        clock,
        logger,
        metrics,
        onTold: alert => this.#append([{ type: 'told', channel: channel.name, id: alertId(alert) }]),
      })
    return new Map(alertChannels(alerts).map(channel => [channel.name, senderOf(channel)]))
  }

  #replaceSenders(config: BudgetsConfig): void {
    const old = this.#senders
    this.#senders = this.#createSenders(config)
    for (const [channel, sender] of this.#senders) {
      for (const alert of old.get(channel)?.pending ?? []) sender.enqueue(alert)
    }
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
      metrics.observe(
        {
          name: 'sluice_budget_scopes_forgotten',
          description: 'Scope values, and what was spent under them, that were forgotten for scopes_max.',
          unit: '{scope}',
        },
        () => budget.forgottenCount,
        labels,
      ),
    )
  }
}

function stateFileOf({ stateFile }: BudgetsConfig): StateFile | undefined {
  return stateFile === '' ? undefined : new StateFile(stateFile)
}

/** Two agents on one file would each write over what the other has spent. Throws where another process that runs has it. */
async function lockState(file: StateFile | undefined): Promise<void> {
  if (file === undefined) return
  mkdirSync(dirname(file.path), { recursive: true, mode: 0o700 })
  await lockFile(nodeFileSystem, file.path)
}

async function unlockState(file: StateFile | undefined): Promise<void> {
  if (file !== undefined) await unlockFile(nodeFileSystem, file.path)
}
