import type { Clock, Random } from '../clock/clock.ts'
import type {
  Component,
  ComponentHealth,
  ComponentId,
  ComponentKind,
  ComponentSettings,
  Host,
} from '../component/component.ts'
import { formatId } from '../component/component.ts'
import type { Consumer } from '../component/consumer.ts'
import type { Ledger } from '../telemetry/ledger.ts'
import type { Logger } from '../telemetry/logger.ts'
import type { MetricRegistry, OwnedScope } from '../telemetry/metric-registry.ts'
import { Junction } from './flow.ts'
import type { ConfiguredPipeline } from './graph-config.ts'
import type { PlanNode } from './graph-plan.ts'
import { ConnectorOutputs, ReceiverOutputs } from './outputs.ts'
import { countIncoming, countOutgoing } from './processor-metrics.ts'

/** What all components of an agent share. */
export interface Surroundings {
  readonly logger: Logger
  readonly registry: MetricRegistry
  readonly ledger: Ledger
  readonly clock: Clock
  readonly random: Random
  readonly host: Host
  readonly report: (key: string, health: ComponentHealth) => void
}

/** A created component with everything that joins it to the graph. */
export interface Instance {
  readonly node: PlanNode
  readonly component: Component
  /** Undefined for receivers and extensions. */
  readonly consumer: Consumer | undefined
  /** How its output is joined to the rest; undefined for exporters and extensions. */
  readonly output: Output | undefined
  readonly metrics: OwnedScope
}

export type Output =
  | { readonly kind: 'receiver'; readonly outputs: ReceiverOutputs }
  | { readonly kind: 'processor'; readonly next: Junction }
  | { readonly kind: 'connector'; readonly outputs: ConnectorOutputs }

/** Who a component is, as its logs, metrics and health reports name it. */
export interface ComponentPlace {
  readonly key: string
  readonly kind: ComponentKind
  readonly id: ComponentId
  readonly pipeline: ConfiguredPipeline | undefined
}

/** What `around` is to one component; `metrics` is its own scope, to be released with it. */
export function settingsFor(place: ComponentPlace, around: Surroundings, metrics: OwnedScope): ComponentSettings {
  return {
    id: place.id,
    logger: around.logger.with(logFields(place)),
    metrics,
    ledger: around.ledger,
    clock: around.clock,
    random: around.random,
    host: around.host,
    report: health => around.report(place.key, health),
  }
}

export function metricsFor({ kind, id, pipeline }: ComponentPlace, around: Surroundings): OwnedScope {
  return around.registry.scope({ [kind]: formatId(id), ...(pipeline === undefined ? {} : { pipeline: pipeline.id }) })
}

/** Creates the component that `node` describes; starts nothing. */
export function createInstance(node: PlanNode, around: Surroundings, replaces?: Component): Instance {
  const metrics = metricsFor(node, around)
  const common = settingsFor(node, around, metrics)
  const settings: ComponentSettings = replaces === undefined ? common : { ...common, replaces }
  const { factory } = node
  switch (factory.kind) {
    case 'extension':
      return { node, component: factory.create(node.config, settings), consumer: undefined, output: undefined, metrics }
    case 'exporter': {
      const component = factory.create(node.config, settings)
      return { node, component, consumer: component, output: undefined, metrics }
    }
    case 'receiver': {
      const outputs = new ReceiverOutputs()
      const isElsewhere = factory.runsOnce === true && around.host.shard.index > 0
      const component = isElsewhere ? idle : factory.create(node.config, settings, outputs)
      return { node, component, consumer: undefined, output: { kind: 'receiver', outputs }, metrics }
    }
    case 'connector': {
      const outputs = new ConnectorOutputs()
      const component = factory.create(node.config, settings, outputs)
      return { node, component, consumer: component, output: { kind: 'connector', outputs }, metrics }
    }
    case 'processor':
      return createProcessor(node, settings, metrics)
  }
}

/** Stands where another shard does the work. */
const idle: Component = { async start() {}, async shutdown() {} }

function createProcessor(node: PlanNode, settings: ComponentSettings, metrics: OwnedScope): Instance {
  const { factory, pipeline } = node
  if (factory.kind !== 'processor' || factory.form !== 'stateful' || pipeline === undefined) {
    throw new Error(`${node.key} is not a processor with state`)
  }
  const next = new Junction()
  const { signal } = pipeline
  const component = factory.create(node.config, settings, countOutgoing(next, metrics, signal), signal)
  const consumer = countIncoming(component, metrics, signal)
  return { node, component, consumer, output: { kind: 'processor', next }, metrics }
}

/** The Collector's fields of a component's log lines. */
function logFields(node: ComponentPlace): Record<string, string> {
  return {
    'otelcol.component.id': formatId(node.id),
    'otelcol.component.kind': node.kind,
    ...(node.pipeline === undefined
      ? {}
      : { 'otelcol.pipeline.id': node.pipeline.id, 'otelcol.signal': node.pipeline.signal }),
  }
}
