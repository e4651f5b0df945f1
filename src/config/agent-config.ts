import type { ConfigDeclaration } from './declare.ts'
import type { TelemetryConfig } from './sections/service.ts'
import type { ConfigNode, Place } from './tree.ts'

export type SignalName = 'traces' | 'metrics' | 'logs' | 'profiles'
export const signalNames: readonly SignalName[] = ['traces', 'metrics', 'logs', 'profiles']

export const componentKinds = ['receiver', 'processor', 'exporter', 'connector', 'extension'] as const
export type ComponentKindName = (typeof componentKinds)[number]

/** What a component type is called. */
export interface NamedComponent {
  readonly kind: ComponentKindName
  readonly type: string
  readonly aliases?: readonly string[]
}

/** What the loader must know of a component type; every factory is one. */
export interface RegisteredComponent extends NamedComponent {
  readonly stability: string
  readonly summary: string
  readonly config: ConfigDeclaration<unknown>
  /** Receivers, processors and exporters. */
  readonly signals?: readonly string[]
  /** Why a configuration cannot run in several shards, and what to do instead; undefined where it can. */
  readonly refusesShards?: (config: never) => string | undefined
  /** Connectors: from the signal of the pipeline they end to that of the one they begin. */
  readonly routes?: readonly (readonly [from: string, to: string])[]
}

export type ComponentRegistry = readonly RegisteredComponent[]

/** A component type of which only the names are known until somebody needs the rest. */
export interface UnloadedComponent extends NamedComponent {
  /** The same each time. */
  load(): Promise<RegisteredComponent>
}

/** Every component type that there is, loaded or not. */
export type ComponentList = readonly (RegisteredComponent | UnloadedComponent)[]

/** One component that the configuration defines, with its typed configuration. */
export interface AgentComponent {
  readonly kind: ComponentKindName
  /** As written in the YAML: `otlp/2`; with an alias, the alias. */
  readonly id: string
  readonly type: string
  readonly name: string
  /** The factory's own type, which an alias differs from. */
  readonly factoryType: string
  readonly config: unknown
  /** Hash of the resolved section, secrets included: equal sections have equal fingerprints, and nothing leaks. */
  readonly fingerprint: string
  readonly place: Place
  /** Named by a pipeline or by service.extensions; others are never created. */
  readonly isUsed: boolean
}

export interface AgentPipeline {
  /** `traces/backend`. */
  readonly id: string
  readonly signal: SignalName
  readonly receivers: readonly string[]
  readonly processors: readonly string[]
  readonly exporters: readonly string[]
  readonly place: Place
}

/** A whole configuration, complete and checked. */
export interface AgentConfig {
  readonly components: readonly AgentComponent[]
  readonly pipelines: readonly AgentPipeline[]
  /** Ids, in the order in which they start. */
  readonly extensions: readonly string[]
  readonly telemetry: TelemetryConfig
  /** Processes that share the listening ports, each with pipelines of its own; below 2 there is one process. */
  readonly shards: number
  /** Hash over everything: equal fingerprints need no reload. */
  readonly fingerprint: string
  /** The resolved tree that it was made of. Holds secrets: print it through `redactedTree`. */
  readonly tree: ConfigNode
}

export function isSignalName(text: string): text is SignalName {
  return (signalNames as readonly string[]).includes(text)
}

export function sectionOf(kind: ComponentKindName): string {
  return `${kind}s`
}
