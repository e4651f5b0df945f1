import { randomUUID } from 'node:crypto'
import { closeSync, openSync, writeSync } from 'node:fs'
import type { Clock } from '../clock/clock.ts'
import { parseListenAddress } from '../config/listen-address.ts'
import type { TelemetryConfig } from '../config/sections/service.ts'
import type { LogLevel } from '../telemetry/logger.ts'
import type { MetricSource } from '../telemetry/metric-registry.ts'
import { type AnswerAdmin, MetricsServer, type MetricsServerSettings } from '../telemetry/metrics-server.ts'
import { LogSink } from '../telemetry/structured-logger.ts'

export interface TelemetryChange {
  /** Puts the new telemetry in force and ends the old. */
  commit(): Promise<void>
  undo(): Promise<void>
}

/** The agent's own logs and metrics, as `service.telemetry` says. */
export class TelemetryRuntime {
  readonly source: MetricSource
  readonly sink: LogSink
  readonly #version: string
  readonly #answerAdmin: AnswerAdmin
  readonly #instanceId = randomUUID()
  #outputs: LogOutputs
  #servers: MetricsServer[] = []
  #serversText = ''

  constructor(source: MetricSource, clock: Clock, version: string, answerAdmin: AnswerAdmin) {
    this.#answerAdmin = answerAdmin
    this.source = source
    this.#version = version
    this.#outputs = new LogOutputs(['stderr'])
    this.sink = new LogSink(clock, line => this.#outputs.write(line))
  }

  /** Where metrics are served: `127.0.0.1:8888`. */
  get addresses(): string[] {
    return this.#servers.flatMap(server => {
      const address = server.address
      return address === undefined
        ? []
        : `${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`
    })
  }

  /** Opens what the new settings need. Rejecting leaves the present ones in force. */
  async prepare(config: TelemetryConfig): Promise<TelemetryChange> {
    const outputs = new LogOutputs(config.logs.outputPaths)
    const settings = serverSettings(config, this.#resource(config))
    const text = JSON.stringify(settings)
    const isSame = text === this.#serversText
    const servers = isSame
      ? this.#servers
      : settings.map(each => new MetricsServer(this.source, each, this.#answerAdmin))
    const old = this.#servers
    const free = isSame ? [] : await this.#startAll(servers, settings, config)
    return {
      commit: async () => {
        this.#outputs.close()
        this.#outputs = outputs
        this.#configureLogs(config)
        this.#servers = servers
        this.#serversText = text
        if (!isSame) await Promise.all(old.map(server => server.shutdown()))
        // An address that the old ones held is free only now.
        for (const server of free) await server.start()
      },
      undo: async () => {
        outputs.close()
        if (!isSame) await Promise.all(servers.map(server => server.shutdown()))
      },
    }
  }

  async shutdown(): Promise<void> {
    await Promise.all(this.#servers.map(server => server.shutdown()))
    this.#servers = []
    this.#serversText = ''
  }

  /** Starts what can be started now; returns those whose address an old server of ours still holds. */
  async #startAll(
    servers: readonly MetricsServer[],
    settings: readonly MetricsServerSettings[],
    config: TelemetryConfig,
  ): Promise<MetricsServer[]> {
    const waiting: MetricsServer[] = []
    for (const [i, server] of servers.entries()) {
      try {
        await server.start()
      } catch (error) {
        const isBusy = (error as NodeJS.ErrnoException).code === 'EADDRINUSE'
        const { host, port } = settings[i]!
        if (isBusy && this.#servers.length > 0) waiting.push(server)
        else if (isBusy && isDefaultReader(config)) {
          this.sink
            .logger()
            .warn('own metrics are not served: the default address is in use', { address: `${host}:${port}` })
        } else throw error
      }
    }
    return waiting
  }

  #configureLogs({ logs }: TelemetryConfig): void {
    const { enabled, tickMs, initial, thereafter } = logs.sampling
    this.sink.configure({
      level: levelOf(logs.level),
      encoding: logs.encoding,
      sampling: { tickMs: enabled ? tickMs : 0, initial, thereafter },
      initialFields: logs.initialFields,
    })
  }

  #resource(config: TelemetryConfig): Record<string, string> {
    const resource: Record<string, string> = {
      'service.name': 'sluice',
      'service.version': this.#version,
      'service.instance.id': this.#instanceId,
    }
    for (const [name, value] of Object.entries(configuredResource(config.resource))) {
      if (value === null) delete resource[name]
      else resource[name] = String(value)
    }
    return resource
  }
}

/** The Collector's levels as those that lines have here. */
function levelOf(level: TelemetryConfig['logs']['level']): LogLevel {
  if (level === 'warning') return 'warn'
  return level === 'dpanic' || level === 'panic' || level === 'fatal' ? 'error' : level
}

/** A flat map, or `{attributes: [{name, value}]}` as the declarative schema has it. */
function configuredResource(resource: unknown): Record<string, unknown> {
  if (typeof resource !== 'object' || resource === null) return {}
  const { attributes, ...flat } = resource as Record<string, unknown>
  if (!Array.isArray(attributes)) return resource as Record<string, unknown>
  return { ...flat, ...Object.fromEntries(attributes.map(({ name, value }) => [name, value])) }
}

function isDefaultReader({ metrics }: TelemetryConfig): boolean {
  return metrics.address === '' && metrics.readers.length === 0
}

function serverSettings({ metrics }: TelemetryConfig, resource: Record<string, string>): MetricsServerSettings[] {
  if (metrics.level === 'none') return []
  const common = { withSuffixes: false, resource }
  const readers = metrics.readers.flatMap(({ pull }) => {
    const prometheus = pull?.exporter.prometheus
    if (prometheus === undefined) return []
    const { host, port, withoutTypeSuffix, withoutUnits } = prometheus
    return [{ ...common, host, port, withSuffixes: !withoutTypeSuffix || !withoutUnits }]
  })
  if (metrics.readers.length > 0) return readers
  const address = parseListenAddress(metrics.address) ?? { host: 'localhost', port: 8888 }
  return [{ ...common, host: address.host === '' ? '::' : address.host, port: address.port }]
}

function openLog(path: string): number {
  try {
    return openSync(path, 'a')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const text = `service::telemetry::logs::output_paths: cannot write to ${path}: ${code}`
    throw new Error(text, { cause: error })
  }
}

/** stderr, stdout and files that are appended to. */
class LogOutputs {
  readonly #descriptors: readonly number[]

  constructor(paths: readonly string[]) {
    this.#descriptors = paths.map(path => (path === 'stderr' ? 2 : path === 'stdout' ? 1 : openLog(path)))
  }

  write(line: string): void {
    for (const descriptor of this.#descriptors) {
      try {
        writeSync(descriptor, line)
      } catch {
        // A log that cannot be written has nowhere to be reported, and must not end the agent.
      }
    }
  }

  close(): void {
    for (const descriptor of this.#descriptors) if (descriptor > 2) closeSync(descriptor)
  }
}
