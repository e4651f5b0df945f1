import { type AgentState, onlyShard, type Shard } from '../component/component.ts'
import type { TelemetryConfig } from '../config/sections/service.ts'

/** What an agent shares with others that together are one to the outside. */
export interface Sharing {
  readonly shard: Shard
  /** What health endpoints show where this agent's own state is `own`. */
  wholeState(own: AgentState): AgentState
}

export const alone: Sharing = { shard: onlyShard, wholeState: own => own }

/** The metrics of a shard are served by whoever started it; its log lines say which one it is. */
export function telemetryOf(config: TelemetryConfig, { index, count }: Shard): TelemetryConfig {
  if (count === 1) return config
  const { logs, metrics } = config
  return {
    ...config,
    logs: { ...logs, initialFields: { ...logs.initialFields, shard: index } },
    metrics: { ...metrics, level: 'none' },
  }
}
