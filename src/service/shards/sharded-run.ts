import type { AgentPhase, ComponentHealth } from '../../component/component.ts'
import type { AgentConfig } from '../../config/agent-config.ts'
import { type LoadedConfig, loadConfig } from '../../config/load.ts'
import { formatProblemsText } from '../../config/problem-format.ts'
import { ledgerLines, publishLedger } from '../../telemetry/ledger-metrics.ts'
import type { Logger } from '../../telemetry/logger.ts'
import { type MetricFamily, MetricRegistry } from '../../telemetry/metric-registry.ts'
import { publishProcessMetrics } from '../../telemetry/process-metrics.ts'
import { answerAdmin } from '../admin-endpoint.ts'
import { agentStatus } from '../agent-status.ts'
import { ConfigWatch } from '../config-watch.ts'
import type { ReloadOutcome } from '../reload-outcome.ts'
import { type RunSettings, resolvedOf } from '../run-agent.ts'
import { TelemetryRuntime } from '../telemetry-runtime.ts'
import type { ShardState } from './messages.ts'
import type { ShardEnd, ShardProcess } from './shard-end.ts'
import { ShardFleet } from './shard-fleet.ts'

/**
 * Several agents that are one to the outside. This process carries no telemetry: it holds the listening sockets, starts
 * and ends the shards, reloads them together, and answers for all of them with the sum of what they count.
 */
export class ShardedRun {
  readonly telemetry: TelemetryRuntime
  readonly logger: Logger
  readonly #settings: RunSettings
  readonly #count: number
  readonly #registry = new MetricRegistry()
  readonly #watch: ConfigWatch
  readonly #fleet: ShardFleet
  readonly #fatal = Promise.withResolvers<Error>()
  readonly #startedMs: number
  #loaded: LoadedConfig
  #phase: AgentPhase = 'starting'
  #toldState = ''
  #reloading: Promise<unknown> = Promise.resolve()
  #ending: Promise<void> | undefined

  constructor(settings: RunSettings, loaded: LoadedConfig, startProcess: (index: number) => ShardProcess) {
    this.#settings = settings
    this.#loaded = loaded
    this.#count = resolvedOf(loaded).shards
    const { clock } = settings
    this.#startedMs = clock.wallMs()
    const source = { families: () => this.#fleet.families(() => this.#ownFamilies()) }
    this.telemetry = new TelemetryRuntime(source, clock, settings.version, request => answerAdmin(this, request))
    this.logger = this.telemetry.sink.logger()
    this.#watch = new ConfigWatch(clock, settings.watchIo, () => this.#reloadOr('the files changed'))
    this.#fleet = new ShardFleet({
      count: this.#count,
      startProcess,
      clock,
      logger: this.logger,
      onChange: () => this.#tellState(),
      onRestarted: shard => this.#align(shard),
      onFatal: error => this.#fatal.resolve(error),
    })
    this.#publish()
  }

  /** Resolves when a component of some shard cannot go on. */
  get fatalError(): Promise<Error> {
    return this.#fatal.promise
  }

  get files(): readonly string[] {
    return this.#loaded.files
  }

  get sources(): readonly string[] {
    return this.#settings.request.configs.map(source => (source.startsWith('yaml:') ? 'inline YAML' : source))
  }

  /** All shards listen on the same addresses. */
  listening(): readonly string[] {
    return this.#fleet.running[0]?.report?.listening ?? []
  }

  /** Rejects with what kept a shard from starting; then none runs. */
  async start(): Promise<AgentConfig> {
    const { resolved, problems, files } = this.#loaded
    const config = resolvedOf(this.#loaded)
    if (resolved !== undefined && problems.length > 0) this.#settings.print(formatProblemsText(problems))
    await (await this.telemetry.prepare(config.telemetry)).commit()
    try {
      await this.#fleet.start()
    } catch (error) {
      await this.telemetry.shutdown()
      throw error
    }
    this.#phase = 'ready'
    this.#tellState()
    await this.#watch.follow(files)
    return config
  }

  account(): string[] {
    return ledgerLines(this.#fleet.ledger())
  }

  status(): Readonly<Record<string, unknown>> {
    return {
      ...agentStatus(this, this.#state()),
      shards: this.#fleet.running.map(({ index, process, report }) => ({
        shard: index,
        pid: process.pid,
        phase: report?.state.phase ?? 'starting',
        generation: report?.state.generation ?? 0,
      })),
    }
  }

  /** In all shards or in none. One reload at a time, in order. */
  reload(reason: string): Promise<ReloadOutcome> {
    const result = this.#reloading.then(() => this.#reload(reason))
    this.#reloading = result.catch(() => {})
    return result
  }

  async preview(): Promise<ReloadOutcome> {
    resolvedOf(await loadConfig(this.#settings.request), this.#count)
    const [shard] = this.#fleet.running
    if (shard === undefined) throw new Error('no shard runs at the moment')
    return shard.ask({ kind: 'preview' })
  }

  /** Drains all shards within the time, and says once what became of every item. Safe to call twice. */
  shutdown(): Promise<void> {
    this.#ending ??= this.#end()
    return this.#ending
  }

  async #end(): Promise<void> {
    const { shutdownTimeoutMs, print } = this.#settings
    this.logger.info('shutting down all shards', { shards: this.#count, timeout_ms: shutdownTimeoutMs })
    this.#watch.shutdown()
    this.#phase = 'draining'
    this.#tellState()
    await this.#fleet.end(shutdownTimeoutMs)
    await this.telemetry.shutdown()
    const account = this.account()
    for (const line of account.length === 0 ? ['nothing was received'] : account)
      print(this.telemetry.sink.printed(line))
  }

  async #reload(reason: string): Promise<ReloadOutcome> {
    try {
      const loaded = await loadConfig(this.#settings.request)
      this.#loaded = loaded
      await this.#watch.follow(loaded.files)
      const config = resolvedOf(loaded, this.#count)
      const telemetry = await this.telemetry.prepare(config.telemetry)
      try {
        const outcome = await this.#reloadShards(reason)
        await telemetry.commit()
        return outcome
      } catch (error) {
        await telemetry.undo()
        throw error
      }
    } catch (error) {
      this.logger.error('reload failed, the present configuration stays in force in all shards', { reason, error })
      throw error
    }
  }

  /** Those that could follow go back where one could not. */
  async #reloadShards(reason: string): Promise<ReloadOutcome> {
    const shards = this.#fleet.running
    const results = await Promise.allSettled(shards.map(shard => shard.ask({ kind: 'reload', reason })))
    const failure = results.find(result => result.status === 'rejected')
    if (failure !== undefined) {
      const followed = shards.filter((_, i) => results[i]!.status === 'fulfilled')
      await Promise.allSettled(followed.map(shard => shard.ask({ kind: 'restore' })))
      throw failure.reason
    }
    const outcomes = results.flatMap(result => (result.status === 'fulfilled' ? [result.value] : []))
    const [first] = outcomes
    if (first === undefined) throw new Error('no shard runs at the moment')
    // A file that changed while they read it: the watch has seen it, and the next reload makes them equal.
    if (outcomes.some(outcome => outcome.hash !== first.hash)) this.#reloadOr('the shards read different files')
    return first
  }

  /** A shard that started again has read the sources anew: they may have changed since the others did. */
  #align(shard: ShardEnd): void {
    const hash = shard.report?.state.configHash
    if (this.#fleet.running.some(other => other.report?.state.configHash !== hash)) {
      this.#reloadOr('a shard started with a newer configuration')
    }
  }

  #reloadOr(reason: string): void {
    this.reload(reason).catch(() => {}) // logged there
  }

  #state(): ShardState {
    const reports = this.#fleet.running.flatMap(({ index, report }) =>
      report === undefined ? [] : [{ index, report }],
    )
    const [first] = reports
    const phase = this.#phase === 'ready' && reports.length === 0 ? 'starting' : this.#phase
    const components = new Map<string, ComponentHealth>(this.#fleet.health)
    for (const { index, report } of reports) {
      for (const [key, { status, message }] of report.state.components) {
        const present = components.get(key)
        if (present !== undefined && ranks[present.status] >= ranks[status]) continue
        components.set(key, { status, message: message === '' ? '' : `shard ${index}: ${message}` })
      }
    }
    return {
      phase,
      sinceMs: first?.report.state.sinceMs ?? this.#startedMs,
      generation: Math.max(0, ...reports.map(({ report }) => report.state.generation)),
      configHash: first?.report.state.configHash ?? '',
      components: [...components],
    }
  }

  #tellState(): void {
    const state = this.#state()
    const text = JSON.stringify(state)
    if (text === this.#toldState) return
    this.#toldState = text
    this.#fleet.tell({ kind: 'whole', state })
  }

  #publish(): void {
    const scope = this.#registry.scope({})
    publishProcessMetrics(scope, process, this.#settings.clock)
    scope.observe(
      { name: 'sluice_shards', description: 'Shards that run', unit: '{processes}' },
      () => this.#fleet.running.length,
    )
    this.#registry.collect(emit => {
      const restarts = {
        name: 'sluice_shard_restarts',
        description: 'Shards that died and were started again',
        unit: '{restarts}',
      }
      emit(restarts, 'counter', {}, this.#fleet.restarts)
    })
  }

  #ownFamilies(): MetricFamily[] {
    const ledgers = new MetricRegistry()
    publishLedger(this.#fleet.ledger(), ledgers)
    return [...this.#registry.families(), ...ledgers.families()]
  }
}

const ranks: Readonly<Record<ComponentHealth['status'], number>> = { ok: 0, recoverable: 1, permanent: 2 }
