import type { StagePart, StageProcessor } from '../../component/stage-processor.ts'
import type { ClientMetadata } from '../../pdata/otlp-batch.ts'
import type { RecordStep } from '../../pdata/record-step.ts'
import type { ResourceView } from '../../pdata/views.ts'
import { keep, type Verdict } from '../../pdata/walk-hooks.ts'
import { AttributeActions } from '../../processor-helper/attribute-actions.ts'
import type { ResourceConfig } from './config.ts'

const noCounts: ReadonlyMap<string, number> = new Map()

/** Edits the attributes of resources; records are not looked at. */
export class ResourceStage implements StageProcessor {
  readonly writes: readonly StagePart[] = ['resource']
  readonly step: RecordStep | undefined
  readonly #actions: AttributeActions

  constructor(config: ResourceConfig) {
    this.#actions = new AttributeActions(config.attributes)
    const { edits } = this.#actions
    if (edits !== undefined) this.step = { resourceEdits: edits }
  }

  begin(metadata: ClientMetadata | undefined): void {
    this.#actions.begin(metadata)
  }

  resource(resource: ResourceView): Verdict {
    this.#actions.apply(resource.attributes)
    return keep
  }

  takeCounts(): ReadonlyMap<string, number> {
    return noCounts
  }
}
