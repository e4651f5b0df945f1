import type { Clock, Random } from '../clock/clock.ts'
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
import { admissionBytesMax } from './admission.ts'
import { Agent } from './agent.ts'
import { InlineStage } from './inline-stage.ts'
import { TelemetryRuntime } from './telemetry-runtime.ts'

/** What the command line and the platform say. */
export interface RunSettings {
  readonly version: string
  readonly components: ComponentRegistry
  readonly request: LoadRequest
  /** From SIGTERM to the end, all draining included. */
  readonly shutdownTimeoutMs: number
  readonly clock: Clock
  readonly random: Random
  /** The text of a file, undefined where it cannot be read. */
  readonly readText: (path: string) => string | undefined
  readonly totalMemoryBytes: number
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
  readonly #settings: RunSettings
  #loaded: LoadedConfig | undefined

  constructor(settings: RunSettings) {
    this.#settings = settings
    const { clock, random, components, version } = settings
    const registry = new MetricRegistry()
    this.telemetry = new TelemetryRuntime(registry, clock, version)
    this.logger = this.telemetry.sink.logger()
    publishLedger(this.ledger, registry)
    publishProcessMetrics(registry.scope({}), process, clock)
    const limits = readContainerLimits(settings.readText)
    const admission = new ByteBudget(admissionBytesMax(limits.memoryBytes ?? settings.totalMemoryBytes))
    const { ledger, logger } = this
    this.agent = new Agent({
      components,
      logger,
      registry,
      ledger,
      clock,
      random,
      admission,
      makeRunner: (step, contexts) => new InlineStage(step, contexts),
      retireTimeoutMs: 30_000,
      probationMs: 5_000,
    })
  }

  /** Files and directories that the configuration came from. */
  get files(): readonly string[] {
    return this.#loaded?.files ?? []
  }

  /** Rejects with `ConfigRefused`, or with what kept a component from starting. */
  async start(): Promise<AgentConfig> {
    const config = await this.#load()
    const telemetry = await this.telemetry.prepare(config.telemetry)
    try {
      await this.agent.start(config)
    } catch (error) {
      await telemetry.undo()
      throw error
    }
    await telemetry.commit()
    return config
  }

  /** Loads the sources again and puts them in force; what fails changes nothing. */
  async reload(reason: string): Promise<void> {
    const { logger, agent } = this
    try {
      const config = await this.#load()
      if (config.fingerprint === agent.state().configHash) {
        logger.info('configuration is unchanged', { reason })
        return
      }
      const telemetry = await this.telemetry.prepare(config.telemetry)
      const diff = await agent.reload(config).catch(async error => {
        await telemetry.undo()
        throw error
      })
      await telemetry.commit()
      const { started, changed, stopped, kept } = diff
      logger.info('configuration reloaded', {
        reason,
        generation: agent.state().generation,
        hash: config.fingerprint,
        started: started.map(node => node.key),
        changed: changed.map(change => change.after.key),
        stopped: stopped.map(node => node.key),
        kept_count: kept.length,
      })
    } catch (error) {
      if (error instanceof ConfigRefused) agent.countFailedReload()
      logger.error('reload failed, the present configuration stays in force', { reason, error })
      throw error
    }
  }

  /** Drains within the time and says what became of every item. */
  async shutdown(): Promise<void> {
    const { clock, shutdownTimeoutMs, print } = this.#settings
    const startedMs = clock.nowMs()
    this.logger.info('shutting down', { timeout_ms: shutdownTimeoutMs })
    await this.agent.shutdown({ atMs: startedMs + shutdownTimeoutMs })
    await this.telemetry.shutdown()
    this.logger.info('shutdown complete', { duration_ms: Math.round(clock.nowMs() - startedMs) })
    for (const line of ledgerLines(this.ledger)) print(line)
  }

  async #load(): Promise<AgentConfig> {
    const { request, print } = this.#settings
    const loaded = await loadConfig(request)
    if (loaded.resolved === undefined) throw new ConfigRefused(formatProblemsText(loaded.problems))
    if (loaded.problems.length > 0) print(formatProblemsText(loaded.problems))
    this.#loaded = loaded
    return loaded.resolved
  }
}
