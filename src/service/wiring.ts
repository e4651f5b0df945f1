import type { Consumer } from '../component/consumer.ts'
import type { Signal } from '../pdata/otlp-batch.ts'
import type { Ledger } from '../telemetry/ledger.ts'
import { fanOut } from './fan-out.ts'
import { type Destination, Flow } from './flow.ts'
import type { GraphPlan, PipelinePlan } from './graph-plan.ts'
import type { Instance } from './instance.ts'
import type { ConnectorRoute } from './outputs.ts'
import { StageConsumer } from './stage-consumer.ts'
import type { StageInstance } from './stage-instance.ts'

/** The running parts of a plan. */
export interface GraphParts {
  readonly instances: ReadonlyMap<string, Instance>
  readonly stages: ReadonlyMap<string, StageInstance>
}

/** One way to join the instances of a plan. Joins nothing before `connect`. */
export class Wiring {
  /** The requests that entered under this wiring. */
  readonly flow = new Flow()
  readonly #plan: GraphPlan
  readonly #parts: GraphParts
  readonly #ledger: Ledger
  readonly #heads = new Map<string, Consumer>()
  readonly #nexts = new Map<string, Consumer>()

  constructor(plan: GraphPlan, parts: GraphParts, ledger: Ledger) {
    this.#plan = plan
    this.#parts = parts
    this.#ledger = ledger
    for (const pipeline of plan.pipelines.values()) this.#buildPipeline(pipeline)
  }

  /** Points every junction at this wiring, all within one turn of the event loop. */
  connect(): void {
    for (const [key, instance] of this.#parts.instances) this.connectInstance(key, instance)
  }

  /** Joins one instance as the node `key` of this plan: also an old one that shall end into its successor's place. */
  connectInstance(key: string, instance: Instance): void {
    const { output } = instance
    if (output === undefined) return
    if (output.kind === 'processor') {
      const next = this.#nexts.get(key)
      if (next !== undefined) output.next.connect(this.#to(next))
    } else if (output.kind === 'receiver') {
      output.outputs.connect(this.#bySignal(this.#fedBy(key)))
    } else {
      const pipelines = this.#fedBy(key)
      const routes: ConnectorRoute[] = pipelines.map(({ id, signal }) => ({
        pipelineId: id,
        signal,
        destination: this.#to(this.#head(id)),
      }))
      output.outputs.connect(routes, this.#bySignal(pipelines))
    }
  }

  #buildPipeline(pipeline: PipelinePlan): void {
    let tail = fanOut(
      pipeline.exporters.map(key => this.#consumer(key)),
      this.#ledger,
    )
    for (const step of pipeline.steps.toReversed()) {
      if (step.kind === 'stage') {
        tail = new StageConsumer(this.#parts.stages.get(step.key)!, tail, this.#ledger)
      } else {
        this.#nexts.set(step.key, tail)
        tail = this.#consumer(step.key)
      }
    }
    this.#heads.set(pipeline.id, tail)
  }

  #bySignal(pipelines: readonly PipelinePlan[]): ReadonlyMap<Signal, Destination> {
    const heads = Map.groupBy(pipelines, pipeline => pipeline.signal)
    return new Map(
      [...heads].map(([signal, group]) => {
        const consumers = group.map(pipeline => this.#head(pipeline.id))
        return [signal, this.#to(fanOut(consumers, this.#ledger))]
      }),
    )
  }

  #fedBy(key: string): PipelinePlan[] {
    return [...this.#plan.pipelines.values()].filter(pipeline => pipeline.receivers.includes(key))
  }

  #head(pipelineId: string): Consumer {
    return this.#heads.get(pipelineId)!
  }

  #consumer(key: string): Consumer {
    const consumer = this.#parts.instances.get(key)?.consumer
    if (consumer === undefined) throw new Error(`${key} takes no batches`)
    return consumer
  }

  #to(consumer: Consumer): Destination {
    return { consumer, flow: this.flow }
  }
}
