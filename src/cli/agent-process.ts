import { readFileSync } from 'node:fs'
import { availableParallelism, totalmem } from 'node:os'
import { systemClock } from '../clock/clock.ts'
import type { ComponentRegistry } from '../component/registry.ts'
import type { AgentConfig } from '../config/agent-config.ts'
import { parseDurationMs } from '../config/duration.ts'
import { type LoadRequest, loadConfig } from '../config/load.ts'
import { nodeWatchIo } from '../service/config-watch.ts'
import { AgentRun, ConfigRefused, type RunSettings } from '../service/run-agent.ts'
import { ShardedRun } from '../service/shards/sharded-run.ts'
import { alone } from '../service/sharing.ts'
import { defaultConfigText } from './default-config.ts'
import { settleMemory } from './settle-memory.ts'
import { runShardProcess, shardOf, shardStarter } from './shard-process.ts'
import { version } from './version.ts'

/** From SIGTERM to the end: Kubernetes gives 30 seconds by default. */
const shutdownTimeoutMs = 25_000

/** Runs an agent until a signal or a fatal error ends it; gives the exit code. No `configs`: the built-in configuration. */
export async function runAgentProcess(
  request: LoadRequest,
  components: ComponentRegistry,
  stageWorkerFile: string,
): Promise<number> {
  const isBuiltIn = request.configs.length === 0
  const settings: RunSettings = {
    version,
    components,
    request: isBuiltIn ? { ...request, configs: [`yaml:${defaultConfigText}`] } : request,
    shutdownTimeoutMs: durationOf(request.env, 'SLUICE_SHUTDOWN_TIMEOUT', shutdownTimeoutMs),
    lingerMs: durationOf(request.env, 'SLUICE_TERM_LINGER', 0),
    clock: systemClock,
    random: Math.random,
    readText: readTextFile,
    totalMemoryBytes: totalmem(),
    watchIo: nodeWatchIo,
    cores: availableParallelism(),
    sharing: alone,
    stageWorkerFile,
    readUtilization: utilizationReader(),
    print,
  }
  const shard = shardOf(request.env)
  if (shard !== undefined) return runShardProcess(settings, shard)
  const loaded = await loadConfig(settings.request)
  const isShared = (loaded.resolved?.shards ?? 0) > 1
  const run = isShared
    ? new ShardedRun(settings, loaded, shardStarter(loaded.resolved!.shards))
    : new AgentRun(settings)
  const signals = listenForSignals(run)
  try {
    const config = await run.start(loaded)
    for (const line of greeting(run, config, isBuiltIn)) print(line)
    settleMemory()
    run.logger.info('Everything is ready. Begin running and processing data.')
  } catch (error) {
    print(error instanceof ConfigRefused ? error.message : `sluice: ${(error as Error).message}`)
    return 1
  }
  const fatal = await Promise.race([run.fatalError, signals.ended])
  if (fatal instanceof Error) run.logger.error('a component cannot go on, the agent ends', { error: fatal })
  await run.shutdown()
  return fatal instanceof Error ? 1 : 0
}

function print(line: string): void {
  process.stderr.write(`${line}\n`)
}

/** TERM and INT end in good order, a second one at once; HUP reloads. */
function listenForSignals(run: AgentRun | ShardedRun): { ended: Promise<Error | string> } {
  const { promise, resolve } = Promise.withResolvers<Error | string>()
  let isEnding = false
  const end = (signal: string) => {
    if (isEnding) {
      print('sluice: ended at once by a second signal; what is queued in memory is lost')
      for (const line of run.account()) print(line)
      process.exit(1)
    }
    isEnding = true
    resolve(signal)
  }
  process.on('SIGTERM', end)
  process.on('SIGINT', end)
  process.on('SIGHUP', () => {
    run.reload('SIGHUP').catch(() => {}) // the run has logged and counted it
  })
  whenStarterIsGone(() => end('the npm that started it is gone'))
  process.on('uncaughtException', error => resolve(error))
  process.on('unhandledRejection', reason => resolve(reason instanceof Error ? reason : new Error(String(reason))))
  return { ended: promise }
}

/**
 * npm passes a signal to the shell between it and the agent, and the shell dies of it without passing it on: the agent
 * would run on alone. So an agent that npm started ends when its parent does.
 */
function whenStarterIsGone(end: () => void): void {
  if (process.env['npm_command'] === undefined) return
  const parent = process.ppid
  const timer = systemClock.every(500, () => {
    if (process.ppid === parent) return
    timer.cancel()
    end()
  })
}

/** What a person wants to know first. */
function greeting(run: AgentRun | ShardedRun, config: AgentConfig, isBuiltIn: boolean): string[] {
  if (config.telemetry.logs.encoding === 'json') return []
  const listening = run.listening()
  const lines = [
    isBuiltIn
      ? `sluice ${version} runs its built-in configuration; --config FILE runs your own`
      : `sluice ${version} runs ${run.files.join(', ') || run.sources.join(', ')}`,
  ]
  if (config.shards > 1) lines.push(`  shards     ${config.shards} processes share the ports`)
  if (listening.length > 0) lines.push(`  listening  ${listening.join(', ')}`)
  const flows = config.pipelines.map(({ id, receivers, processors, exporters }) => {
    return `${id}: ${[receivers.join('+'), ...processors, exporters.join('+')].join(' > ')}`
  })
  lines.push(...flows.slice(0, 8).map(flow => `  pipeline   ${flow}`))
  if (flows.length > 8) lines.push(`  pipeline   and ${flows.length - 8} more`)
  if (run.telemetry.addresses.length > 0) lines.push(`  metrics    http://${run.telemetry.addresses[0]}/metrics`)
  if (isBuiltIn) lines.push('  send       OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318 and start your application')
  return lines
}

function utilizationReader(): () => number {
  let last = performance.eventLoopUtilization()
  return () => {
    const now = performance.eventLoopUtilization()
    const { utilization } = performance.eventLoopUtilization(now, last)
    last = now
    return utilization
  }
}

function durationOf(env: LoadRequest['env'], name: string, defaultMs: number): number {
  const text = env[name]
  if (text === undefined || text === '') return defaultMs
  const durationMs = parseDurationMs(text)
  if (durationMs === undefined) process.stderr.write(`sluice: ${name}="${text}" is no duration such as 25s; not used\n`)
  return durationMs ?? defaultMs
}

function readTextFile(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
