import { type Clock, type Random, sleep } from '../clock/clock.ts'
import type { ComponentRegistry } from '../component/registry.ts'
import type { AgentConfig } from '../config/agent-config.ts'
import { type LoadedConfig, type LoadRequest, loadConfig } from '../config/load.ts'
import { formatProblemsText } from '../config/problem-format.ts'
import { readContainerLimits } from '../telemetry/container-limits.ts'
import { Ledger } from '../telemetry/ledger.ts'
import { ledgerLines, publishLedger } from '../telemetry/ledger-metrics.ts'
import type { Logger } from '../telemetry/logger.ts'
import { MetricRegistry } from '../telemetry/metric-registry.ts'
import { publishProcessMetrics } from '../telemetry/process-metrics.ts'
import { ByteBudget } from '../transport/byte-budget.ts'
import { WorkerPool } from '../workers/worker-pool.ts'
import { answerAdmin } from './admin-endpoint.ts'
import { admissionBytesMax } from './admission.ts'
import { Agent } from './agent.ts'
import { agentStatus } from './agent-status.ts'
import { ConfigWatch, type WatchIo } from './config-watch.ts'
import { defaultThresholds, LoadGauge, type ReadUtilization } from './load-gauge.ts'
import { diffLines, type PlanDiff } from './plan-diff.ts'
import { PooledStage } from './pooled-stage.ts'
import type { ReloadOutcome } from './reload-outcome.ts'
import { type Sharing, telemetryOf } from './sharing.ts'
import { StagePool } from './stage-pool.ts'
import { stageThreadsMax } from './stage-threads.ts'
import { type TelemetryChange, TelemetryRuntime } from './telemetry-runtime.ts'

/** What the command line and the platform say. */
export interface RunSettings {
  readonly version: string
  readonly components: ComponentRegistry
  readonly request: LoadRequest
  /** From SIGTERM to the end, all draining included. */
  readonly shutdownTimeoutMs: number
  /**
   * How long receivers stay open after TERM, for an application in the same pod that gets its TERM at the same moment and
   * still flushes; part of the time above. A native sidecar needs none: it is told after the application has ended.
   */
  readonly lingerMs: number
  readonly clock: Clock
  readonly random: Random
  /** The text of a file, undefined where it cannot be read. */
  readonly readText: (path: string) => string | undefined
  readonly totalMemoryBytes: number
  readonly watchIo: WatchIo
  readonly cores: number
  readonly sharing: Sharing
  /** The module that stage workers run. */
  readonly stageWorkerFile: string
  readonly readUtilization: ReadUtilization
  /** Lines for people: greetings, problems of the configuration, the ledger at the end. */
  readonly print: (line: string) => void
}

/** The configuration is wrong; the text says where and what to do. */
export class ConfigRefused extends Error {
  override readonly name = 'ConfigRefused'
}

/** One agent with its telemetry and its configuration sources. */
export class AgentRun {
  readonly agent: Agent
  readonly telemetry: TelemetryRuntime
  readonly logger: Logger
  readonly ledger = new Ledger()
  readonly registry = new MetricRegistry()
  readonly #settings: RunSettings
  readonly #watch: ConfigWatch
  readonly #load: LoadGauge
  readonly #pool: StagePool
  #loaded: LoadedConfig | undefined
  #inForce: AgentConfig | undefined
  /** What the last reload replaced. */
  #before: AgentConfig | undefined
  #reloading: Promise<unknown> = Promise.resolve()
  #ending: Promise<void> | undefined

  constructor(settings: RunSettings) {
    this.#settings = settings
    const { clock, random, components, version, sharing } = settings
    const { registry } = this
    const { count } = sharing.shard
    this.telemetry = new TelemetryRuntime(registry, clock, version, request => answerAdmin(this, request))
    this.logger = this.telemetry.sink.logger()
    this.#watch = new ConfigWatch(clock, settings.watchIo, () => {
      this.reload('the files changed').catch(() => {}) // logged and counted there
    })
    publishLedger(this.ledger, registry)
    publishProcessMetrics(registry.scope({}), process, clock)
    const limits = readContainerLimits(settings.readText)
    const memoryBytes = (limits.memoryBytes ?? settings.totalMemoryBytes) / count
    const admission = new ByteBudget(admissionBytesMax(memoryBytes), clock)
    const { ledger, logger } = this
    const cpuQuota = limits.cpuQuota === undefined ? undefined : limits.cpuQuota / count
    const threadsMax = stageThreadsMax({ cores: settings.cores / count, cpuQuota, memoryBytes })
    const stageMetrics = registry.scope({})
    const thresholds = threadsMax === 0 ? neverBusy : defaultThresholds
    this.#load = new LoadGauge(clock, settings.readUtilization, stageMetrics, thresholds)
    const workers = new WorkerPool({
      filename: settings.stageWorkerFile,
      threadsMax,
      idleTimeoutMs: 30_000,
      heapMibMax: workerHeapMib,
      clock,
    })
    this.#pool = new StagePool(workers, stageMetrics)
    this.agent = new Agent({
      components,
      logger,
      registry,
      ledger,
      clock,
      random,
      admission,
      makeRunner: (step, contexts) => new PooledStage(step, contexts, this.#pool, this.#load),
      retireTimeoutMs: 30_000,
      probationMs: 5_000,
      sharing,
    })
  }

  /** Files and directories that the configuration came from. */
  get files(): readonly string[] {
    return this.#loaded?.files ?? []
  }

  /**
   * With the configuration that was loaded already, where there is one. Rejects with `ConfigRefused`, or with what kept a
   * component from starting.
   */
  async start(loaded?: LoadedConfig): Promise<AgentConfig> {
    return this.#start(loaded === undefined ? await this.#loadSources() : this.#take(loaded))
  }

  async #start(loaded: LoadedConfig): Promise<AgentConfig> {
    const config = resolvedOf(loaded)
    // At once, so that the first lines have the wanted form and level already.
    await (await this.#prepareTelemetry(config)).commit()
    try {
      await this.agent.start(config)
    } catch (error) {
      await this.telemetry.shutdown()
      throw error
    }
    this.#inForce = config
    await this.#follow(loaded.files)
    this.#load.start()
    return config
  }

  /** As written on the command line, but for YAML that stands there itself. */
  get sources(): readonly string[] {
    return this.#settings.request.configs.map(source => (source.startsWith('yaml:') ? 'inline YAML' : source))
  }

  /** Resolves when a component could not go on and no earlier configuration can take over. */
  get fatalError(): Promise<Error> {
    return this.agent.fatalError
  }

  /** Where its components listen, for people. */
  listening(): readonly string[] {
    return this.agent.listening()
  }

  /** One line per signal: what became of every item. */
  account(): string[] {
    return ledgerLines(this.ledger)
  }

  /** For the admin endpoint and those who read it. */
  status(): Readonly<Record<string, unknown>> {
    return agentStatus(this, this.agent.state())
  }

  /** Loads the sources again and puts them in force; rejecting changes nothing. One reload at a time, in order. */
  reload(reason: string): Promise<ReloadOutcome> {
    const result = this.#reloading.then(() => this.#reload(reason))
    this.#reloading = result.catch(() => {})
    return result
  }

  /** What a reload would do now, without doing it. */
  async preview(): Promise<ReloadOutcome> {
    const loaded = await this.#loadSources()
    const config = resolvedOf(loaded, this.#settings.sharing.shard.count)
    const { generation } = this.agent.state()
    return { generation, hash: config.fingerprint, changes: diffLines(this.agent.preview(config)) }
  }

  async #reload(reason: string): Promise<ReloadOutcome> {
    const { logger, agent } = this
    try {
      const loaded = await this.#loadSources()
      // Also where it is wrong: the files to repair may be others than those that were read before.
      await this.#follow(loaded.files)
      const config = resolvedOf(loaded, this.#settings.sharing.shard.count)
      if (config.fingerprint === agent.state().configHash) {
        this.#before = this.#inForce
        logger.info('configuration is unchanged', { reason })
        agent.countUnchangedReload()
        return { generation: agent.state().generation, hash: config.fingerprint, changes: [] }
      }
      const diff = await this.#putInForce(config)
      const { generation } = agent.state()
      const changes = diffLines(diff)
      logger.info('configuration reloaded', { reason, generation, hash: config.fingerprint, changes })
      return { generation, hash: config.fingerprint, changes }
    } catch (error) {
      if (error instanceof ConfigRefused) agent.countFailedReload()
      logger.error('reload failed, the present configuration stays in force', { reason, error })
      throw error
    }
  }

  /** Puts back what the last reload replaced, where another shard could not follow it. */
  restore(): Promise<void> {
    const result = this.#reloading.then(async () => {
      const before = this.#before
      if (before === undefined || before === this.#inForce) return
      await this.#putInForce(before)
      this.logger.warn('the configuration before is in force again: another shard refused the new one')
    })
    this.#reloading = result.catch(() => {})
    return result
  }

  /** Where somebody else says when to reload, nothing is watched. */
  async #follow(files: readonly string[]): Promise<void> {
    if (this.#settings.sharing.shard.count === 1) await this.#watch.follow(files)
  }

  #prepareTelemetry(config: AgentConfig): Promise<TelemetryChange> {
    return this.telemetry.prepare(telemetryOf(config.telemetry, this.#settings.sharing.shard))
  }

  async #putInForce(config: AgentConfig): Promise<PlanDiff> {
    const telemetry = await this.#prepareTelemetry(config)
    try {
      const diff = await this.agent.reload(config)
      await telemetry.commit()
      this.#before = this.#inForce
      this.#inForce = config
      return diff
    } catch (error) {
      await telemetry.undo()
      throw error
    }
  }

  /** Drains within the time and says what became of every item. Safe to call twice. */
  shutdown(): Promise<void> {
    this.#ending ??= this.#end()
    return this.#ending
  }

  async #end(): Promise<void> {
    const { clock, shutdownTimeoutMs, print, sharing } = this.#settings
    const startedMs = clock.nowMs()
    this.logger.info('shutting down', { timeout_ms: shutdownTimeoutMs })
    this.#watch.shutdown()
    this.agent.announceEnd()
    await this.#linger()
    await this.agent.shutdown({ atMs: startedMs + shutdownTimeoutMs })
    this.#load.shutdown()
    await this.#pool.shutdown()
    await this.telemetry.shutdown()
    this.logger.info('shutdown complete', { duration_ms: Math.round(clock.nowMs() - startedMs) })
    if (sharing.shard.count > 1) return // one account is printed for all of them
    const account = this.account()
    for (const line of account.length === 0 ? ['nothing was received'] : account)
      print(this.telemetry.sink.printed(line))
  }

  /** Takes what still comes until nothing has come for a while, or the time is over. */
  async #linger(): Promise<void> {
    const { clock, lingerMs } = this.#settings
    const endMs = clock.nowMs() + lingerMs
    const received = () => this.ledger.signals().reduce((sum, signal) => sum + this.ledger.entry(signal).received, 0)
    let seen = received()
    let quietSinceMs = clock.nowMs()
    while (clock.nowMs() < endMs && clock.nowMs() - quietSinceMs < lingerQuietMs) {
      await sleep(clock, lingerLookMs)
      if (received() === seen) continue
      seen = received()
      quietSinceMs = clock.nowMs()
    }
  }

  async #loadSources(): Promise<LoadedConfig> {
    return this.#take(await loadConfig(this.#settings.request))
  }

  #take(loaded: LoadedConfig): LoadedConfig {
    const { print } = this.#settings
    if (loaded.resolved !== undefined && loaded.problems.length > 0) print(formatProblemsText(loaded.problems))
    this.#loaded = loaded
    return loaded
  }
}

const lingerQuietMs = 2_000
const lingerLookMs = 100
const neverBusy = { busyFrom: 2, idleBelow: 2 }
/** A request, its result and the stages of all pipelines; what needs more is a bug, and must not take the agent along. */
const workerHeapMib = 128

/** Rejects with `ConfigRefused` what is wrong, and what needs another number of processes than there is. */
export function resolvedOf(loaded: LoadedConfig, shardCount?: number): AgentConfig {
  const { resolved, problems } = loaded
  if (resolved === undefined) throw new ConfigRefused(formatProblemsText(problems))
  const wanted = Math.max(1, resolved.shards)
  if (shardCount !== undefined && wanted !== shardCount) {
    throw new ConfigRefused(`service.shards is ${wanted}, and ${shardCount} run: a change of it takes a restart`)
  }
  return resolved
}
