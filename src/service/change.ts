import type { Deadline } from '../component/component.ts'
import { busyAddress } from './busy-address.ts'
import { downstream, type GraphPlan, type PlanNode, type StageStep, stagesOf } from './graph-plan.ts'
import { createInstance, type Instance, type Surroundings } from './instance.ts'
import { inFlowOrder, shutdownAll, within } from './life-cycle.ts'
import { diffPlans, type PlanDiff } from './plan-diff.ts'
import { type MakeRunner, StageInstance } from './stage-instance.ts'
import { type GraphParts, Wiring } from './wiring.ts'

/** Everything in force at one moment. */
export interface RunningGraph {
  readonly plan: GraphPlan
  readonly parts: GraphParts
  readonly wiring: Wiring
}

/** The way from one running graph to the next, as a transaction: prepare, swap, retire; or prepare and undo. */
export class Change {
  readonly diff: PlanDiff
  readonly #before: RunningGraph
  readonly #plan: GraphPlan
  readonly #around: Surroundings
  readonly #makeRunner: MakeRunner
  readonly #instances = new Map<string, Instance>()
  readonly #created: Instance[] = []
  readonly #stages = new Map<string, StageInstance>()
  /** New settings in force on instances that stay. */
  readonly #reconfigured: Instance[] = []
  /** Their address is still held by a part that goes: they start after it has gone. */
  readonly #deferred: Instance[] = []
  #wiring: Wiring | undefined

  constructor(before: RunningGraph, plan: GraphPlan, around: Surroundings, makeRunner: MakeRunner) {
    this.#before = before
    this.#plan = plan
    this.#around = around
    this.#makeRunner = makeRunner
    this.diff = diffPlans(before.plan, plan)
  }

  /** Creates and starts what is new. Where anything fails, undoes it all and rejects. */
  async prepare(): Promise<RunningGraph> {
    try {
      for (const node of this.#plan.nodes.values()) await this.#prepareNode(node)
      for (const step of stagesOf(this.#plan)) this.#prepareStage(step)
      const parts = { instances: this.#instances, stages: this.#stages }
      this.#wiring = new Wiring(this.#plan, parts, this.#around.ledger)
      return { plan: this.#plan, parts, wiring: this.#wiring }
    } catch (error) {
      await this.#undo()
      throw error
    }
  }

  instance(key: string): Instance | undefined {
    return this.#instances.get(key)
  }

  /** Every junction at once; a request is either before or after. */
  swap(): void {
    this.#wiring!.connect()
  }

  /** Lets the old parts finish what they accepted, then ends them, in the order of the data. */
  async retire(deadline: Deadline): Promise<void> {
    const { clock, logger } = this.#around
    const retired = [...this.#before.parts.instances.values()].filter(
      old => this.#instances.get(old.node.key)?.component !== old.component,
    )
    const ofKind = (...kinds: string[]) => retired.filter(instance => kinds.includes(instance.node.kind))
    // A replaced processor ends into the place of its successor, which is where its stream goes on.
    for (const old of ofKind('processor', 'connector')) {
      if (this.#plan.nodes.has(old.node.key)) this.#wiring!.connectInstance(old.node.key, old)
    }
    await shutdownAll(ofKind('receiver'), deadline, clock, logger)
    const startFailure = await this.#startDeferred()
    if (retired.length > 0) await within(this.#before.wiring.flow.idle(), deadline, clock)
    const middle = inFlowOrder(ofKind('processor', 'connector'), key => downstream(this.#before.plan, key))
    for (const instance of middle) {
      await this.#handOver(instance, deadline)
      await shutdownAll([instance], deadline, clock, logger)
    }
    await Promise.all(ofKind('exporter').map(exporter => this.#handOver(exporter, deadline)))
    await shutdownAll(ofKind('exporter'), deadline, clock, logger)
    await shutdownAll(ofKind('extension').toReversed(), deadline, clock, logger)
    for (const instance of retired) instance.metrics.release()
    for (const stage of this.#before.parts.stages.values()) {
      if (this.#stages.get(stage.step.key) !== stage) stage.shutdown()
    }
    if (startFailure !== undefined) throw startFailure
  }

  /** The first failure, once the rest has been started. */
  async #startDeferred(): Promise<StartError | undefined> {
    let failure: StartError | undefined
    for (const instance of this.#deferred) {
      try {
        await instance.component.start()
      } catch (error) {
        failure ??= new StartError(instance.node.key, error)
      }
    }
    return failure
  }

  async #prepareNode(node: PlanNode): Promise<void> {
    const old = this.#before.parts.instances.get(node.key)
    if (old === undefined) return this.#start(node, undefined)
    if (old.node.fingerprint === node.fingerprint) {
      this.#instances.set(node.key, old)
      return
    }
    if (await this.#reconfigure(old, node)) {
      this.#reconfigured.push(old)
      this.#instances.set(node.key, { ...old, node })
      return
    }
    return this.#start(node, old)
  }

  /** False where the node needs a new instance. */
  async #reconfigure(old: Instance, node: PlanNode): Promise<boolean> {
    if (old.node.factory !== node.factory) return false
    try {
      return (await old.component.reconfigure?.(node.config)) === true
    } catch (error) {
      // A new instance can wait until the address is free, the running one cannot.
      if (this.#mayFreeAddress(error)) return false
      throw new StartError(node.key, error, 'change')
    }
  }

  #prepareStage(step: StageStep): void {
    const old = this.#before.parts.stages.get(step.key)
    const isSame = old?.step.fingerprint === step.fingerprint
    this.#stages.set(step.key, isSame ? old : new StageInstance(step, this.#around, this.#makeRunner))
  }

  async #start(node: PlanNode, old: Instance | undefined): Promise<void> {
    const sameFactory = old?.node.factory === node.factory
    const instance = createInstance(node, this.#around, sameFactory ? old?.component : undefined)
    this.#created.push(instance)
    this.#instances.set(node.key, instance)
    if (instance.output?.kind === 'receiver') {
      const fed = [...this.#plan.pipelines.values()].filter(pipeline => pipeline.receivers.includes(node.key))
      instance.output.outputs.expect(fed.map(pipeline => pipeline.signal))
    }
    try {
      await instance.component.start()
    } catch (error) {
      if (!this.#mayFreeAddress(error)) throw new StartError(node.key, error)
      this.#deferred.push(instance)
    }
  }

  /** The address is in use, and by something of ours that is about to go. */
  #mayFreeAddress(error: unknown): boolean {
    const address = busyAddress(error)
    if (address === undefined) return false
    const { stopped, changed } = this.diff
    const leaving = [...stopped, ...changed.map(({ before }) => before)]
    const { instances } = this.#before.parts
    return leaving
      .flatMap(({ key }) => instances.get(key)?.component.listening?.() ?? [])
      .some(text => text.endsWith(address))
  }

  async #undo(): Promise<void> {
    const { clock, logger } = this.#around
    for (const instance of this.#created) {
      if (instance.output?.kind === 'receiver') instance.output.outputs.abandon()
    }
    const deadline = { atMs: clock.nowMs() + undoTimeoutMs }
    await shutdownAll(this.#created.toReversed(), deadline, clock, logger)
    for (const instance of this.#created) instance.metrics.release()
    for (const [key, stage] of this.#stages) if (this.#before.parts.stages.get(key) !== stage) stage.shutdown()
    for (const instance of this.#reconfigured) await instance.component.reconfigure?.(instance.node.config)
  }

  async #handOver(old: Instance, deadline: Deadline): Promise<void> {
    const successor = this.#instances.get(old.node.key)
    if (successor === undefined || successor.node.factory !== old.node.factory) return
    try {
      await old.component.handOver?.(successor.component, deadline)
    } catch (error) {
      this.#around.logger.error('what a component held could not be handed over', { component: old.node.key, error })
    }
  }
}

const undoTimeoutMs = 5_000

/** A component that would not start, or not take its new settings; names it, keeps the cause. */
export class StartError extends Error {
  override readonly name = 'StartError'
  readonly key: string

  constructor(key: string, cause: unknown, verb: 'start' | 'change' = 'start') {
    super(`cannot ${verb} ${key.replace(':', ' "')}": ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    })
    this.key = key
  }
}
