import type { Clock, Timer } from '../../clock/clock.ts'
import type { LedgerAccounts } from '../../telemetry/ledger-account.ts'
import type { FamilySnapshot } from '../../telemetry/metric-snapshot.ts'
import { ConfigRefused } from '../run-agent.ts'
import type { FromShard, ShardAnswers, ShardQuestion, ShardReport, ToShard } from './messages.ts'

/** A started process that runs one shard. */
export interface ShardProcess {
  readonly pid: number
  send(message: ToShard): void
  /** Ends it at once. */
  kill(): void
  onMessage(receive: (message: FromShard) => void): void
  /** Called once; `how` is for people: `code 1`, `SIGKILL`. */
  onExit(exited: (how: string) => void): void
}

interface Waiting {
  resolve(value: unknown): void
  reject(error: Error): void
  readonly timer: Timer
}

/** Reloads wait for parts that drain. */
const answerTimeoutMs: Readonly<Record<ShardQuestion['kind'], number>> = {
  reload: 55_000,
  restore: 55_000,
  preview: 10_000,
  metrics: 2_000,
}

/** The first process's end of one shard: questions and answers, and the last that is known of it. */
export class ShardEnd {
  readonly index: number
  readonly process: ShardProcess
  readonly #clock: Clock
  readonly #waiting = new Map<number, Waiting>()
  readonly #started = Promise.withResolvers<void>()
  readonly #exited = Promise.withResolvers<string>()
  #nextId = 0
  /** Undefined until it has started. */
  report: ShardReport | undefined
  /** As when somebody last looked. */
  families: readonly FamilySnapshot[] = []
  /** Drained in good order: its account is final. */
  finalAccounts: LedgerAccounts | undefined
  fatalMessage: string | undefined
  onReport: () => void = () => {}

  constructor(index: number, process: ShardProcess, clock: Clock) {
    this.index = index
    this.process = process
    this.#clock = clock
    this.#started.promise.catch(() => {})
    process.onMessage(message => this.#receive(message))
    process.onExit(how => {
      const error = new Error(`shard ${index} died (${how})`)
      this.#started.reject(error)
      for (const waiting of this.#waiting.values()) {
        waiting.timer.cancel()
        waiting.reject(error)
      }
      this.#waiting.clear()
      this.#exited.resolve(how)
    })
  }

  /** Rejects with what kept it from starting. */
  get started(): Promise<void> {
    return this.#started.promise
  }

  get exited(): Promise<string> {
    return this.#exited.promise
  }

  get accounts(): LedgerAccounts {
    return this.finalAccounts ?? this.report?.accounts ?? {}
  }

  ask<Q extends ShardQuestion>(question: Q): Promise<ShardAnswers[Q['kind']]> {
    const id = this.#nextId++
    return new Promise((resolve, reject) => {
      const timer = this.#clock.after(answerTimeoutMs[question.kind], () => {
        this.#waiting.delete(id)
        reject(new Error(`shard ${this.index} does not answer`))
      })
      this.#waiting.set(id, { resolve: value => resolve(value as ShardAnswers[Q['kind']]), reject, timer })
      this.process.send({ kind: 'ask', id, question })
    })
  }

  /** Asks for everything that it counts; what is known stays where it does not answer. */
  async refresh(): Promise<void> {
    if (this.report === undefined || this.finalAccounts !== undefined) return
    try {
      const { families, accounts } = await this.ask({ kind: 'metrics' })
      this.families = families
      this.report = { ...this.report, accounts }
    } catch {
      // It is busy or dying; its exit is what gets told.
    }
  }

  #receive(message: FromShard): void {
    switch (message.kind) {
      case 'started':
        this.report = message.report
        this.#started.resolve()
        this.onReport()
        break
      case 'not_started':
        this.#started.reject(errorOf(message))
        break
      case 'report':
        this.report = message.report
        this.onReport()
        break
      case 'fatal':
        this.fatalMessage = message.message
        this.onReport()
        break
      case 'ended':
        this.finalAccounts = message.accounts
        break
      case 'answer':
        this.#take(message.id)?.resolve(message.value)
        break
      case 'failure':
        this.#take(message.id)?.reject(errorOf(message))
    }
  }

  #take(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    waiting?.timer.cancel()
    return waiting
  }
}

function errorOf({ message, isRefused }: { message: string; isRefused: boolean }): Error {
  return isRefused ? new ConfigRefused(message) : new Error(message)
}
