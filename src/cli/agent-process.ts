import { readFileSync } from 'node:fs'
import { flushCompileCache } from 'node:module'
import { availableParallelism, totalmem } from 'node:os'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { systemClock } from '../clock/clock.ts'
import type { ComponentRegistry } from '../component/registry.ts'
import type { AgentConfig } from '../config/agent-config.ts'
import { parseDurationMs } from '../config/duration.ts'
import type { LoadRequest } from '../config/load.ts'
import { nodeWatchIo } from '../service/config-watch.ts'
import { AgentRun, ConfigRefused } from '../service/run-agent.ts'
import { defaultConfigText } from './default-config.ts'
import { version } from './version.ts'

/** From SIGTERM to the end: Kubernetes gives 30 seconds by default. */
const shutdownTimeoutMs = 25_000

/** Runs an agent until a signal or a fatal error ends it; gives the exit code. No `configs`: the built-in configuration. */
export async function runAgentProcess(
  request: LoadRequest,
  components: ComponentRegistry,
  stageWorkerFile: string,
): Promise<number> {
  const print = (line: string) => process.stderr.write(`${line}\n`)
  const isBuiltIn = request.configs.length === 0
  const run = new AgentRun({
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
    stageWorkerFile,
    readUtilization: utilizationReader(),
    print,
  })
  const signals = listenForSignals(run, print)
  try {
    const config = await run.start()
    for (const line of greeting(run, config, isBuiltIn)) print(line)
    systemClock.after(settleAfterMs, settle)
    run.logger.info('Everything is ready. Begin running and processing data.')
  } catch (error) {
    print(error instanceof ConfigRefused ? error.message : `sluice: ${(error as Error).message}`)
    return 1
  }
  const fatal = await Promise.race([run.agent.fatalError, signals.ended])
  if (fatal instanceof Error) run.logger.error('a component cannot go on, the agent ends', { error: fatal })
  await run.shutdown()
  return fatal instanceof Error ? 1 : 0
}

/** TERM and INT end in good order, a second one at once; HUP reloads. */
function listenForSignals(run: AgentRun, print: (line: string) => void): { ended: Promise<Error | string> } {
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
function greeting(run: AgentRun, config: AgentConfig, isBuiltIn: boolean): string[] {
  if (config.telemetry.logs.encoding === 'json') return []
  const listening = run.agent.listening()
  const lines = [
    isBuiltIn
      ? `sluice ${version} runs its built-in configuration; --config FILE runs your own`
      : `sluice ${version} runs ${run.files.join(', ') || run.sources.join(', ')}`,
  ]
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

/** By then the start is over, and so is what the first requests load. */
const settleAfterMs = 1_000

function settle(): void {
  collectGarbage()
  // An agent that is killed would not leave what it has compiled to the next start.
  flushCompileCache()
  setHeapFlags()
}

/** Parsing the configuration and loading the modules leave 4 MB of garbage that an idle agent would hold on to. */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as (settings: { type: string; flavor: string }) => void
  collect({ type: 'major', flavor: 'last-resort' })
  setFlagsFromString('--no-expose-gc')
}

/**
 * Request bodies live outside of V8's heap. By default every 64 MB of them start a full collection, dozens a second under
 * load, which find nothing to do in a small heap; counted together with the heap they do not. It halves the CPU of
 * receiving (docs/decisions/transport-on-sockets.md), at equal memory. Not sooner: with other flags Node does not take its
 * own compiled code for what it still loads. The size is for heaps of threads to come.
 */
function setHeapFlags(): void {
  setFlagsFromString('--external-memory-accounted-in-global-limit')
  setFlagsFromString('--initial-old-space-size=64')
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
