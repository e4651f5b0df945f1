import type { Component, ComponentSettings, Deadline, ReceiverNext } from '../../component/component.ts'
import { defaultWalkBudget } from '../../pdata/walk-budget.ts'
import type { GrpcMethod } from '../../receiver-helper/grpc-methods.ts'
import type { HttpRoute } from '../../receiver-helper/http-routes.ts'
import { Intake } from '../../receiver-helper/intake.ts'
import { type Listener, ListenerGroup, type WantedListener } from '../../receiver-helper/listener-group.ts'
import { accepted, plainRefusal } from '../../receiver-helper/plain-answers.ts'
import { takeDecoded } from '../../receiver-helper/take-decoded.ts'
import { wantedGrpcServer, wantedHttpServer } from '../../receiver-helper/wanted-server.ts'
import { frameMessage } from '../../transport/grpc.ts'
import type { ThriftProtocol } from '../../wire/thrift-reader.ts'
import {
  grpcMessageBytesMax,
  httpBodyBytesMax,
  type JaegerGrpcConfig,
  type JaegerReceiverConfig,
  type JaegerThriftHttpConfig,
  type JaegerUdpConfig,
} from './config.ts'
import { decodePostSpans } from './proto-batch.ts'
import { decodeThriftBatch, decodeThriftMessage } from './thrift-batch.ts'
import { UdpListener } from './udp-listener.ts'

export type JaegerProtocol = 'grpc' | 'thrift_http' | 'thrift_compact' | 'thrift_binary'

const postSpansPath = '/jaeger.api_v2.CollectorService/PostSpans'
const tracesPath = '/api/traces'
/** What clients of all ages call their thrift. */
const thriftTypes = [
  'application/x-thrift',
  'application/vnd.apache.thrift.binary',
  'application/vnd.apache.thrift',
  'application/thrift',
  'application/octet-stream',
  '',
]
const limits = { spansMax: defaultWalkBudget.itemsMax, elementsMax: defaultWalkBudget.elementsMax }
const thriftLimits = { depthMax: 64, elementsMax: defaultWalkBudget.elementsMax }
const emptyMessage = frameMessage(new Uint8Array(0))

/** Spans of Jaeger's clients and agents, over gRPC, HTTP and UDP. */
export class JaegerReceiver implements Component {
  readonly #settings: ComponentSettings
  readonly #next: ReceiverNext
  readonly #listeners: ListenerGroup
  readonly #intakes = new Map<JaegerProtocol, Intake>()
  readonly #config: JaegerReceiverConfig

  constructor(config: JaegerReceiverConfig, settings: ComponentSettings, next: ReceiverNext) {
    this.#config = config
    this.#settings = settings
    this.#next = next
    this.#listeners = new ListenerGroup(settings.clock)
  }

  /** The listener of a protocol; undefined where there is none. */
  listener(protocol: JaegerProtocol): Listener | undefined {
    return this.#listeners.get(protocol)
  }

  listening(): readonly string[] {
    return this.#listeners.listening().map(text => `Jaeger ${text}`)
  }

  start(): Promise<void> {
    return this.#listeners.start(this.#wanted(this.#config))
  }

  async reconfigure(config: unknown): Promise<boolean> {
    await this.#listeners.reconfigure(this.#wanted(config as JaegerReceiverConfig))
    return true
  }

  shutdown(deadline: Deadline): Promise<void> {
    return this.#listeners.shutdown(deadline)
  }

  #wanted({ protocols }: JaegerReceiverConfig): Map<JaegerProtocol, WantedListener> {
    const { grpc, thriftHttp, thriftCompact, thriftBinary } = protocols
    const wanted = new Map<JaegerProtocol, WantedListener>()
    if (grpc !== undefined) wanted.set('grpc', this.#wantedGrpc(grpc))
    if (thriftHttp !== undefined) wanted.set('thrift_http', this.#wantedHttp(thriftHttp))
    if (thriftCompact !== undefined) {
      wanted.set('thrift_compact', this.#wantedUdp('thrift_compact', thriftCompact, 'compact'))
    }
    if (thriftBinary !== undefined)
      wanted.set('thrift_binary', this.#wantedUdp('thrift_binary', thriftBinary, 'binary'))
    return wanted
  }

  #intake(protocol: JaegerProtocol): Intake {
    let intake = this.#intakes.get(protocol)
    if (intake === undefined) {
      intake = new Intake(this.#settings, this.#next, transportOf[protocol])
      this.#intakes.set(protocol, intake)
    }
    return intake
  }

  #wantedGrpc(config: JaegerGrpcConfig): WantedListener {
    const intake = this.#intake('grpc')
    const postSpans: GrpcMethod = {
      isServed: () => intake.takes('traces'),
      async call(message, metadata) {
        await takeDecoded(intake, message, bytes => decodePostSpans(bytes, limits), metadata)
        return emptyMessage
      },
    }
    const methods = new Map([[postSpansPath, postSpans]])
    return wantedGrpcServer(this.#settings, intake, config, { methods, messageBytesMax: grpcMessageBytesMax(config) })
  }

  #wantedHttp(config: JaegerThriftHttpConfig): WantedListener {
    const intake = this.#intake('thrift_http')
    const route: HttpRoute = {
      contentTypes: thriftTypes,
      methods: ['POST'],
      isServed: () => intake.takes('traces'),
      async take(body, request) {
        await takeDecoded(intake, body, bytes => decodeThriftBatch(bytes, limits, thriftLimits), request.metadata)
        return accepted
      },
      refusal: plainRefusal,
    }
    const routes = new Map([[tracesPath, route]])
    return wantedHttpServer(this.#settings, intake, config, { routes, bodyBytesMax: httpBodyBytesMax(config) })
  }

  #wantedUdp(
    protocol: 'thrift_compact' | 'thrift_binary',
    config: JaegerUdpConfig,
    encoding: ThriftProtocol,
  ): WantedListener {
    const decode = (datagram: Uint8Array) => decodeThriftMessage(datagram, encoding, limits, thriftLimits)
    const unchanged = { commit() {}, abandon() {} }
    return {
      create: () => new UdpListener(this.#settings, transportOf[protocol], config, this.#intake(protocol), decode),
      // A datagram socket has nothing to lose but datagrams: it is kept only as it is.
      prepare: running =>
        running instanceof UdpListener && JSON.stringify(running.config) === JSON.stringify(config)
          ? unchanged
          : undefined,
    }
  }
}

/** Values of the label `transport`. */
const transportOf: Record<JaegerProtocol, string> = {
  grpc: 'grpc',
  thrift_http: 'http',
  thrift_compact: 'udp_thrift_compact',
  thrift_binary: 'udp_thrift_binary',
}
