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
