import type { Clock, Timer } from '../../clock/clock.ts'
import type { AgentState, Shard } from '../../component/component.ts'
import { accountsOf } from '../../telemetry/ledger-account.ts'
import { snapshotOf } from '../../telemetry/metric-snapshot.ts'
import { type AgentRun, ConfigRefused } from '../run-agent.ts'
import type { Sharing } from '../sharing.ts'
import type { FromShard, ShardQuestion, ShardReport, ShardState, ToShard } from './messages.ts'

/** A shard's line to the process that started it. */
export interface ParentLine {
  /** Resolves when the message is on its way; where nobody listens any more, too. */
  send(message: FromShard): Promise<void>
  listen(receive: (message: ToShard) => void): void
}

const reportIntervalMs = 1_000

/** One of several agents that together are one: answers the process that started it, and tells it how things stand. */
export class ShardSide implements Sharing {
  readonly shard: Shard
  readonly #line: ParentLine
  readonly #clock: Clock
  readonly #told = Promise.withResolvers<void>()
  #whole: ShardState | undefined
  #run: AgentRun | undefined
  #timer: Timer | undefined
  #lastReport = ''

  constructor(shard: Shard, line: ParentLine, clock: Clock) {
    this.shard = shard
    this.#line = line
    this.#clock = clock
  }

  /** Resolves when this shard is told to end. */
  get ended(): Promise<void> {
    return this.#told.promise
  }

  /** A shard that drains says so; otherwise all of them answer alike. */
  wholeState(own: AgentState): AgentState {
    const whole = this.#whole
    if (whole === undefined) return own.phase === 'ready' ? { ...own, phase: 'starting' } : own
    const { phase, sinceMs } = own.phase === 'draining' ? own : whole
    return { ...own, phase, sinceMs, components: new Map(whole.components) }
  }

  /** From now on it answers for `run`, which has started. */
  async serve(run: AgentRun): Promise<void> {
    this.#run = run
    this.#line.listen(message => this.#receive(message))
    this.#timer = this.#clock.every(reportIntervalMs, () => this.#report())
    await this.#line.send({ kind: 'started', report: reportOf(run) })
  }

  async failed(error: unknown): Promise<void> {
    await this.#line.send({ kind: 'not_started', ...failureOf(error) })
  }

  /** No shard can go on: all of them end. */
  async fatal(error: Error): Promise<void> {
    await this.#line.send({ kind: 'fatal', message: error.message })
  }

  /** After the run has ended: the last account. */
  async end(run: AgentRun): Promise<void> {
    this.#timer?.cancel()
    await this.#line.send({ kind: 'ended', accounts: accountsOf(run.ledger) })
  }

  #receive(message: ToShard): void {
    switch (message.kind) {
      case 'whole':
        this.#whole = message.state
        break
      case 'end':
        this.#told.resolve()
        break
      case 'ask':
        this.#answer(message.question).then(
          value => this.#line.send({ kind: 'answer', id: message.id, value }),
          error => this.#line.send({ kind: 'failure', id: message.id, ...failureOf(error) }),
        )
    }
  }

  async #answer(question: ShardQuestion): Promise<unknown> {
    const run = this.#run!
    switch (question.kind) {
      case 'reload': {
        const outcome = await run.reload(question.reason)
        this.#report()
        return outcome
      }
      case 'preview':
        return run.preview()
      case 'restore':
        await run.restore()
        this.#report()
        return null
      case 'metrics':
        return { families: snapshotOf(run.registry.families()), accounts: accountsOf(run.ledger) }
    }
  }

  #report(): void {
    const report = reportOf(this.#run!)
    const text = JSON.stringify(report)
    if (text === this.#lastReport) return
    this.#lastReport = text
    this.#line.send({ kind: 'report', report }).catch(() => {}) // without a parent the shard is about to end
  }
}

function reportOf(run: AgentRun): ShardReport {
  const { components, ...state } = run.agent.state()
  return {
    state: { ...state, components: [...components] },
    listening: run.agent.listening(),
    accounts: accountsOf(run.ledger),
  }
}

function failureOf(error: unknown): { message: string; isRefused: boolean } {
  return { message: error instanceof Error ? error.message : String(error), isRefused: error instanceof ConfigRefused }
}
