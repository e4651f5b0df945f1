import {
  attributeValue,
  type ConfigOf,
  defineConfig,
  list,
  map,
  type ProblemSink,
  section,
  string,
} from '../../config/declare.ts'
import { ConditionError, parseCondition } from '../../pdata/condition.ts'

const attributeConfig = defineConfig({
  key: string('key', '', 'Attribute of the item, or else of its resource.', { required: true }),
  defaultValue: attributeValue('default_value', 'For items without the attribute; without it these are not counted.'),
})

const metricConfig = defineConfig(
  {
    description: string('description', '', 'Description of the metric.'),
    conditions: list('conditions', string('', ''), [], 'Count items of which any holds; empty means all.'),
    attributes: list('attributes', section('', attributeConfig), [], 'Count apart by the values of these attributes.'),
  },
  (config, problems) => {
    for (const [index, text] of config.conditions.entries()) checkCondition(text, index, problems)
    const keys = config.attributes.map(attribute => attribute.key)
    for (const [index, key] of keys.entries()) {
      if (keys.indexOf(key) !== index)
        problems.error(['attributes', index, 'key'], `"${key}" is listed twice`, 'keep one')
    }
  },
)
export type CountMetricConfig = ConfigOf<typeof metricConfig>

const metric = section('', metricConfig)
const metrics = (key: string, what: string) => map(key, metric, {}, `Metrics that count ${what}, by name.`)

export const countConfig = defineConfig({
  spans: metrics('spans', 'spans; without any, trace.span.count'),
  spanEvents: metrics('spanevents', 'span events; without any, trace.span.event.count'),
  metrics: metrics('metrics', 'metrics; without any, metric.count'),
  dataPoints: metrics('datapoints', 'data points; without any, metric.datapoint.count'),
  logs: metrics('logs', 'log records; without any, log.record.count'),
})
export type CountConfig = ConfigOf<typeof countConfig>

function checkCondition(text: string, index: number, problems: ProblemSink): void {
  try {
    parseCondition(text)
  } catch (error) {
    if (!(error instanceof ConditionError)) throw error
    const remedy = 'conditions compare attributes["k"], resource.attributes["k"] or name with a value'
    problems.error(['conditions', index], `cannot be read: ${error.message}`, remedy)
  }
}
