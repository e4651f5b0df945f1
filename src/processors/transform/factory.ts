import { defineStatelessProcessor } from '../../component/component.ts'
import { transformConfig } from './config.ts'
import { createTransformStage } from './transform-stage.ts'

export const transformProcessor = defineStatelessProcessor({
  type: 'transform',
  signals: ['traces', 'metrics', 'logs'],
  stability: 'beta',
  summary: 'Changes telemetry by statements of the OpenTelemetry Transformation Language.',
  config: transformConfig,
  createStage: createTransformStage,
})
