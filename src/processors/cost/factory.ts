import { defineStatelessProcessor } from '../../component/component.ts'
import { type CostConfig, costConfig } from './config.ts'
import { CostCompanion } from './cost-companion.ts'
import type { CostContext } from './cost-context.ts'
import { CostStage } from './cost-stage.ts'

export const costProcessor = defineStatelessProcessor<CostConfig>({
  type: 'cost',
  stability: 'beta',
  signals: ['traces', 'metrics', 'logs'],
  summary:
    'Writes what every model call and other paid operation cost onto its span, into metrics and against budgets.',
  config: costConfig,
  createStage: (config, signal, context) =>
    new CostStage(config, (context as CostContext | undefined) ?? { scopes: [] }, signal),
  createCompanion: (config, settings, signal) => new CostCompanion(config, settings, signal),
})
