import type { Component, ComponentHealth, Deadline } from '../component/component.ts'
import type { Ledger } from '../telemetry/ledger.ts'
import { Change, type RunningGraph } from './change.ts'
import { downstream, emptyPlan, type GraphPlan } from './graph-plan.ts'
import type { Surroundings } from './instance.ts'
import { inFlowOrder, shutdownAll, within } from './life-cycle.ts'
import type { PlanDiff } from './plan-diff.ts'
import type { MakeRunner } from './stage-instance.ts'
import { Wiring } from './wiring.ts'

/** The running components. It only knows plans: to start is to change from the empty plan. */
export class Graph {
  readonly #around: Surroundings
  readonly #makeRunner: MakeRunner
  readonly #health = new Map<string, ComponentHealth>()
  #running: RunningGraph
  #change: Change | undefined

  constructor(
    around: Omit<Surroundings, 'report'>,
    makeRunner: MakeRunner,
    onHealth: (key: string, health: ComponentHealth) => void,
  ) {
    const report = (key: string, health: ComponentHealth) => {
      this.#health.set(key, health)
      onHealth(key, health)
    }
    this.#around = { ...around, report }
    this.#makeRunner = makeRunner
    this.#running = nothing(around.ledger)
  }

  get plan(): GraphPlan {
    return this.#running.plan
  }

  /** What components reported about themselves, by node key. */
  get health(): ReadonlyMap<string, ComponentHealth> {
    return this.#health
  }

  /** While a change is prepared, its own: what starts with it belongs to it. */
  extension(id: string): Component | undefined {
    const key = `extension:${id}`
    return (this.#change?.instance(key) ?? this.#running.parts.instances.get(key))?.component
  }

  listening(): string[] {
    return [...this.#running.parts.instances.values()].flatMap(({ component }) => component.listening?.() ?? [])
  }

  /**
   * Puts `plan` in force. Rejecting before the swap leaves everything as it was. `onSwap` is called in the turn of the
   * event loop in which the new plan takes over; `retireBy` says until when the old parts may drain.
   */
  async apply(
    plan: GraphPlan,
    retireBy: () => Deadline,
    onSwap: (diff: PlanDiff) => void = () => {},
  ): Promise<PlanDiff> {
    const change = new Change(this.#running, plan, this.#around, this.#makeRunner)
    this.#change = change
    try {
      this.#running = await change.prepare()
    } finally {
      this.#change = undefined
    }
    change.swap()
    onSwap(change.diff)
    for (const { key } of [...change.diff.stopped, ...change.diff.changed.map(({ before }) => before)]) {
      this.#health.delete(key)
    }
    await change.retire(retireBy())
    return change.diff
  }

  /** Stops in the order of the data, each kind of component until its part of the time is over. */
  async shutdown(deadline: Deadline): Promise<void> {
    const { clock, logger } = this.#around
    const { plan, parts, wiring } = this.#running
    const all = [...parts.instances.values()]
    const ofKind = (...kinds: string[]) => all.filter(instance => kinds.includes(instance.node.kind))
    const totalMs = Math.max(0, deadline.atMs - clock.nowMs())
    const share = (ratio: number): Deadline => ({ atMs: deadline.atMs - totalMs * (1 - ratio) })

    await shutdownAll(ofKind('receiver'), share(0.4), clock, logger)
    await within(wiring.flow.idle(), share(0.5), clock)
    const middle = inFlowOrder(ofKind('processor', 'connector'), key => downstream(plan, key))
    for (const instance of middle) await shutdownAll([instance], share(0.7), clock, logger)
    await shutdownAll(ofKind('exporter'), share(0.98), clock, logger)
    for (const instance of ofKind('extension').toReversed()) await shutdownAll([instance], deadline, clock, logger)
    for (const instance of all) instance.metrics.release()
    for (const stage of parts.stages.values()) stage.shutdown()
    this.#running = nothing(this.#around.ledger)
  }
}

function nothing(ledger: Ledger): RunningGraph {
  const parts = { instances: new Map(), stages: new Map() }
  return { plan: emptyPlan, parts, wiring: new Wiring(emptyPlan, parts, ledger) }
}
