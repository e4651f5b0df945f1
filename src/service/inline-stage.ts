import type { StageResult } from '../component/stage-processor.ts'
import type { OtlpBatch } from '../pdata/otlp-batch.ts'
import type { PipelinePlan, StageStep } from './graph-plan.ts'
import { compileStage, type Stage } from './stage.ts'
import type { StageRunner } from './stage-consumer.ts'

/** Runs a stage where it is called: on the event loop's own thread. */
export class InlineStage implements StageRunner {
  readonly #stage: Stage

  constructor(step: StageStep, pipeline: PipelinePlan) {
    const processors = step.parts.map(part => part.factory.createStage(part.config, pipeline.signal))
    this.#stage = compileStage(processors, pipeline.signal)
  }

  run(batch: OtlpBatch): StageResult {
    return this.#stage.run(batch.bytes, batch.itemCount)
  }
}
