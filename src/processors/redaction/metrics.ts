import type { ComponentSettings, StageCompanion } from '../../component/component.ts'
import type { Signal } from '../../pdata/otlp-batch.ts'
import type { Labels, MetricDescription } from '../../telemetry/metrics.ts'

/** What was counted by kind; the labels follow in the order of `labelNames`. */
const tables: Readonly<Record<string, { readonly metric: MetricDescription; readonly labelNames: readonly string[] }>> =
  {
    matches: {
      metric: {
        name: 'sluice_redaction_matches',
        description: 'Findings, by detector and by what became of them',
        unit: '{findings}',
      },
      labelNames: ['detector', 'action'],
    },
    suppressed: {
      metric: {
        name: 'sluice_redaction_suppressed',
        description: 'Findings left alone on purpose',
        unit: '{findings}',
      },
      labelNames: ['reason'],
    },
    errors: {
      metric: {
        name: 'sluice_redaction_errors',
        description: 'Values that could not be inspected as they should',
        unit: '{values}',
      },
      labelNames: ['reason'],
    },
  }

/** Turns the stage's counts, named `kind|label|label`, into metrics with labels. */
export class RedactionCounts implements StageCompanion {
  readonly #settings: ComponentSettings
  readonly #signal: Signal

  constructor(settings: ComponentSettings, signal: Signal) {
    this.#settings = settings
    this.#signal = signal
  }

  recordCounts(counts: readonly (readonly [name: string, count: number])[]): void {
    for (const [name, count] of counts) {
      const parts = name.split('|')
      const isDryRun = parts.at(-1) === 'dry_run'
      const table = tables[parts[0]!]
      if (table === undefined) continue
      const labels: Labels = {
        signal: this.#signal,
        ...Object.fromEntries(table.labelNames.map((label, i) => [label, parts[i + 1] ?? ''])),
        ...(isDryRun ? { mode: 'dry_run' } : {}),
      }
      this.#settings.metrics.counter(table.metric, labels).add(count)
    }
  }
}
