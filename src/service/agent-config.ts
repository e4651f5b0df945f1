import type { ComponentKind } from '../component/component.ts'
import type { Signal } from '../pdata/otlp-batch.ts'

/** One section under `receivers`, `processors`, ...: decoded, and as it was written after expansion. */
export interface ComponentSection {
  /** As written in the YAML: `otlp/2`. */
  readonly id: string
  /** What the component's declaration made of it. */
  readonly config: unknown
  /** The expanded section as plain values; two that are deeply equal configure the same component. */
  readonly raw: unknown
}

export interface PipelineSection {
  /** As written in the YAML: `traces/hot`. */
  readonly id: string
  readonly signal: Signal
  readonly receivers: readonly string[]
  readonly processors: readonly string[]
  readonly exporters: readonly string[]
}

/** Everything the graph is built from. References have been checked by whoever made it. */
export interface AgentConfig {
  readonly sections: Readonly<Record<ComponentKind, ReadonlyMap<string, ComponentSection>>>
  readonly pipelines: readonly PipelineSection[]
  /** Ids under `service.extensions`, in their order. */
  readonly extensions: readonly string[]
  /** SHA-256 of the expanded configuration, hex. */
  readonly hash: string
}

const none: ReadonlyMap<string, ComponentSection> = new Map()

/** What runs before the first start and after the end. */
export const emptyConfig: AgentConfig = {
  sections: { receiver: none, processor: none, exporter: none, connector: none, extension: none },
  pipelines: [],
  extensions: [],
  hash: '',
}
