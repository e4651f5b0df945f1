import { acceptedAtOnce, ConsumeError, type Consumer } from '../component/consumer.ts'
import type { OtlpBatch } from '../pdata/otlp-batch.ts'

/** The requests on their way through one wiring of the graph. Once nothing enters any more, `idle` comes true. */
export class Flow {
  #inFlight = 0
  #waiting: (() => void)[] = []

  get inFlight(): number {
    return this.#inFlight
  }

  enter(): void {
    this.#inFlight += 1
  }

  leave(): void {
    this.#inFlight -= 1
    if (this.#inFlight > 0 || this.#waiting.length === 0) return
    const waiting = this.#waiting
    this.#waiting = []
    for (const resolve of waiting) resolve()
  }

  /** Resolves when no request is on its way. */
  idle(): Promise<void> {
    if (this.#inFlight === 0) return Promise.resolve()
    return new Promise(resolve => this.#waiting.push(resolve))
  }
}

/** What a junction points at: the consumer, and the wiring that it belongs to. */
export interface Destination {
  readonly consumer: Consumer
  readonly flow: Flow
}

/**
 * A place in the graph whose continuation can change between two requests. A request that has passed it stays with the
 * destination it found; the next one takes the new destination.
 */
export class Junction implements Consumer {
  #destination: Destination | undefined
  /** Requests that came before the first destination: a component may start before the graph is put in force. */
  #early:
    | { open: Promise<Destination>; resolve: (destination: Destination) => void; reject: (e: Error) => void }
    | undefined

  get isConnected(): boolean {
    return this.#destination !== undefined
  }

  connect(destination: Destination): void {
    this.#destination = destination
    this.#early?.resolve(destination)
    this.#early = undefined
  }

  /** For a graph that never comes into force: whoever waits is told to come again. */
  abandon(): void {
    this.#early?.reject(notInForce())
    this.#early = undefined
  }

  consume(batch: OtlpBatch): Promise<void> {
    const destination = this.#destination
    if (destination === undefined) return this.#wait().then(opened => pass(opened, batch))
    return pass(destination, batch)
  }

  #wait(): Promise<Destination> {
    if (this.#early === undefined) {
      const { promise, resolve, reject } = Promise.withResolvers<Destination>()
      this.#early = { open: promise, resolve, reject }
    }
    return this.#early.open
  }
}

function pass(destination: Destination, batch: OtlpBatch): Promise<void> {
  const { flow } = destination
  flow.enter()
  let consumed: Promise<void>
  try {
    consumed = destination.consumer.consume(batch)
  } catch (error) {
    flow.leave()
    return Promise.reject(error)
  }
  if (consumed === acceptedAtOnce) {
    flow.leave()
    return consumed
  }
  return consumed.finally(() => flow.leave())
}

function notInForce(): ConsumeError {
  return new ConsumeError('retryable', 'the configuration that opened this listener was rolled back', {
    reason: 'reload_rolled_back',
    retryDelayMs: 1000,
  })
}
