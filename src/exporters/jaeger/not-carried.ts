import { type ComponentSettings, formatId } from '../../component/component.ts'
import type { Counter } from '../../telemetry/metrics.ts'
import type { NotCarried } from './jaeger-batches.ts'

/** Counts what Jaeger's format has no place for. */
export function notCarriedCounter(settings: ComponentSettings): (what: NotCarried) => void {
  const counters = new Map<NotCarried, Counter>()
  return what => {
    let counter = counters.get(what)
    if (counter === undefined) {
      counter = settings.metrics.counter(
        {
          name: 'sluice_exporter_details_not_carried',
          description: 'Number of details that the format of the backend has no place for, by kind.',
          unit: '{details}',
        },
        { exporter: formatId(settings.id), what },
      )
      counters.set(what, counter)
    }
    counter.add(1)
  }
}
