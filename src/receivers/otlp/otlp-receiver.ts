import type { Component, ComponentSettings, Deadline, ReceiverNext } from '../../component/component.ts'
import { reflection } from '../../receiver-helper/grpc-reflection.ts'
import { Intake } from '../../receiver-helper/intake.ts'
import { ListenerGroup, type WantedListener } from '../../receiver-helper/listener-group.ts'
import { wantedGrpcServer, wantedHttpServer } from '../../receiver-helper/wanted-server.ts'
import { grpcMessageBytesMax, httpBodyBytesMax, type OtlpReceiverConfig } from './config.ts'
import { FindingsCounter } from './findings-counter.ts'
import { exportMethods, exportPaths } from './grpc-service.ts'
import { exportRoutes } from './http-service.ts'

type Protocol = 'grpc' | 'http'

const protocolNames: Record<Protocol, string> = { grpc: 'OTLP/gRPC', http: 'OTLP/HTTP' }

/** Telemetry in, over gRPC and HTTP: one server for each protocol, shared by all signals. */
export class OtlpReceiver implements Component {
  readonly #settings: ComponentSettings
  readonly #intakes: Record<Protocol, Intake>
  readonly #jsonFindings: FindingsCounter
  readonly #listeners: ListenerGroup
  readonly #config: OtlpReceiverConfig

  constructor(config: OtlpReceiverConfig, settings: ComponentSettings, next: ReceiverNext) {
    this.#config = config
    this.#settings = settings
    this.#jsonFindings = new FindingsCounter(settings)
    this.#intakes = { grpc: new Intake(settings, next, 'grpc'), http: new Intake(settings, next, 'http') }
    this.#listeners = new ListenerGroup(settings.clock)
  }

  /** Where a protocol listens; undefined where it does not. */
  address(protocol: Protocol): string | undefined {
    return this.#listeners.get(protocolNames[protocol])?.address
  }

  port(protocol: Protocol): number | undefined {
    return this.#listeners.get(protocolNames[protocol])?.port
  }

  listening(): readonly string[] {
    return this.#listeners.listening()
  }

  start(): Promise<void> {
    return this.#listeners.start(this.#wanted(this.#config))
  }

  /** Everything can change on the running instance. */
  async reconfigure(config: unknown): Promise<boolean> {
    await this.#listeners.reconfigure(this.#wanted(config as OtlpReceiverConfig))
    return true
  }

  shutdown(deadline: Deadline): Promise<void> {
    return this.#listeners.shutdown(deadline)
  }

  #wanted({ protocols: { grpc, http } }: OtlpReceiverConfig): Map<string, WantedListener> {
    const wanted = new Map<string, WantedListener>()
    if (grpc !== undefined) {
      const calls = {
        methods: exportMethods(this.#intakes.grpc),
        conversations: reflection(exportPaths.keys()),
        messageBytesMax: grpcMessageBytesMax(grpc),
      }
      wanted.set(protocolNames.grpc, wantedGrpcServer(this.#settings, this.#intakes.grpc, grpc, calls))
    }
    if (http !== undefined) {
      const paths = {
        routes: exportRoutes(http, this.#intakes.http, this.#jsonFindings),
        bodyBytesMax: httpBodyBytesMax(http),
      }
      wanted.set(protocolNames.http, wantedHttpServer(this.#settings, this.#intakes.http, http, paths))
    }
    return wanted
  }
}
