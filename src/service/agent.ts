import type { Clock, Random } from '../clock/clock.ts'
import type { AgentPhase, AgentState, Deadline, Host } from '../component/component.ts'
import type { ComponentRegistry } from '../component/registry.ts'
import type { Ledger } from '../telemetry/ledger.ts'
import type { Logger } from '../telemetry/logger.ts'
import type { MetricRegistry } from '../telemetry/metric-registry.ts'
import type { ByteBudget } from '../transport/byte-budget.ts'
import { Graph } from './graph.ts'
import { emptyConfig, type GraphConfig } from './graph-config.ts'
import { planGraph } from './graph-plan.ts'
import { diffPlans, type PlanDiff } from './plan-diff.ts'
import { Probation } from './probation.ts'
import { ReloadMetrics } from './reload-metrics.ts'
import type { Sharing } from './sharing.ts'
import type { MakeRunner } from './stage-instance.ts'

export interface AgentSettings {
  readonly components: ComponentRegistry
  readonly logger: Logger
  readonly registry: MetricRegistry
  readonly ledger: Ledger
  readonly clock: Clock
  readonly random: Random
  readonly admission: ByteBudget
  readonly makeRunner: MakeRunner
  /** How long the replaced parts of a reload may drain. */
  readonly retireTimeoutMs: number
  /** How long a new configuration is watched; if it goes bad in that time, the one before comes back. */
  readonly probationMs: number
  readonly sharing: Sharing
}

/** One agent in one process: it has a configuration in force, puts others in its place, and ends in good order. */
export class Agent {
  readonly #settings: AgentSettings
  readonly #graph: Graph
  readonly #metrics: ReloadMetrics
  readonly #fatal = Promise.withResolvers<Error>()
  #config: GraphConfig = emptyConfig
  /** The last configuration that stood its probation. */
  #proven: GraphConfig = emptyConfig
  #probation: Probation | undefined
  #phase: AgentPhase = 'starting'
  #phaseSinceMs: number
  #generation = 0
  #turn: Promise<unknown> = Promise.resolve()

  constructor(settings: AgentSettings) {
    this.#settings = settings
    this.#phaseSinceMs = settings.clock.wallMs()
    const host: Host = {
      extension: id => this.#graph.extension(id),
      fatal: error => this.#onFatal(error),
      admission: settings.admission,
      shard: settings.sharing.shard,
      state: () => settings.sharing.wholeState(this.state()),
    }
    this.#metrics = new ReloadMetrics(settings.registry, () => this.state(), settings.clock)
    this.#graph = new Graph({ ...settings, host }, settings.makeRunner, (key, health) => {
      if (health.status === 'permanent') this.#probation?.fail(key, new Error(health.message))
    })
  }

  /** Resolves when a component could not go on and no earlier configuration can take over. */
  get fatalError(): Promise<Error> {
    return this.#fatal.promise
  }

  state(): AgentState {
    return {
      phase: this.#phase,
      sinceMs: this.#phaseSinceMs,
      generation: this.#generation,
      configHash: this.#config.fingerprint,
      components: this.#graph.health,
    }
  }

  /** Where its components listen, for people. */
  listening(): string[] {
    return this.#graph.listening()
  }

  /** Starts with `config`. Rejecting leaves nothing running. */
  async start(config: GraphConfig): Promise<void> {
    await this.#inTurn(() => this.#apply(config))
    this.#proven = config
    this.#enter('ready')
  }

  /** Puts `config` in force between two requests. Rejecting leaves the present one in force. */
  reload(config: GraphConfig): Promise<PlanDiff> {
    return this.#inTurn(async () => {
      if (this.#phase !== 'ready') throw new Error('the agent is shutting down')
      this.#probation?.pass()
      try {
        const diff = await this.#apply(config, diff => this.#watch(diff))
        this.#metrics.succeeded()
        return diff
      } catch (error) {
        this.#metrics.failed()
        if (this.#config === config) {
          this.#probation?.cancel()
          await this.#rollBack(error as Error)
        }
        throw error
      }
    })
  }

  /** What `reload` would do, without doing it. */
  preview(config: GraphConfig): PlanDiff {
    return diffPlans(this.#graph.plan, planGraph(config, this.#settings.components))
  }

  /** A reload that found nothing to do: the configuration in force is the wanted one again. */
  countUnchangedReload(): void {
    this.#metrics.unchanged()
  }

  /** A reload that failed before it came here, such as a file that cannot be read. */
  countFailedReload(): void {
    this.#metrics.failed()
  }

  /** Not ready any more, though still taking: whoever balances load looks elsewhere, and last flushes still arrive. */
  announceEnd(): void {
    if (this.#phase !== 'draining') this.#enter('draining')
  }

  /** Receivers stop, everything accepted drains until the deadline. Safe to call twice. */
  shutdown(deadline: Deadline): Promise<void> {
    this.announceEnd()
    return this.#inTurn(async () => {
      this.#probation?.pass()
      await this.#graph.shutdown(deadline)
    })
  }

  async #apply(config: GraphConfig, onSwap: (diff: PlanDiff) => void = () => {}): Promise<PlanDiff> {
    const { clock, retireTimeoutMs, components } = this.#settings
    const plan = planGraph(config, components)
    return this.#graph.apply(
      plan,
      () => ({ atMs: clock.nowMs() + retireTimeoutMs }),
      diff => {
        this.#config = config
        this.#generation += 1
        onSwap(diff)
      },
    )
  }

  #watch(diff: PlanDiff): void {
    const { clock, probationMs, logger } = this.#settings
    const config = this.#config
    const keys = [...diff.started, ...diff.changed.map(change => change.after)].map(node => node.key)
    this.#probation = new Probation(clock, probationMs, keys, {
      onPass: () => {
        this.#proven = config
        this.#probation = undefined
      },
      onFail: error => {
        this.#probation = undefined
        this.#inTurn(() => this.#rollBack(error)).catch(failure => {
          logger.error('rollback failed', { error: failure })
          this.#fatal.resolve(failure)
        })
      },
    })
  }

  async #rollBack(error: Error): Promise<void> {
    const { logger } = this.#settings
    logger.error('the new configuration went bad, the one before comes back', { error, hash: this.#config.fingerprint })
    await this.#apply(this.#proven)
    this.#metrics.rolledBack()
    logger.info('rolled back', { generation: this.#generation, hash: this.#config.fingerprint })
  }

  #onFatal(error: Error): void {
    if (this.#probation === undefined) this.#fatal.resolve(error)
    else this.#probation.fail(undefined, error)
  }

  #enter(phase: AgentPhase): void {
    this.#phase = phase
    this.#phaseSinceMs = this.#settings.clock.wallMs()
  }

  /** One change at a time. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work)
    this.#turn = result.catch(() => {})
    return result
  }
}
