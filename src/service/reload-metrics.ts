import type { Clock } from '../clock/clock.ts'
import type { AgentState } from '../component/component.ts'
import type { MetricRegistry } from '../telemetry/metric-registry.ts'
import type { Counter, Gauge } from '../telemetry/metrics.ts'

/** What a reload leaves behind for alerts. */
export class ReloadMetrics {
  readonly #clock: Clock
  readonly #lastSuccessful: Gauge
  readonly #lastSuccessTime: Gauge
  readonly #reloads: Readonly<Record<'succeeded' | 'failed' | 'rolled_back', Counter>>

  constructor(registry: MetricRegistry, state: () => AgentState, clock: Clock) {
    this.#clock = clock
    const scope = registry.scope({})
    this.#lastSuccessful = scope.gauge({
      name: 'sluice_config_last_reload_successful',
      joinedBy: 'min',
      description:
        '1 where the last load of the configuration came into force and stayed, 0 where the one before is still used',
      unit: '1',
    })
    this.#lastSuccessTime = scope.gauge({
      name: 'sluice_config_last_reload_success_timestamp_seconds',
      joinedBy: 'max',
      description: 'When a configuration was last put in force, Unix time',
      unit: 's',
    })
    const description = {
      name: 'sluice_config_reloads',
      description: 'Reloads by what came of them',
      unit: '{reloads}',
    }
    const counter = (result: string) => scope.counter(description, { result })
    this.#reloads = {
      succeeded: counter('succeeded'),
      failed: counter('failed'),
      rolled_back: counter('rolled_back'),
    }
    registry.collect(emit => {
      const { generation, configHash } = state()
      emit(
        {
          name: 'sluice_config_generation',
          joinedBy: 'max',
          description: 'Configurations put in force since the start',
          unit: '1',
        },
        'gauge',
        {},
        generation,
      )
      emit(
        {
          name: 'sluice_config_hash',
          joinedBy: 'max',
          description: 'The configuration in force, by its SHA-256',
          unit: '1',
        },
        'gauge',
        { hash: configHash },
        1,
      )
    })
    this.#inForce()
  }

  succeeded(): void {
    this.#reloads.succeeded.add(1)
    this.#inForce()
  }

  unchanged(): void {
    this.#lastSuccessful.set(1)
  }

  failed(): void {
    this.#reloads.failed.add(1)
    this.#lastSuccessful.set(0)
  }

  rolledBack(): void {
    this.#reloads.rolled_back.add(1)
    this.#lastSuccessful.set(0)
  }

  #inForce(): void {
    this.#lastSuccessful.set(1)
    this.#lastSuccessTime.set(this.#clock.wallMs() / 1000)
  }
}
