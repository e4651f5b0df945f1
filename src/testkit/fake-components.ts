import type { Component, ComponentSettings, ReceiverNext } from '../component/component.ts'
import {
  defineConnector,
  defineExporter,
  defineExtension,
  defineReceiver,
  defineStatefulProcessor,
} from '../component/component.ts'
import type { Consumer } from '../component/consumer.ts'
import { ComponentRegistry } from '../component/registry.ts'
import { defineConfig, string } from '../config/declare.ts'
import type { OtlpBatch, Signal } from '../pdata/otlp-batch.ts'

/** What happened to the fakes, in order: `start exporter:a`, `shutdown receiver:in`. */
export type FakeLog = string[]

const fakeConfig = defineConfig({ behaviour: string('behaviour', '', 'What the fake should do.') })
const signals: readonly Signal[] = ['traces', 'metrics', 'logs']

interface FakeConfig {
  readonly behaviour?: string
}

/** A component that writes down its life. `behaviour: fails` makes `start` reject. */
export class FakeComponent implements Component {
  readonly log: FakeLog
  readonly settings: ComponentSettings
  config: FakeConfig
  isRunning = false

  constructor(kind: string, config: unknown, settings: ComponentSettings, log: FakeLog) {
    this.config = config as FakeConfig
    this.settings = settings
    this.log = log
    this.kind = kind
  }

  readonly kind: string

  get name(): string {
    return `${this.kind}:${this.settings.id.type}${this.settings.id.name === '' ? '' : `/${this.settings.id.name}`}`
  }

  async start(): Promise<void> {
    if (this.config.behaviour === 'fails') throw new Error('told to fail')
    this.isRunning = true
    this.log.push(`start ${this.name}`)
  }

  async shutdown(): Promise<void> {
    if (!this.isRunning) return
    this.isRunning = false
    this.log.push(`shutdown ${this.name}`)
  }
}

/** A receiver driven by the test: `receive` counts in the ledger as a real one does. */
export class FakeReceiver extends FakeComponent {
  readonly next: ReceiverNext

  constructor(config: unknown, settings: ComponentSettings, next: ReceiverNext, log: FakeLog) {
    super('receiver', config, settings, log)
    this.next = next
  }

  async receive(batch: OtlpBatch): Promise<void> {
    const { ledger } = this.settings
    ledger.received(batch.signal, batch.itemCount)
    try {
      const consumer = this.next.get(batch.signal)
      if (consumer === undefined) throw new Error(`no pipeline takes ${batch.signal}`)
      await consumer.consume(batch)
    } catch (error) {
      ledger.rejected(batch.signal, 'refused', batch.itemCount)
      throw error
    }
  }

  /** Listens on the same address, whatever else changes; not when told `rebinds`. */
  async reconfigure(config: unknown): Promise<boolean> {
    if ((config as FakeConfig).behaviour === 'rebinds') return false
    if ((config as FakeConfig).behaviour === 'refuses') throw new Error('told to refuse')
    this.config = config as FakeConfig
    this.log.push(`reconfigure ${this.name}`)
    return true
  }
}

/** An exporter that keeps what it gets until `deliver`, and gives its queue to a successor. */
export class FakeExporter extends FakeComponent implements Consumer {
  readonly delivered: OtlpBatch[] = []
  queue: OtlpBatch[] = []
  refusal: Error | undefined
  #successor: FakeExporter | undefined
  readonly #forget: () => void

  constructor(config: unknown, settings: ComponentSettings, log: FakeLog) {
    super('exporter', config, settings, log)
    this.#forget = settings.ledger.holds(signal =>
      this.queue.filter(batch => batch.signal === signal).reduce((sum, batch) => sum + batch.itemCount, 0),
    )
  }

  async consume(batch: OtlpBatch): Promise<void> {
    if (this.#successor !== undefined) return this.#successor.consume(batch)
    if (this.refusal !== undefined) throw this.refusal
    this.queue.push(batch)
    if (this.config.behaviour !== 'holds') this.deliver()
  }

  deliver(): void {
    for (const batch of this.queue.splice(0)) {
      this.delivered.push(batch)
      this.settings.ledger.exported(batch.signal, batch.itemCount)
    }
  }

  async handOver(successor: FakeExporter): Promise<void> {
    this.log.push(`hand over ${this.name}`)
    this.#successor = successor
    successor.queue.push(...this.queue.splice(0))
  }

  override async shutdown(): Promise<void> {
    this.deliver()
    this.#forget()
    await super.shutdown()
  }
}

/** A processor that holds batches until its shutdown, or for a successor: `behaviour: holds`; otherwise it passes them on. */
export class FakeProcessor extends FakeComponent implements Consumer {
  readonly held: OtlpBatch[] = []
  readonly next: Consumer

  constructor(config: unknown, settings: ComponentSettings, next: Consumer, log: FakeLog) {
    super('processor', config, settings, log)
    this.next = next
    settings.ledger.holds(() => this.held.reduce((sum, batch) => sum + batch.itemCount, 0))
  }

  async consume(batch: OtlpBatch): Promise<void> {
    if (this.config.behaviour === 'holds') this.held.push(batch)
    else await this.next.consume(batch)
  }

  async handOver(successor: FakeProcessor): Promise<void> {
    successor.held.push(...this.held.splice(0))
  }

  override async shutdown(): Promise<void> {
    for (const batch of this.held.splice(0)) await this.next.consume(batch)
    await super.shutdown()
  }
}

/** All fakes of one test, created ones by name and newest last. */
export class FakeWorld {
  readonly log: FakeLog = []
  readonly created: FakeComponent[] = []

  readonly components = new ComponentRegistry([
    defineReceiver({
      ...this.#common('in'),
      signals,
      create: (c, s, next) => this.#add(new FakeReceiver(c, s, next, this.log)),
    }),
    defineStatefulProcessor({
      ...this.#common('hold'),
      signals,
      create: (c, s, next) => this.#add(new FakeProcessor(c, s, next, this.log)),
    }),
    defineExporter({ ...this.#common('out'), signals, create: (c, s) => this.#add(new FakeExporter(c, s, this.log)) }),
    defineExtension({
      ...this.#common('ext'),
      create: (c, s) => this.#add(new FakeComponent('extension', c, s, this.log)),
    }),
    defineConnector({
      ...this.#common('join'),
      routes: [['traces', 'traces']],
      create: (c, s, next) => {
        const component = new FakeComponent('connector', c, s, this.log)
        return Object.assign(this.#add(component), {
          consume: async (batch: OtlpBatch) => next.all(batch.signal)?.consume(batch),
        })
      },
    }),
  ])

  /** The newest instance with that name. */
  newest<T extends FakeComponent>(name: string): T {
    const found = this.created.findLast(component => component.name === name)
    if (found === undefined) throw new Error(`nothing is called ${name}`)
    return found as T
  }

  #add<T extends FakeComponent>(component: T): T {
    this.created.push(component)
    return component
  }

  #common(type: string) {
    return { type, stability: 'stable' as const, summary: 'A fake.', config: fakeConfig }
  }
}
