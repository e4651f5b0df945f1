import type { ConnectorNext, ReceiverNext } from '../component/component.ts'
import type { Consumer } from '../component/consumer.ts'
import type { Signal } from '../pdata/otlp-batch.ts'
import { type Destination, Junction } from './flow.ts'

/** Where a receiver's batches go. The junctions stay over reloads, what is behind them changes. */
export class ReceiverOutputs implements ReceiverNext {
  readonly #junctions = new Map<Signal, Junction>()

  get(signal: Signal): Consumer | undefined {
    return this.#junctions.get(signal)
  }

  /** Announces the signals that a graph under construction will take, so that early requests wait instead of failing. */
  expect(signals: Iterable<Signal>): void {
    for (const signal of signals) {
      if (!this.#junctions.has(signal)) this.#junctions.set(signal, new Junction())
    }
  }

  connect(destinations: ReadonlyMap<Signal, Destination>): void {
    this.expect(destinations.keys())
    for (const [signal, junction] of this.#junctions) {
      const destination = destinations.get(signal)
      if (destination === undefined) this.#junctions.delete(signal)
      else junction.connect(destination)
    }
  }

  abandon(): void {
    for (const [signal, junction] of this.#junctions) {
      if (junction.isConnected) continue
      junction.abandon()
      this.#junctions.delete(signal)
    }
  }
}

export interface ConnectorRoute {
  readonly pipelineId: string
  readonly signal: Signal
  readonly destination: Destination
}

/** The pipelines that a connector begins. */
export class ConnectorOutputs implements ConnectorNext {
  #routes: readonly ConnectorRoute[] = []
  readonly #pipelines = new Map<string, Junction>()
  readonly #all = new Map<Signal, Junction>()

  pipelines(signal: Signal): readonly string[] {
    return this.#routes.filter(route => route.signal === signal).map(route => route.pipelineId)
  }

  get(pipelineId: string): Consumer | undefined {
    return this.#pipelines.get(pipelineId)
  }

  all(signal: Signal): Consumer | undefined {
    return this.#all.get(signal)
  }

  /** `all` has, by signal, one destination for all pipelines of that signal. */
  connect(routes: readonly ConnectorRoute[], all: ReadonlyMap<Signal, Destination>): void {
    this.#routes = routes
    reconnect(this.#pipelines, new Map(routes.map(route => [route.pipelineId, route.destination])))
    reconnect(this.#all, all)
  }
}

function reconnect<K>(junctions: Map<K, Junction>, destinations: ReadonlyMap<K, Destination>): void {
  for (const key of junctions.keys()) if (!destinations.has(key)) junctions.delete(key)
  for (const [key, destination] of destinations) {
    let junction = junctions.get(key)
    if (junction === undefined) {
      junction = new Junction()
      junctions.set(key, junction)
    }
    junction.connect(destination)
  }
}
