import { attributeValue, type ConfigOf, defineConfig, list, map, section, string } from '../../config/declare.ts'
import { conditionProblem } from '../../ottl/condition.ts'
import type { ContextName } from '../../ottl/context.ts'

const attributeConfig = defineConfig({
  key: string('key', '', 'Attribute of the item, or else of its scope or its resource.', { required: true }),
  defaultValue: attributeValue('default_value', 'For items without the attribute; without it these are not counted.'),
})

const description = string('description', '', 'Description of the metric.')
const attributes = list(
  'attributes',
  section('', attributeConfig),
  [],
  'Count apart by the values of these attributes.',
)

/** Conditions of a metric that counts items of the context `own`. */
const conditions = list(
  'conditions',
  string('', ''),
  [],
  'OTTL; items of which any holds are counted; empty means all.',
)

const metricOf = (own: ContextName) =>
  defineConfig({ description, conditions, attributes }, (config, problems) => {
    for (const [index, text] of config.conditions.entries()) {
      const problem = conditionProblem(text, own)
      if (problem !== undefined) problems.error(['conditions', index], problem)
    }
    if (own === 'metric' && config.attributes.length > 0) {
      problems.error(['attributes'], 'metrics have no attributes', 'count under datapoints')
    }
    const keys = config.attributes.map(attribute => attribute.key)
    for (const [index, key] of keys.entries()) {
      if (keys.indexOf(key) !== index)
        problems.error(['attributes', index, 'key'], `"${key}" is listed twice`, 'keep one')
    }
  })
export type CountMetricConfig = ConfigOf<ReturnType<typeof metricOf>>

const metrics = (key: string, own: ContextName, what: string) =>
  map(key, section('', metricOf(own)), {}, `Metrics that count ${what}, by name.`)

export const countConfig = defineConfig({
  spans: metrics('spans', 'span', 'spans; without any, trace.span.count'),
  spanEvents: metrics('spanevents', 'spanevent', 'span events; without any, trace.span.event.count'),
  metrics: metrics('metrics', 'metric', 'metrics; without any, metric.count'),
  dataPoints: metrics('datapoints', 'datapoint', 'data points; without any, metric.datapoint.count'),
  logs: metrics('logs', 'log', 'log records; without any, log.record.count'),
})
export type CountConfig = ConfigOf<typeof countConfig>
