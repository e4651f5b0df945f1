import type { AnyFactory, ComponentId, ComponentKind } from '../component/component.ts'
import type { ComponentRegistry } from '../component/registry.ts'
import type { Signal } from '../pdata/otlp-batch.ts'
import type { ConfiguredComponent, ConfiguredPipeline, GraphConfig } from './graph-config.ts'

/** One instance that the graph needs. */
export interface PlanNode {
  /** Who it is, over reloads: `exporter:otlp/2`, `processor:traces/in:tail_sampling`. */
  readonly key: string
  readonly kind: ComponentKind
  readonly id: ComponentId
  readonly factory: AnyFactory
  readonly config: unknown
  /** Equal texts mean an equal instance. */
  readonly fingerprint: string
  /** Stateful processors belong to one pipeline. */
  readonly pipeline: ConfiguredPipeline | undefined
}

/** Stateless processors one after the other. */
export interface StageStep {
  readonly kind: 'stage'
  /** Who it is, over reloads: by pipeline and position among the pipeline's stages. */
  readonly key: string
  readonly fingerprint: string
  readonly pipeline: ConfiguredPipeline
  readonly parts: readonly StagePart[]
}

export interface StagePart {
  readonly id: ComponentId
  readonly factory: Extract<AnyFactory, { form: 'stateless' }>
  readonly config: unknown
}

export interface ProcessorStep {
  readonly kind: 'processor'
  readonly key: string
}

export interface PipelinePlan {
  readonly id: string
  readonly signal: Signal
  /** Keys of receivers and connectors. */
  readonly receivers: readonly string[]
  readonly steps: readonly (StageStep | ProcessorStep)[]
  /** Keys of exporters and connectors. */
  readonly exporters: readonly string[]
}

export interface GraphPlan {
  /** In the order of their start: what is needed by others comes first. */
  readonly nodes: ReadonlyMap<string, PlanNode>
  readonly pipelines: ReadonlyMap<string, PipelinePlan>
}

export const emptyPlan: GraphPlan = { nodes: new Map(), pipelines: new Map() }

/** A configuration that names what this build cannot do, or joins what cannot be joined. */
export class PlanError extends Error {
  override readonly name = 'PlanError'
}

/** Which instances a configuration needs, and how they are joined. Creates nothing. */
export function planGraph(config: GraphConfig, registry: ComponentRegistry): GraphPlan {
  const planner = new Planner(config, registry)
  for (const id of config.extensions) planner.add('extension', id)
  const pipelines = new Map(config.pipelines.map(pipeline => [pipeline.id, planner.pipeline(pipeline)]))
  refuseCycles(pipelines)
  return { nodes: inStartOrder(planner.nodes), pipelines }
}

class Planner {
  readonly nodes = new Map<string, PlanNode>()
  readonly #config: GraphConfig
  readonly #registry: ComponentRegistry
  readonly #components: ReadonlyMap<string, ConfiguredComponent>

  constructor(config: GraphConfig, registry: ComponentRegistry) {
    this.#config = config
    this.#components = new Map(config.components.map(component => [`${component.kind}:${component.id}`, component]))
    this.#registry = registry
  }

  pipeline(pipeline: ConfiguredPipeline): PipelinePlan {
    return {
      id: pipeline.id,
      signal: pipeline.signal,
      receivers: pipeline.receivers.map(id => this.#end('receiver', id, pipeline)),
      steps: this.#steps(pipeline),
      exporters: pipeline.exporters.map(id => this.#end('exporter', id, pipeline)),
    }
  }

  add(kind: ComponentKind, id: string, pipeline?: ConfiguredPipeline): string {
    const component = this.#component(kind, id)
    const key = pipeline === undefined ? `${kind}:${id}` : `${kind}:${pipeline.id}:${id}`
    if (this.nodes.has(key)) return key
    const factory = this.#factory(component)
    const fingerprint = [factory.type, pipeline?.signal ?? '', this.#fingerprint(component)].join(' ')
    this.nodes.set(key, { key, kind, id: idOf(component), factory, config: component.config, fingerprint, pipeline })
    return key
  }

  /** A name in `receivers` or `exporters` of a pipeline: a connector may stand in either. */
  #end(kind: 'receiver' | 'exporter', id: string, pipeline: ConfiguredPipeline): string {
    if (!this.#components.has(`${kind}:${id}`) && this.#components.has(`connector:${id}`))
      return this.add('connector', id)
    this.#refuseSignal(this.#factory(this.#component(kind, id)), id, pipeline)
    return this.add(kind, id)
  }

  #steps(pipeline: ConfiguredPipeline): (StageStep | ProcessorStep)[] {
    const steps: (StageStep | ProcessorStep)[] = []
    let parts: StagePart[] = []
    let fingerprints: string[] = []
    let stageCount = 0
    const endStage = () => {
      if (parts.length === 0) return
      const key = `stage:${pipeline.id}:${stageCount++}`
      steps.push({ kind: 'stage', key, pipeline, parts, fingerprint: [pipeline.signal, ...fingerprints].join(' ') })
      parts = []
      fingerprints = []
    }
    for (const id of pipeline.processors) {
      const component = this.#component('processor', id)
      const factory = this.#factory(component)
      if (factory.kind !== 'processor') throw new PlanError(`processor "${id}" is a ${factory.kind}`)
      this.#refuseSignal(factory, id, pipeline)
      if (factory.form === 'stateless') {
        parts.push({ id: idOf(component), factory, config: component.config })
        fingerprints.push(`${id} ${component.fingerprint}`)
      } else {
        endStage()
        steps.push({ kind: 'processor', key: this.add('processor', id, pipeline) })
      }
    }
    endStage()
    return steps
  }

  #refuseSignal(factory: AnyFactory, id: string, pipeline: ConfiguredPipeline): void {
    if (!('signals' in factory) || factory.signals.includes(pipeline.signal)) return
    const known = factory.signals.join(', ')
    throw new PlanError(
      `service::pipelines::${pipeline.id}: ${factory.kind} "${id}" does not support ${pipeline.signal}, only ${known}`,
    )
  }

  /** A component that names an extension gets a new instance when the extension does: it may hold the old one. */
  #fingerprint(component: ConfiguredComponent): string {
    if (component.kind === 'extension') return component.fingerprint
    const named = [...textsIn(component.config)].filter(text => this.#config.extensions.includes(text))
    const extensions = named.map(id => this.nodes.get(`extension:${id}`)?.fingerprint ?? '')
    return [component.fingerprint, ...extensions].join(' ')
  }

  #component(kind: ComponentKind, id: string): ConfiguredComponent {
    const component = this.#components.get(`${kind}:${id}`)
    if (component === undefined) throw new PlanError(`references ${kind} "${id}" which is not configured`)
    return component
  }

  #factory({ kind, type, id }: ConfiguredComponent): AnyFactory {
    const factory = this.#registry.find(kind, type)
    if (factory === undefined) throw new PlanError(`${kind}s: unknown type "${type}" for id "${id}"`)
    return factory
  }
}

function idOf({ type, name }: ConfiguredComponent): ComponentId {
  return { type, name }
}

function* textsIn(value: unknown): Generator<string> {
  if (typeof value === 'string') yield value
  else if (typeof value === 'object' && value !== null) for (const item of Object.values(value)) yield* textsIn(item)
}

const startOrder: readonly ComponentKind[] = ['extension', 'exporter', 'connector', 'processor', 'receiver']

function inStartOrder(nodes: ReadonlyMap<string, PlanNode>): ReadonlyMap<string, PlanNode> {
  const sorted = [...nodes.values()].sort((a, b) => startOrder.indexOf(a.kind) - startOrder.indexOf(b.kind))
  return new Map(sorted.map(node => [node.key, node]))
}

/** A connector that feeds a pipeline that ends in it again would never let go of a batch. */
function refuseCycles(pipelines: ReadonlyMap<string, PipelinePlan>): void {
  const done = new Set<string>()
  const path: string[] = []
  const visit = (pipeline: PipelinePlan) => {
    if (done.has(pipeline.id)) return
    if (path.includes(pipeline.id)) {
      throw new PlanError(`cycle detected: ${[...path.slice(path.indexOf(pipeline.id)), pipeline.id].join(' -> ')}`)
    }
    path.push(pipeline.id)
    for (const key of pipeline.exporters) {
      if (!key.startsWith('connector:')) continue
      for (const next of pipelines.values()) if (next.receivers.includes(key)) visit(next)
    }
    path.pop()
    done.add(pipeline.id)
  }
  for (const pipeline of pipelines.values()) visit(pipeline)
}

/** Keys of the processors and connectors that come directly behind `key`. */
export function downstream(plan: GraphPlan, key: string): string[] {
  const keys: string[] = []
  for (const pipeline of plan.pipelines.values()) {
    const chain = pipeline.steps.flatMap(step => (step.kind === 'processor' ? [step.key] : []))
    const entered = pipeline.receivers.includes(key) ? 0 : chain.indexOf(key) + 1
    if (entered === 0 && !pipeline.receivers.includes(key)) continue
    const next = chain[entered]
    if (next !== undefined) keys.push(next)
    else keys.push(...pipeline.exporters.filter(exporter => exporter.startsWith('connector:')))
  }
  return keys
}

export function stagesOf(plan: GraphPlan): StageStep[] {
  return [...plan.pipelines.values()].flatMap(({ steps }) => steps.filter(step => step.kind === 'stage'))
}
