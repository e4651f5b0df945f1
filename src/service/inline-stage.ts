import type { StageResult } from '../component/stage-processor.ts'
import type { OtlpBatch } from '../pdata/otlp-batch.ts'
import type { StageStep } from './graph-plan.ts'
import { compileStage, type Stage } from './stage.ts'
import type { StageRunner } from './stage-instance.ts'

/** Runs a stage where it is called: on the event loop's own thread. */
export class InlineStage implements StageRunner {
  readonly #stage: Stage

  constructor({ parts, pipeline }: StageStep, contexts: readonly unknown[]) {
    const processors = parts.map(({ factory, config }, i) => factory.createStage(config, pipeline.signal, contexts[i]))
    this.#stage = compileStage(processors, pipeline.signal)
  }

  run(batch: OtlpBatch): StageResult {
    return this.#stage.run(batch.bytes, batch.itemCount, batch.metadata, batch.plainSpans)
  }
}
