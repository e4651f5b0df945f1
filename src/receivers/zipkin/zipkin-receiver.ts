import type { Component, ComponentSettings, Deadline, ReceiverNext } from '../../component/component.ts'
import { defaultWalkBudget } from '../../pdata/walk-budget.ts'
import type { HttpRoute } from '../../receiver-helper/http-routes.ts'
import { Intake } from '../../receiver-helper/intake.ts'
import { type Listener, ListenerGroup, type WantedListener } from '../../receiver-helper/listener-group.ts'
import { accepted, plainRefusal } from '../../receiver-helper/plain-answers.ts'
import { takeDecoded } from '../../receiver-helper/take-decoded.ts'
import { wantedHttpServer } from '../../receiver-helper/wanted-server.ts'
import { httpBodyBytesMax, type ZipkinReceiverConfig } from './config.ts'
import type { DecodedSpans, DecodeSettings } from './decoded-spans.ts'
import { decodeV1Json } from './v1-json.ts'
import { decodeV1Thrift } from './v1-thrift.ts'
import { decodeV2Json } from './v2-json.ts'
import { decodeV2Proto } from './v2-proto.ts'

const v1Path = 'api/v1/spans'
const listenerName = 'Zipkin HTTP'

/** Spans of Zipkin's clients, over HTTP at any path: v1 where it contains `api/v1/spans`, v2 elsewhere. */
export class ZipkinReceiver implements Component {
  readonly #settings: ComponentSettings
  readonly #intake: Intake
  readonly #listeners: ListenerGroup
  readonly #config: ZipkinReceiverConfig

  constructor(config: ZipkinReceiverConfig, settings: ComponentSettings, next: ReceiverNext) {
    this.#config = config
    this.#settings = settings
    this.#intake = new Intake(settings, next, 'http')
    this.#listeners = new ListenerGroup(settings.clock)
  }

  get listener(): Listener | undefined {
    return this.#listeners.get(listenerName)
  }

  listening(): readonly string[] {
    return this.#listeners.listening()
  }

  start(): Promise<void> {
    return this.#listeners.start(this.#wanted(this.#config))
  }

  async reconfigure(config: unknown): Promise<boolean> {
    await this.#listeners.reconfigure(this.#wanted(config as ZipkinReceiverConfig))
    return true
  }

  shutdown(deadline: Deadline): Promise<void> {
    return this.#listeners.shutdown(deadline)
  }

  #wanted(config: ZipkinReceiverConfig): Map<string, WantedListener> {
    const settings: DecodeSettings = {
      spansMax: defaultWalkBudget.itemsMax,
      elementsMax: defaultWalkBudget.elementsMax,
      parseStringTags: config.parseStringTags,
    }
    const v1 = this.#route((body, type) =>
      type === 'application/x-thrift' ? decodeV1Thrift(body, settings) : decodeV1Json(body, settings),
    )
    const v2 = this.#route((body, type) =>
      type === 'application/x-protobuf' ? decodeV2Proto(body, settings) : decodeV2Json(body, settings),
    )
    const server = wantedHttpServer(this.#settings, this.#intake, config, {
      routes: { get: path => (path.includes(v1Path) ? v1 : v2), values: () => [v2].values() },
      bodyBytesMax: httpBodyBytesMax(config),
    })
    return new Map([[listenerName, server]])
  }

  #route(decode: (body: Uint8Array, contentType: string) => DecodedSpans): HttpRoute {
    const intake = this.#intake
    return {
      contentTypes: undefined,
      methods: ['POST'],
      isServed: () => intake.takes('traces'),
      async take(body, request) {
        await takeDecoded(intake, body, bytes => decode(bytes, request.contentType), request.metadata)
        return accepted
      },
      refusal: plainRefusal,
    }
  }
}
