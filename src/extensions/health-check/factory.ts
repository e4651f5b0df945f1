import { defineExtension } from '../../component/component.ts'
import { healthCheckConfig } from './config.ts'
import { HealthCheck } from './health-check.ts'

export const healthCheckExtension = defineExtension({
  type: 'health_check',
  stability: 'beta',
  summary: 'Answers health, liveness, readiness and start-up probes over HTTP.',
  config: healthCheckConfig,
  create: (config, settings) => new HealthCheck(config, settings),
})
