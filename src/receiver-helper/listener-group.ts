import type { Clock } from '../clock/clock.ts'
import type { Deadline } from '../component/component.ts'

/** A socket that a receiver listens on. */
export interface Listener {
  readonly address: string
  readonly port: number
  start(): Promise<void>
  shutdown(deadline: Deadline): Promise<void>
}

/** What a receiver's configuration wants of one of its sockets. */
export interface WantedListener {
  /** Throws at the start where what the socket relies on is missing: who forgot it should hear of it now, not from senders. */
  check?(): void
  create(): Listener
  /** How to put the wish in force on the running one; undefined where only a new socket can. May throw. */
  prepare(running: Listener): Change | undefined
}

export interface Change {
  commit(): void
  abandon(): void
}

/** The sockets of a receiver, by name: they start together, and a reload changes all or none. */
export class ListenerGroup {
  readonly #clock: Clock
  readonly #running = new Map<string, Listener>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get(name: string): Listener | undefined {
    return this.#running.get(name)
  }

  /** `name address` of each. */
  listening(): readonly string[] {
    return [...this.#running].map(([name, listener]) => `${name} ${listener.address}`)
  }

  async start(wanted: ReadonlyMap<string, WantedListener>): Promise<void> {
    if (this.#running.size > 0) return
    for (const wish of wanted.values()) wish.check?.()
    await this.reconfigure(wanted)
  }

  /** Sockets that can be kept are kept; new ones are open before anything changes. Rejecting has changed nothing. */
  async reconfigure(wanted: ReadonlyMap<string, WantedListener>): Promise<void> {
    const opened = new Map<string, Listener>()
    const changes: Change[] = []
    try {
      for (const [name, wish] of wanted) {
        const running = this.#running.get(name)
        const change = running === undefined ? undefined : wish.prepare(running)
        if (change !== undefined) changes.push(change)
        else {
          const listener = wish.create()
          opened.set(name, listener)
          await listener.start()
        }
      }
    } catch (error) {
      for (const change of changes) change.abandon()
      await shutdownAll(opened.values(), { atMs: this.#clock.nowMs() })
      throw error
    }
    for (const change of changes) change.commit()
    const leaving: Listener[] = []
    for (const [name, listener] of [...this.#running]) {
      if (wanted.has(name) && !opened.has(name)) continue
      leaving.push(listener)
      this.#running.delete(name)
    }
    for (const [name, listener] of opened) this.#running.set(name, listener)
    if (leaving.length > 0) await shutdownAll(leaving, { atMs: this.#clock.nowMs() + leavingGraceMs })
  }

  async shutdown(deadline: Deadline): Promise<void> {
    await shutdownAll(this.#running.values(), deadline)
  }
}

/** How long requests on a socket that a reload gives up may take. */
const leavingGraceMs = 5_000

async function shutdownAll(listeners: Iterable<Listener>, deadline: Deadline): Promise<void> {
  await Promise.all([...listeners].map(listener => listener.shutdown(deadline)))
}
