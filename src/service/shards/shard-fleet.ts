import type { Clock } from '../../clock/clock.ts'
import type { ComponentHealth } from '../../component/component.ts'
import type { Ledger } from '../../telemetry/ledger.ts'
import { accountsOf, closedAccounts, joinAccounts, type LedgerAccounts } from '../../telemetry/ledger-account.ts'
import type { Logger } from '../../telemetry/logger.ts'
import type { MetricFamily } from '../../telemetry/metric-registry.ts'
import { type FamilySnapshot, joinSnapshots, lastingPart, snapshotOf } from '../../telemetry/metric-snapshot.ts'
import { ShardEnd, type ShardProcess } from './shard-end.ts'

export interface FleetSettings {
  readonly count: number
  readonly startProcess: (index: number) => ShardProcess
  readonly clock: Clock
  readonly logger: Logger
  /** After a shard has started again, or has told something new. */
  readonly onChange: () => void
  readonly onRestarted: (shard: ShardEnd) => void
  readonly onFatal: (error: Error) => void
}

const restartDelayMsMax = 30_000
/** Who ran that long starts again at once. */
const soundMs = 60_000
const killGraceMs = 1_000

/** Several shards: starts them, starts those anew that die, ends them, and adds up what they count. */
export class ShardFleet {
  readonly #settings: FleetSettings
  readonly #shards: ShardEnd[] = []
  /** Places whose shard died and is not back yet, with the reason. */
  readonly #down = new Map<number, string>()
  readonly #delaysMs = new Map<number, number>()
  /** Books and lasting metrics of shards that are gone. */
  #goneAccounts: LedgerAccounts = {}
  #goneFamilies: readonly FamilySnapshot[] = []
  #isEnding = false
  restarts = 0

  constructor(settings: FleetSettings) {
    this.#settings = settings
  }

  /** Starts all of them; where one fails, all end and its reason is what it rejects with. */
  async start(): Promise<void> {
    for (let index = 0; index < this.#settings.count; index++) this.#shards[index] = this.#startOne(index)
    try {
      await Promise.all(this.#shards.map(shard => shard.started))
    } catch (error) {
      this.#isEnding = true
      for (const shard of this.#shards) shard.process.kill()
      throw error
    }
    for (const shard of this.#shards) this.#mind(shard)
  }

  /** Those that run. */
  get running(): readonly ShardEnd[] {
    return this.#shards.filter(shard => !this.#down.has(shard.index))
  }

  /** Health of every place, by `shard:index`; the dead ones are recoverable. */
  get health(): [key: string, health: ComponentHealth][] {
    return [...this.#down].map(([index, how]) => [
      `shard:${index}`,
      { status: 'recoverable', message: `died (${how}) and is started again` },
    ])
  }

  /** What all of them together count, those that are gone included; `own` gives the first process's metrics. */
  async families(own: () => MetricFamily[]): Promise<MetricFamily[]> {
    await Promise.all(this.running.map(shard => shard.refresh()))
    const parts = this.running.map(shard => shard.families.filter(({ description }) => !isOfLedger(description.name)))
    return joinSnapshots([snapshotOf(own()), this.#goneFamilies, ...parts])
  }

  /** As of the last reports. */
  ledger(): Ledger {
    return joinAccounts([this.#goneAccounts, ...this.running.map(shard => shard.accounts)])
  }

  tell(message: Parameters<ShardProcess['send']>[0]): void {
    for (const shard of this.running) shard.process.send(message)
  }

  /** Ends all within the time; who is late is killed, and what it held is counted as dropped. */
  async end(timeoutMs: number): Promise<void> {
    this.#isEnding = true
    this.tell({ kind: 'end' })
    const timer = this.#settings.clock.after(timeoutMs + killGraceMs, () => {
      for (const shard of this.running) shard.process.kill()
    })
    await Promise.all(this.running.map(shard => shard.exited))
    timer.cancel()
  }

  #startOne(index: number): ShardEnd {
    const { startProcess, clock, onChange, onFatal } = this.#settings
    const shard = new ShardEnd(index, startProcess(index), clock)
    shard.onReport = () => {
      if (shard.fatalMessage !== undefined) onFatal(new Error(`shard ${index}: ${shard.fatalMessage}`))
      onChange()
    }
    return shard
  }

  #mind(shard: ShardEnd): void {
    const startedMs = this.#settings.clock.nowMs()
    shard.exited.then(how => this.#exited(shard, how, this.#settings.clock.nowMs() - startedMs))
  }

  #exited(shard: ShardEnd, how: string, ranMs: number): void {
    const { logger, onChange } = this.#settings
    const { index, finalAccounts } = shard
    const isDrained = finalAccounts !== undefined
    if (this.#isEnding && isDrained) return
    this.#goneAccounts = accountsOf(joinAccounts([this.#goneAccounts, closedAccounts(shard.accounts, 'shard_died')]))
    this.#goneFamilies = snapshotOf(joinSnapshots([this.#goneFamilies, lastingPart(shard.families)]))
    this.#down.set(index, how)
    if (this.#isEnding) {
      logger.error('shard did not end in good order', { shard: index, how })
      return
    }
    const delayMs = ranMs >= soundMs ? 0 : (this.#delaysMs.get(index) ?? 0)
    this.#delaysMs.set(index, Math.min(restartDelayMsMax, Math.max(1000, delayMs * 2)))
    logger.error('shard died, it is started again', { shard: index, how, delay_ms: delayMs })
    onChange()
    this.#settings.clock.after(delayMs, () => this.#restart(index))
  }

  #restart(index: number): void {
    if (this.#isEnding) return
    const { logger, onChange, onRestarted, clock } = this.#settings
    this.restarts += 1
    const startedMs = clock.nowMs()
    const shard = this.#startOne(index)
    this.#shards[index] = shard
    shard.started.then(
      () => {
        this.#down.delete(index)
        this.#mind(shard)
        logger.info('shard runs again', { shard: index })
        if (this.#isEnding) shard.process.send({ kind: 'end' })
        onRestarted(shard)
        onChange()
      },
      error => {
        shard.process.kill()
        logger.error('shard could not be started', { shard: index, error })
        shard.exited.then(how => this.#exited(shard, how, clock.nowMs() - startedMs))
      },
    )
  }
}

/** The ledger's own metrics are made of the joined ledger, not joined themselves: who is gone has no gauges. */
function isOfLedger(name: string): boolean {
  return name.startsWith('sluice_ledger_')
}
