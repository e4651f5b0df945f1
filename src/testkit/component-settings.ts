import {
  type AgentState,
  type ComponentHealth,
  type ComponentSettings,
  type Host,
  onlyShard,
} from '../component/component.ts'
import { Ledger } from '../telemetry/ledger.ts'
import { silentLogger } from '../telemetry/logger.ts'
import { MetricRegistry } from '../telemetry/metric-registry.ts'
import { ByteBudget } from '../transport/byte-budget.ts'
import { ManualClock } from './manual-clock.ts'

/** A host with nothing behind it. `failures` collects what was reported as fatal. */
export function testHost(overrides: Partial<Host> = {}): Host & { failures: Error[] } {
  const failures: Error[] = []
  const state: AgentState = { phase: 'ready', sinceMs: 0, generation: 1, configHash: '', components: new Map() }
  return {
    failures,
    shard: onlyShard,
    extension: () => undefined,
    fatal: error => {
      failures.push(error)
    },
    admission: new ByteBudget(64 * 1024 * 1024),
    state: () => state,
    ...overrides,
  }
}

export interface TestSettings extends ComponentSettings {
  readonly clock: ManualClock
  readonly reported: ComponentHealth[]
  /** Holds what the component counted: `registry.value('otelcol_exporter_sent_spans', { exporter: 'x' })`. */
  readonly registry: MetricRegistry
}

/** Settings for one component under test: manual clock, own ledger and metrics, repeatable randomness, silent log. */
export function componentSettings(
  type: string,
  overrides: Partial<ComponentSettings> & { clock?: ManualClock } = {},
): TestSettings {
  const registry = new MetricRegistry()
  const reported: ComponentHealth[] = []
  let seed = 1
  return {
    id: { type, name: '' },
    logger: silentLogger,
    metrics: registry.scope({}),
    registry,
    ledger: new Ledger(),
    clock: new ManualClock(),
    random: () => {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
      return seed / 0x1_0000_0000
    },
    host: testHost(),
    report: health => {
      reported.push(health)
    },
    reported,
    ...overrides,
  }
}
