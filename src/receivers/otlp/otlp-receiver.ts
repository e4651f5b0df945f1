import { isServerAuthenticator } from '../../component/authenticator.ts'
import type { Component, ComponentSettings, Deadline, ReceiverNext } from '../../component/component.ts'
import { ConsumeError } from '../../component/consumer.ts'
import { compileCors } from '../../receiver-helper/cors.ts'
import { GrpcMethods } from '../../receiver-helper/grpc-methods.ts'
import { reflection } from '../../receiver-helper/grpc-reflection.ts'
import { HttpRoutes } from '../../receiver-helper/http-routes.ts'
import { Intake } from '../../receiver-helper/intake.ts'
import {
  type DrainableHandler,
  grpcServerSettings,
  httpServerSettings,
  ReceiverServer,
  type ReceiverServerConfig,
} from '../../receiver-helper/receiver-server.ts'
import type { Refusal } from '../../receiver-helper/refusal.ts'
import {
  grpcMessageBytesMax,
  httpBodyBytesMax,
  type OtlpGrpcConfig,
  type OtlpHttpConfig,
  type OtlpReceiverConfig,
} from './config.ts'
import { FindingsCounter } from './findings-counter.ts'
import { exportMethods, exportPaths } from './grpc-service.ts'
import { exportRoutes } from './http-service.ts'

type Protocol = 'grpc' | 'http'

/** What a protocol's configuration comes down to. */
interface Served {
  readonly config: ReceiverServerConfig
  readonly handler: DrainableHandler
}

/** Telemetry in, over gRPC and HTTP: one server for each protocol, shared by all signals. */
export class OtlpReceiver implements Component {
  readonly #settings: ComponentSettings
  readonly #intakes: Record<Protocol, Intake>
  readonly #jsonFindings: FindingsCounter
  readonly #servers = new Map<Protocol, ReceiverServer>()
  /** Reasons of refusals that were logged: each once. */
  readonly #toldReasons = new Set<string>()
  #config: OtlpReceiverConfig

  constructor(config: OtlpReceiverConfig, settings: ComponentSettings, next: ReceiverNext) {
    this.#config = config
    this.#settings = settings
    this.#jsonFindings = new FindingsCounter(settings)
    this.#intakes = { grpc: new Intake(settings, next, 'grpc'), http: new Intake(settings, next, 'http') }
  }

  /** Where a protocol listens; undefined where it does not. */
  address(protocol: Protocol): string | undefined {
    return this.#servers.get(protocol)?.address
  }

  port(protocol: Protocol): number | undefined {
    return this.#servers.get(protocol)?.port
  }

  listening(): readonly string[] {
    const names = { grpc: 'OTLP/gRPC', http: 'OTLP/HTTP' }
    return [...this.#servers].map(([protocol, server]) => `${names[protocol]} ${server.address}`)
  }

  async start(): Promise<void> {
    if (this.#servers.size > 0) return
    this.#checkAuthenticators()
    const servers = new Map<Protocol, ReceiverServer>()
    try {
      for (const [protocol, served] of this.#served(this.#config)) {
        const server = new ReceiverServer(this.#settings, protocol, served.config, served.handler)
        servers.set(protocol, server)
        await server.start()
      }
    } catch (error) {
      await this.#shutdownAll(servers.values(), { atMs: this.#settings.clock.nowMs() })
      throw error
    }
    for (const [protocol, server] of servers) this.#servers.set(protocol, server)
  }

  /**
   * Everything can change on the running instance. Sockets whose address stays are kept; new ones are opened before
   * anything else changes, so a port that cannot be had leaves all as it was.
   */
  async reconfigure(config: unknown): Promise<boolean> {
    const wanted = this.#served(config as OtlpReceiverConfig)
    const opened = new Map<Protocol, ReceiverServer>()
    const prepared: { commit(): void; abandon(): void }[] = []
    try {
      for (const [protocol, served] of wanted) {
        const server = this.#servers.get(protocol)
        if (server?.keepsAddress(served.config)) {
          prepared.push(server.prepare(served.config, served.handler))
        } else {
          const fresh = new ReceiverServer(this.#settings, protocol, served.config, served.handler)
          opened.set(protocol, fresh)
          await fresh.start()
        }
      }
    } catch (error) {
      for (const each of prepared) each.abandon()
      await this.#shutdownAll(opened.values(), { atMs: this.#settings.clock.nowMs() })
      throw error
    }
    for (const each of prepared) each.commit()
    this.#config = config as OtlpReceiverConfig
    const leaving: ReceiverServer[] = []
    for (const [protocol, server] of [...this.#servers]) {
      if (wanted.has(protocol) && !opened.has(protocol)) continue
      leaving.push(server)
      this.#servers.delete(protocol)
    }
    for (const [protocol, server] of opened) this.#servers.set(protocol, server)
    await this.#shutdownAll(leaving, { atMs: this.#settings.clock.nowMs() + leavingGraceMs })
    return true
  }

  /** Who forgot to start the authenticator should hear of it now, not from senders that nobody lets in. */
  #checkAuthenticators(): void {
    const { grpc, http } = this.#config.protocols
    for (const id of [grpc?.auth?.authenticator, http?.auth?.authenticator]) {
      if (id === undefined || isServerAuthenticator(this.#settings.host.extension(id))) continue
      throw new Error(`auth: "${id}" is no authenticator among service.extensions`)
    }
  }

  async shutdown(deadline: Deadline): Promise<void> {
    await this.#shutdownAll(this.#servers.values(), deadline)
  }

  async #shutdownAll(servers: Iterable<ReceiverServer>, deadline: Deadline): Promise<void> {
    await Promise.all([...servers].map(server => server.shutdown(deadline)))
  }

  #served(config: OtlpReceiverConfig): Map<Protocol, Served> {
    const { grpc, http } = config.protocols
    const served = new Map<Protocol, Served>()
    if (grpc !== undefined) served.set('grpc', { config: grpcServerSettings(grpc), handler: this.#grpcHandler(grpc) })
    if (http !== undefined) served.set('http', { config: httpServerSettings(http), handler: this.#httpHandler(http) })
    return served
  }

  #grpcHandler(config: OtlpGrpcConfig): DrainableHandler {
    const { host } = this.#settings
    return new GrpcMethods({
      methods: exportMethods(this.#intakes.grpc),
      conversations: reflection(exportPaths.keys()),
      messageBytesMax: grpcMessageBytesMax(config),
      authenticator: config.auth?.authenticator,
      includeMetadata: config.includeMetadata,
      host,
      admission: host.admission,
      refused: refusal => this.#countRefusal(this.#intakes.grpc, refusal),
    })
  }

  #httpHandler(config: OtlpHttpConfig): DrainableHandler {
    const { host } = this.#settings
    const responseHeaders = Object.entries(config.responseHeaders).flatMap(([name, value]) => [
      name.toLowerCase(),
      value.reveal(),
    ])
    return new HttpRoutes({
      routes: exportRoutes(config, this.#intakes.http, this.#jsonFindings),
      bodyBytesMax: httpBodyBytesMax(config),
      encodings: config.compressionAlgorithms,
      cors: compileCors(config.cors),
      responseHeaders,
      keepsConnections: config.keepAlivesEnabled,
      authenticator: config.auth?.authenticator,
      includeMetadata: config.includeMetadata,
      host,
      admission: host.admission,
      refused: refusal => this.#countRefusal(this.#intakes.http, refusal),
    })
  }

  #countRefusal(intake: Intake, refusal: Refusal): void {
    const { reason, message, cause } = refusal
    intake.countRefusedRequest(reason)
    const { logger } = this.#settings
    if (reason === 'internal_error') logger.error('A request failed', { error: cause })
    // The pipeline says for itself why it refuses.
    if (cause instanceof ConsumeError || this.#toldReasons.has(reason)) return
    this.#toldReasons.add(reason)
    logger.warn('Refused a request; further ones for this reason are only counted', { reason, error: message })
  }
}

const leavingGraceMs = 5_000
