import { defineStatelessProcessor } from '../../component/component.ts'
import { processEnvironment } from '../../processor-helper/environment.ts'
import { asResourceAttributes, ResourceAttributesStage } from '../../processor-helper/resource-attributes-stage.ts'
import { k8sAttributesConfig } from './config.ts'
import { podAttributes } from './pod-attributes.ts'

export const k8sAttributesProcessor = defineStatelessProcessor({
  type: 'k8s_attributes',
  aliases: ['k8sattributes'],
  signals: ['traces', 'metrics', 'logs', 'profiles'],
  stability: 'beta',
  summary: 'Says which pod telemetry comes from, by the downward API of the pod that the agent runs in.',
  config: k8sAttributesConfig,
  createStage: (_config, _signal, context) => new ResourceAttributesStage(asResourceAttributes(context), false),
  createCompanion(config, settings) {
    const context = podAttributes(config, processEnvironment)
    settings.logger.info('attributes of the pod', context)
    return { context, recordCounts() {} }
  },
})
