import type { Clock, Random } from '../clock/clock.ts'
import type { ConfigDeclaration } from '../config/declare.ts'
import type { Signal } from '../pdata/otlp-batch.ts'
import type { Ledger } from '../telemetry/ledger.ts'
import type { Logger } from '../telemetry/logger.ts'
import type { MetricScope } from '../telemetry/metrics.ts'
import type { ByteBudget } from '../transport/byte-budget.ts'
import type { Consumer } from './consumer.ts'
import type { StageProcessor } from './stage-processor.ts'

export type ComponentKind = 'receiver' | 'processor' | 'exporter' | 'connector' | 'extension'

/** `type/name` in the YAML; `name` is empty for a bare type. */
export interface ComponentId {
  readonly type: string
  readonly name: string
}

export function formatId(id: ComponentId): string {
  return id.name === '' ? id.type : `${id.type}/${id.name}`
}

/** The Collector's stability words. */
export type Stability = 'development' | 'alpha' | 'beta' | 'stable' | 'deprecated'

/** When a shutdown must be over, on the component's clock. */
export interface Deadline {
  readonly atMs: number
}

/** The life cycle that every component has. Both calls are safe to make twice, and `shutdown` without `start`. */
export interface Component {
  /** Opens what the component needs. Rejecting stops the start-up or the reload, and names the reason for the user. */
  start(): Promise<void>
  /** Stops taking, finishes what was accepted, frees everything; returns by `deadline` and says what it had to leave. */
  shutdown(deadline: Deadline): Promise<void>
  /**
   * Optional: where it listens once started, for people: `gRPC 127.0.0.1:4317`. Ends with the address: a reload finds by it who
   * holds one that is wanted elsewhere.
   */
  listening?(): readonly string[]
  /**
   * Optional: takes new settings on the running instance, so that listeners, connections and state stay. Resolves true
   * when `config` is in force, false where this change needs a new instance; rejecting says why the new configuration
   * cannot be had. In the last two cases nothing has changed.
   */
  reconfigure?(config: unknown): Promise<boolean>
  /**
   * Optional, for exporters and processors that hold accepted items: gives all of them to `successor`, a started component of the same factory
   * that was created with this one as `settings.replaces`. Called once no new batch can come from a pipeline; what is
   * still under way inside goes to the successor as well. Nothing is lost or sent twice; the ledger's `queued` stays exact.
   * `shutdown` follows.
   */
  handOver?(successor: Component, deadline: Deadline): Promise<void>
}

/** What a component says about itself; health endpoints show it, and a reload is rolled back where it goes bad at once. */
export interface ComponentHealth {
  /** `recoverable` may pass by itself (a backend is away), `permanent` will not (credentials refused, a listener lost). */
  readonly status: 'ok' | 'recoverable' | 'permanent'
  readonly message: string
}

export type AgentPhase = 'starting' | 'ready' | 'draining'

/** The agent as a whole, for health endpoints and status pages. */
export interface AgentState {
  readonly phase: AgentPhase
  /** Calendar time at which the present phase began. */
  readonly sinceMs: number
  /** Counts configurations that were put in force; 1 is the one of the start. */
  readonly generation: number
  /** SHA-256 of the configuration in force, hex. */
  readonly configHash: string
  /** By `kind:id`, those that reported anything. */
  readonly components: ReadonlyMap<string, ComponentHealth>
}

/** Which of the processes that share the work this one is. */
export interface Shard {
  /** From 0. */
  readonly index: number
  /** 1 where nothing is shared. */
  readonly count: number
}

export const onlyShard: Shard = { index: 0, count: 1 }

/** What the running agent offers a component. */
export interface Host {
  readonly shard: Shard
  /** The started extension with that id as written in the YAML, undefined where `service.extensions` lacks it. */
  extension(id: string): Component | undefined
  /** Ends the agent with a non-zero code after an orderly shutdown. For what nobody can repair at run time. */
  fatal(error: Error): void
  /** Bytes in flight, for the whole process. Receivers reserve before they buffer a body. */
  readonly admission: ByteBudget
  state(): AgentState
}

export interface ComponentSettings {
  readonly id: ComponentId
  readonly logger: Logger
  /** Labelled with the component's id and kind already. */
  readonly metrics: MetricScope
  readonly ledger: Ledger
  readonly clock: Clock
  readonly random: Random
  readonly host: Host
  /** Tells the agent how this component is doing: at each change, not at each batch. */
  readonly report: (health: ComponentHealth) => void
  /** At a reload: the running instance that this one will replace. What it holds comes through `handOver`. */
  readonly replaces?: Component
}

/** Where a receiver's batches go, by signal. Pipelines come and go with a reload: ask at every request. */
export interface ReceiverNext {
  /** Undefined where no pipeline takes that signal from this receiver: 404, UNIMPLEMENTED. */
  get(signal: Signal): Consumer | undefined
}

interface FactoryCommon<Config> {
  /** The name in the YAML. */
  readonly type: string
  /** Older names of the same component; using one logs one warning. */
  readonly aliases?: readonly string[]
  readonly stability: Stability
  /** One sentence for `sluice components`. */
  readonly summary: string
  readonly config: ConfigDeclaration<Config>
  /**
   * Why this configuration cannot run in several shards, which each see a part of the data: `spans of one trace come to
   * several of them`; undefined where it can. Without it the component can always.
   */
  readonly refusesShards?: (config: Config) => string | undefined
  /** With several shards only the first creates it: it brings its own data, and each of them would bring it again. */
  readonly runsOnce?: true
}

export interface ReceiverFactory<Config = unknown> extends FactoryCommon<Config> {
  readonly kind: 'receiver'
  readonly signals: readonly Signal[]
  /** One receiver serves all its signals. */
  create(config: Config, settings: ComponentSettings, next: ReceiverNext): Component
}

/** A processor that needs only the batch: it becomes part of a stage, inline or on a worker. */
export interface StatelessProcessorFactory<Config = unknown> extends FactoryCommon<Config> {
  readonly kind: 'processor'
  readonly signals: readonly Signal[]
  readonly form: 'stateless'
  /**
   * Must depend on nothing but its arguments: a worker builds its own from the same configuration. `context` is the
   * companion's, undefined without one.
   */
  createStage(config: Config, signal: Signal, context?: unknown): StageProcessor
  /** The processor's half on the main thread, for what a pure function cannot do: labels, gauges, other components. */
  createCompanion?(config: Config, settings: ComponentSettings, signal: Signal): StageCompanion
}

/** Stands beside the stages of one stateless processor in one pipeline, on the main thread. */
export interface StageCompanion {
  /**
   * What the stage must know of the running agent. Plain data, and at its top level memory that all stages share: it crosses
   * to workers. Read once, when stages are built.
   */
  readonly context?: unknown
  /**
   * Takes what a request's stage counted, by the names that its `takeCounts` used, once the batch behind it was accepted.
   * Without a companion each name is a counter.
   */
  recordCounts(counts: readonly (readonly [name: string, count: number])[]): void
  /** Frees what it registered; safe to call twice. */
  shutdown?(): void
}

/** A processor with state of its own: it stands between stages, one instance per pipeline. */
export interface StatefulProcessorFactory<Config = unknown> extends FactoryCommon<Config> {
  readonly kind: 'processor'
  readonly signals: readonly Signal[]
  readonly form: 'stateful'
  create(config: Config, settings: ComponentSettings, next: Consumer, signal: Signal): Component & Consumer
}

export type ProcessorFactory<Config = unknown> = StatelessProcessorFactory<Config> | StatefulProcessorFactory<Config>

export interface ExporterFactory<Config = unknown> extends FactoryCommon<Config> {
  readonly kind: 'exporter'
  readonly signals: readonly Signal[]
  /** One exporter serves every pipeline and signal that names it. */
  create(config: Config, settings: ComponentSettings): Component & Consumer
}

export interface ConnectorFactory<Config = unknown> extends FactoryCommon<Config> {
  readonly kind: 'connector'
  /** Pairs it can join: from the pipeline it ends to the pipeline it begins. */
  readonly routes: readonly (readonly [from: Signal, to: Signal])[]
  /** `next` names the pipelines that it feeds, by pipeline id as written in the YAML. */
  create(config: Config, settings: ComponentSettings, next: ConnectorNext): Component & Consumer
}

export interface ConnectorNext {
  /** Pipeline ids, such as `traces/hot`, that list this connector as a receiver for `signal`. */
  pipelines(signal: Signal): readonly string[]
  get(pipelineId: string): Consumer | undefined
  /** All pipelines of that signal at once. */
  all(signal: Signal): Consumer | undefined
}

export interface ExtensionFactory<Config = unknown> extends FactoryCommon<Config> {
  readonly kind: 'extension'
  create(config: Config, settings: ComponentSettings): Component
}

export type AnyFactory =
  | ReceiverFactory
  | StatelessProcessorFactory
  | StatefulProcessorFactory
  | ExporterFactory
  | ConnectorFactory
  | ExtensionFactory

/** Registration is a value: `components.ts` lists them. These only pin the types. */
export const defineReceiver = <C>(factory: Omit<ReceiverFactory<C>, 'kind'>) =>
  ({ kind: 'receiver', ...factory }) as ReceiverFactory
export const defineStatelessProcessor = <C>(factory: Omit<StatelessProcessorFactory<C>, 'kind' | 'form'>) =>
  ({ kind: 'processor', form: 'stateless', ...factory }) as StatelessProcessorFactory
export const defineStatefulProcessor = <C>(factory: Omit<StatefulProcessorFactory<C>, 'kind' | 'form'>) =>
  ({ kind: 'processor', form: 'stateful', ...factory }) as StatefulProcessorFactory
export const defineExporter = <C>(factory: Omit<ExporterFactory<C>, 'kind'>) =>
  ({ kind: 'exporter', ...factory }) as ExporterFactory
export const defineConnector = <C>(factory: Omit<ConnectorFactory<C>, 'kind'>) =>
  ({ kind: 'connector', ...factory }) as ConnectorFactory
export const defineExtension = <C>(factory: Omit<ExtensionFactory<C>, 'kind'>) =>
  ({ kind: 'extension', ...factory }) as ExtensionFactory
