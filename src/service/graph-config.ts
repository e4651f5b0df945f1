import type { ComponentKind } from '../component/component.ts'
import type { Signal } from '../pdata/otlp-batch.ts'

/** One component of the configuration. */
export interface ConfiguredComponent {
  readonly kind: ComponentKind
  /** As written in the YAML: `otlp/2`. */
  readonly id: string
  readonly type: string
  readonly name: string
  /** What the component's declaration made of its section. */
  readonly config: unknown
  /** Equal fingerprints: the same configuration. */
  readonly fingerprint: string
}

export interface ConfiguredPipeline {
  /** As written in the YAML: `traces/hot`. */
  readonly id: string
  readonly signal: Signal
  readonly receivers: readonly string[]
  readonly processors: readonly string[]
  readonly exporters: readonly string[]
}

/** What the graph is built from: the part of a loaded configuration that the service reads. */
export interface GraphConfig {
  readonly components: readonly ConfiguredComponent[]
  readonly pipelines: readonly ConfiguredPipeline[]
  /** Ids under `service.extensions`, in the order in which they start. */
  readonly extensions: readonly string[]
  /** Hash over everything. */
  readonly fingerprint: string
}

/** What runs before the first start and after the end. */
export const emptyConfig: GraphConfig = { components: [], pipelines: [], extensions: [], fingerprint: '' }
