import t from 'tap'
import { parseConfig } from '../../config/parse-config.ts'
import type { Plain } from '../../testkit/otlp-oracle.ts'
import { attributesOf, recordsOf, requestOf, runProcessor } from '../../testkit/run-processor.ts'
import { transformConfig } from './config.ts'
import { createTransformStage } from './transform-stage.ts'

const stageOf = (statements: readonly unknown[]) =>
  createTransformStage(
    parseConfig(transformConfig, JSON.stringify({ error_mode: 'propagate', metric_statements: statements })),
    'metrics',
  )
const attributes = attributesOf({ h: 'a' })
const sum: Plain = {
  name: 'requests',
  unit: '1',
  sum: { aggregationTemporality: 2, isMonotonic: true, dataPoints: [{ asInt: '5', attributes }, { asDouble: 1.5 }] },
}
const summary: Plain = {
  name: 'gc',
  description: 'pauses',
  unit: 's',
  summary: { dataPoints: [{ attributes, count: '4', sum: 8.5, quantileValues: [{ quantile: 0.5, value: 2 }] }] },
}
const histogram: Plain = {
  name: 'latency',
  histogram: {
    aggregationTemporality: 1,
    dataPoints: [
      { count: '6', sum: 12, bucketCounts: ['1', '5'], explicitBounds: [2], min: 1, max: 4 },
      { count: '1' },
    ],
  },
}

function run(metrics: readonly Plain[], ...statements: unknown[]): Plain[] {
  return recordsOf('metrics', runProcessor(stageOf(statements), 'metrics', requestOf('metrics', metrics)).request)
}
const inMetric = (...statements: string[]) => ({ context: 'metric', statements })

t.test('sums become gauges and gauges sums, with their data points', async t => {
  const { dataPoints } = sum['sum'] as Plain
  const [gauge] = run([sum], inMetric('convert_sum_to_gauge()'))
  t.same(gauge, { name: 'requests', unit: '1', gauge: { dataPoints } })
  const [back] = run([gauge!], inMetric('convert_gauge_to_sum("delta", true)', 'set(is_monotonic, false)'))
  t.same(back, { name: 'requests', unit: '1', sum: { aggregationTemporality: 1, dataPoints } })
  t.same(run([histogram], inMetric('convert_sum_to_gauge()')), [histogram], 'other kinds stay')
})

t.test('points that were edited before are converted as they are then', async t => {
  const [gauge] = run(
    [sum],
    { context: 'datapoint', statements: ['delete_key(attributes, "h")', 'set(value_int, 9)'] },
    inMetric('convert_sum_to_gauge()', 'set(description, "gauge") where type == METRIC_DATA_TYPE_GAUGE'),
  )
  t.same(gauge, {
    name: 'requests',
    unit: '1',
    description: 'gauge',
    gauge: { dataPoints: [{ asInt: '9' }, { asInt: '9' }] },
  })
})

t.test('scale_metric multiplies values, bounds and quantiles', async t => {
  const [number, hist, summed] = run([sum, histogram, summary], inMetric('scale_metric(2.5, "x")'))
  t.same(number!['sum'], {
    aggregationTemporality: 2,
    isMonotonic: true,
    dataPoints: [{ asInt: '12', attributes }, { asDouble: 3.75 }],
  })
  t.same((hist!['histogram'] as { dataPoints: Plain[] }).dataPoints, [
    { count: '6', sum: 30, bucketCounts: ['1', '5'], explicitBounds: [5], min: 2.5, max: 10 },
    { count: '1' },
  ])
  t.same((summed!['summary'] as { dataPoints: Plain[] }).dataPoints, [
    { attributes, count: '4', sum: 21.25, quantileValues: [{ quantile: 0.5, value: 5 }] },
  ])
  t.same(
    [number, hist, summed].map(metric => metric!['unit']),
    ['x', 'x', 'x'],
  )
})

t.test('a copy stands last, has what statements before did to its original, and goes through all of them', async t => {
  const metrics = run(
    [sum, summary],
    inMetric(
      'set(description, "before") where name == "requests"',
      'copy_metric(name="copy") where name == "requests"',
      'set(unit, name)',
    ),
  )
  t.same(
    metrics.map(metric => [metric['name'], metric['description'], metric['unit'], 'sum' in metric]),
    [
      ['requests', 'before', 'requests', true],
      ['gc', 'pauses', 'gc', false],
      ['copy', 'before', 'copy', true],
    ],
  )
})

t.test('sums and counts are taken out of histograms and summaries', async t => {
  t.same(run([histogram], inMetric('extract_sum_metric(true) where type == METRIC_DATA_TYPE_HISTOGRAM')).slice(1), [
    { name: 'latency_sum', sum: { aggregationTemporality: 1, isMonotonic: true, dataPoints: [{ asDouble: 12 }] } },
  ])
  t.same(
    run([summary], inMetric('extract_count_metric(false, ".n") where type == METRIC_DATA_TYPE_SUMMARY')).slice(1),
    [
      {
        name: 'gc.n',
        description: 'pauses',
        unit: '1',
        sum: { aggregationTemporality: 2, dataPoints: [{ asInt: '4', attributes }] },
      },
    ],
  )
  t.throws(() => run([sum], inMetric('extract_sum_metric(true)')), { message: /only a histogram or a summary/ })
})

t.test('values of summaries become sums and gauges', async t => {
  const inPoint = (statement: string) => ({
    context: 'datapoint',
    statements: ['set(attributes["h"], "b")', statement],
  })
  const edited = attributesOf({ h: 'b' })
  t.same(run([summary], inPoint('convert_summary_sum_val_to_sum("delta", true)'))[1], {
    name: 'gc_sum',
    description: 'pauses',
    unit: 's',
    sum: { aggregationTemporality: 1, isMonotonic: true, dataPoints: [{ asDouble: 8.5, attributes: edited }] },
  })
  t.same(run([summary], inPoint('convert_summary_count_val_to_sum("cumulative", false)'))[1]!['sum'], {
    aggregationTemporality: 2,
    dataPoints: [{ asInt: '4', attributes: edited }],
  })
  t.same(run([summary], inMetric('convert_summary_quantile_val_to_gauge("q")'))[1], {
    name: 'gc.quantiles',
    description: 'pauses',
    unit: 's',
    gauge: { dataPoints: [{ asDouble: 2, attributes: [...attributes, ...attributesOf({ q: 0.5 })] }] },
  })
})

t.test('new metrics stand in the scope of their original', async t => {
  const group = (name: string) => ({
    resource: { attributes: attributesOf({ name }) },
    scopeMetrics: [
      { scope: { name }, metrics: [sum] },
      { schemaUrl: name, metrics: [summary] },
    ],
  })
  const request = { resourceMetrics: [group('one'), group('two')] } as Plain
  const out = runProcessor(
    stageOf([inMetric('copy_metric(name="c") where name == "gc"', 'set(unit, "u")')]),
    'metrics',
    request,
  )
  const groups = out.request['resourceMetrics'] as { scopeMetrics: { metrics: Plain[] }[] }[]
  t.same(
    groups.map(each =>
      each.scopeMetrics.map(({ metrics }) => metrics.map(metric => `${metric['name']} ${metric['unit']}`)),
    ),
    [
      [['requests u'], ['gc u', 'c u']],
      [['requests u'], ['gc u', 'c u']],
    ],
  )
})

t.test('metrics that are copied without end refuse the request', async t => {
  t.throws(() => run([sum], inMetric('copy_metric()')), { name: 'ConsumeError', message: /without end/ })
})

for (const [statement, message] of [
  ['convert_gauge_to_sum("daily", true)', /must be one of delta, cumulative/],
  ['scale_metric(2)', /multiplier must be a double/],
  ['convert_summary_sum_val_to_sum("delta", true)', /is for statements of context datapoint/],
] as const) {
  t.test(`refuses ${statement}`, async t => {
    t.throws(() => stageOf([inMetric(statement)]), { message })
  })
}
