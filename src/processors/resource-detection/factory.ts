import { defineStatelessProcessor } from '../../component/component.ts'
import { processEnvironment } from '../../processor-helper/environment.ts'
import { asResourceAttributes, ResourceAttributesStage } from '../../processor-helper/resource-attributes-stage.ts'
import { resourceDetectionConfig } from './config.ts'
import { detectResource } from './detectors.ts'

export const resourceDetectionProcessor = defineStatelessProcessor({
  type: 'resource_detection',
  aliases: ['resourcedetection'],
  signals: ['traces', 'metrics', 'logs', 'profiles'],
  stability: 'beta',
  summary: 'Says on which machine, in which container and within which limits telemetry was made.',
  config: resourceDetectionConfig,
  createStage: (config, _signal, context) =>
    new ResourceAttributesStage(asResourceAttributes(context), config.override),
  createCompanion(config, settings) {
    const context = detectResource(config, processEnvironment)
    settings.logger.info('detected resource', context)
    return { context, recordCounts() {} }
  },
})
