import { defineExtension } from '../../component/component.ts'
import { Budgets } from './budgets.ts'
import { type BudgetsConfig, budgetsConfig } from './config.ts'

export const budgetsExtension = defineExtension<BudgetsConfig>({
  type: 'budgets',
  stability: 'beta',
  summary: 'Limits on what model calls and other paid operations may cost, with alerts and a decision API.',
  config: budgetsConfig,
  refusesShards: () => 'each shard would spend the whole budget, and all would write one state_file',
  create: (config, settings) => new Budgets(config, settings),
})
