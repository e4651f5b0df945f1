import { defineStatelessProcessor } from '../../component/component.ts'
import { redactionConfig } from './config.ts'
import { RedactionCounts } from './metrics.ts'
import { RedactionStage } from './redaction-stage.ts'

export const redactionProcessor = defineStatelessProcessor({
  type: 'redaction',
  signals: ['traces', 'metrics', 'logs'],
  stability: 'beta',
  summary: 'Finds and replaces personal data and secrets in every field; also the Collector`s key lists and patterns.',
  config: redactionConfig,
  createStage: (config, signal) => new RedactionStage(config, signal),
  createCompanion: (_config, settings, signal) => new RedactionCounts(settings, signal),
})
