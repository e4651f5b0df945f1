import t from 'tap'
import { parseConfig } from '../../config/parse-config.ts'
import type { Plain } from '../../testkit/otlp-oracle.ts'
import { attributesOf, recordsOf, requestOf, runProcessor } from '../../testkit/run-processor.ts'
import { SeededRandom } from '../../testkit/seeded-random.ts'
import { transformConfig } from './config.ts'
import { createTransformStage } from './transform-stage.ts'

function run(metrics: readonly Plain[], context: string, ...statements: string[]): Plain[] {
  const yaml = JSON.stringify({ error_mode: 'propagate', metric_statements: [{ context, statements }] })
  const stage = createTransformStage(parseConfig(transformConfig, yaml), 'metrics')
  return recordsOf('metrics', runProcessor(stage, 'metrics', requestOf('metrics', metrics)).request)
}
const pointsOf = (metric: Plain | undefined): Plain[] =>
  Object.values(metric ?? {}).flatMap(value => ((value as Plain)['dataPoints'] ?? []) as Plain[])

const gauge = (...dataPoints: Plain[]): Plain => ({ name: 'g', gauge: { dataPoints } })
const at = (attributes: Record<string, unknown>, more: Plain): Plain => ({
  attributes: attributesOf(attributes),
  timeUnixNano: '5',
  ...more,
})

t.test('points whose attributes are alike become one, whatever their order; exemplars and flags stay', async t => {
  const exemplars = [{ asInt: '1', timeUnixNano: '4' }]
  const [metric] = run(
    [
      gauge(
        at({ a: 'x', b: 'y', c: 1n }, { asInt: '5', exemplars }),
        at({ b: 'y', a: 'x', c: 2n }, { asInt: '7', startTimeUnixNano: '1' }),
        at({ a: 'x', b: 'z' }, { asInt: '9', flags: 1 }),
        at({ a: 'x', b: 'y' }, { asInt: '11', timeUnixNano: '6' }),
      ),
    ],
    'metric',
    'aggregate_on_attributes("sum", ["a", "b"])',
  )
  t.same(pointsOf(metric), [
    { timeUnixNano: '5', asInt: '12', exemplars, attributes: attributesOf({ a: 'x', b: 'y' }) },
    { timeUnixNano: '5', asInt: '9', attributes: attributesOf({ a: 'x', b: 'z' }), flags: 1 },
    { timeUnixNano: '6', asInt: '11', attributes: attributesOf({ a: 'x', b: 'y' }) },
  ])
})

t.test('delta sums of different intervals stay apart, cumulative ones begin with the earliest', async t => {
  const dataPoints = ['1', '2'].map(startTimeUnixNano => at({ a: 'x' }, { asDouble: 1.5, startTimeUnixNano }))
  for (const [aggregationTemporality, values] of [
    [1, ['1', '2']],
    [2, ['1']],
  ] as const) {
    const sum = { aggregationTemporality, isMonotonic: true, dataPoints: dataPoints.toReversed() }
    const [metric] = run([{ name: 's', sum }], 'metric', 'aggregate_on_attributes("sum")')
    t.same(
      pointsOf(metric)
        .map(point => point['startTimeUnixNano'])
        .sort(),
      values,
    )
    t.match(metric, { sum: { aggregationTemporality, isMonotonic: true } })
  }
})

t.test('values of an attribute get a new one before points are merged', async t => {
  const [metric] = run(
    [gauge(at({ h: 'a' }, { asInt: '5' }), at({ h: 'b' }, { asInt: '7' }), at({ h: 'c' }, { asInt: '9' }))],
    'metric',
    'aggregate_on_attribute_value("max", "h", ["a", "b"], "ab")',
  )
  t.same(
    pointsOf(metric).map(point => point['asInt']),
    ['7', '9'],
  )
  t.same(pointsOf(metric)[0]?.['attributes'], attributesOf({ h: 'ab' }))
})

t.test('exponential buckets of any offset are added where they lie', async t => {
  const random = new SeededRandom(5)
  for (let i = 0; i < 200; i++) {
    const points = Array.from({ length: 2 + random.below(3) }, () => {
      const buckets = () => ({
        offset: random.below(12) - 6,
        bucketCounts: Array.from({ length: random.below(5) }, () => String(random.below(4))),
      })
      return at({}, { count: '9', sum: 1, zeroCount: '1', positive: buckets(), negative: buckets() })
    })
    const metric = { name: 'e', exponentialHistogram: { aggregationTemporality: 2, dataPoints: points } }
    const [merged, ...more] = pointsOf(run([metric], 'metric', 'aggregate_on_attributes("sum")')[0])
    t.same(more, [])
    t.match(merged, { count: String(9 * points.length), sum: points.length, zeroCount: String(points.length) })
    for (const side of ['positive', 'negative']) t.same(byIndex([merged!], side), byIndex(points, side))
  }
})

/** Counts by the index of their bucket. */
function byIndex(points: readonly Plain[], side: string): Record<number, number> {
  const counts: Record<number, number> = {}
  for (const point of points) {
    const { offset = 0, bucketCounts = [] } = (point[side] ?? {}) as { offset?: number; bucketCounts?: string[] }
    for (const [i, count] of bucketCounts.entries()) {
      if (count !== '0') counts[offset + i] = (counts[offset + i] ?? 0) + Number(count)
    }
  }
  return counts
}

t.test('offsets at both ends of the world cost no memory', async t => {
  const point = (offset: number) => at({}, { count: '1', positive: { offset, bucketCounts: ['1'] } })
  const dataPoints = [point(-2_000_000_000), point(2_000_000_000)]
  const metric = { name: 'e', exponentialHistogram: { aggregationTemporality: 2, dataPoints } }
  t.throws(() => run([metric], 'metric', 'aggregate_on_attributes("sum")'), { message: /too far apart/ })
})

t.test('summaries cannot be aggregated', async t => {
  const metric = { name: 's', summary: { dataPoints: [at({}, { count: '1' })] } }
  t.throws(() => run([metric], 'metric', 'aggregate_on_attributes("sum")'), { message: /summaries/ })
})

const histogram = (point: Plain): Plain => ({
  name: 'h',
  histogram: { aggregationTemporality: 1, dataPoints: [at({}, point)] },
})
const ten = {
  count: '55',
  bucketCounts: '1 2 3 4 5 6 7 8 9 10'.split(' '),
  explicitBounds: [1, 2, 3, 4, 5, 6, 7, 8, 9],
}

t.test('buckets are merged at a bound or down to a number, one statement after the other', async t => {
  const [metric] = run([histogram(ten)], 'datapoint', 'merge_histogram_buckets(2.0)', 'merge_histogram_buckets(3)')
  t.match(pointsOf(metric)[0], {
    bucketCounts: '1 9 5 6 7 8 9 10'.split(' '),
    explicitBounds: [1, 4, 5, 6, 7, 8, 9],
  })
  const [limited] = run([histogram(ten)], 'datapoint', 'merge_histogram_buckets(3, "limit_buckets")')
  t.match(pointsOf(limited)[0], { count: '55', bucketCounts: ['10', '26', '19'], explicitBounds: [4, 8] })
  const [one] = run([histogram(ten)], 'datapoint', 'merge_histogram_buckets(1, method="limit_buckets")')
  t.same([pointsOf(one)[0]?.['bucketCounts'], pointsOf(one)[0]?.['explicitBounds']], [['55'], undefined])
  const [same] = run([histogram(ten)], 'datapoint', 'merge_histogram_buckets(2.5)')
  t.match(pointsOf(same)[0], ten)
})

t.test('an exponential histogram becomes one with bounds, with all that it counted', async t => {
  const point = {
    count: '21',
    sum: 30,
    min: -3,
    max: 15,
    scale: 0,
    zeroCount: '3',
    positive: { offset: 0, bucketCounts: ['2', '4', '0', '8'] },
    negative: { offset: 1, bucketCounts: ['4'] },
    exemplars: [{ asDouble: 3 }],
  }
  const convert = (spread: string, bounds: string): Plain => {
    const metric = {
      name: 'e',
      exponentialHistogram: { aggregationTemporality: 1, dataPoints: [at({ k: 'v' }, point)] },
    }
    const [made] = run([metric], 'metric', `convert_exponential_histogram_to_histogram("${spread}", ${bounds})`)
    return { ...pointsOf(made)[0], kind: (made!['histogram'] as Plain)['aggregationTemporality'] }
  }
  // (-4, -2]: 4, zero: 3, (1, 2]: 2, (2, 4]: 4, (8, 16]: 8
  t.match(convert('upper', '[-2, 0, 2, 3, 20]'), {
    kind: 1,
    attributes: attributesOf({ k: 'v' }),
    timeUnixNano: '5',
    count: '21',
    sum: 30,
    min: -3,
    max: 15,
    exemplars: [{ asDouble: 3 }],
    explicitBounds: [-2, 0, 2, 3, 20],
    bucketCounts: ['4', '3', '2', '0', '12', '0'],
  })
  t.same(convert('midpoint', '[0.0, 3.0, 4.0]')['bucketCounts'], ['7', '6', '0', '8'])
  t.same(convert('uniform', '[0.0, 3.0, 4.0, 10.0]')['bucketCounts'], ['7', '4', '2', '4', '4'])
  for (let i = 0; i < 20; i++) {
    const counts = (convert('random', '[0, 3, 9, 10, 12]')['bucketCounts'] as string[]).map(Number)
    t.equal(
      counts.reduce((sum, count) => sum + count),
      21,
    )
    t.same([counts[0], counts[1]], [7, 4])
  }
})

t.test('percentiles are those of the buckets', async t => {
  const value = (point: Plain, percentile: number) => {
    const [, made] = run([histogram(point)], 'metric', `extract_percentile_metric(${percentile})`)
    return made === undefined ? undefined : [made['name'], made['description'], pointsOf(made)[0]?.['asDouble']]
  }
  t.same(value(ten, 50), ['h_p50', 'p50', 7])
  t.same(value({ ...ten, min: 0.5 }, 1), ['h_p1', 'p1', 1])
  t.same(value({ ...ten, max: 19 }, 99.9), ['h_p99.9', 'p99.9', 19])
  t.equal(value({ count: '0', bucketCounts: ['0', '0'], explicitBounds: [1] }, 50), undefined)
  t.throws(() => value({ ...ten, count: '99' }, 99), { message: /fewer than the count/ })
  t.throws(() => value({ ...ten, explicitBounds: [1] }, 50), { message: /do not go with/ })
})

for (const [context, statement, message] of [
  ['metric', 'extract_percentile_metric(100)', /below 100/],
  ['metric', 'aggregate_on_attributes("average")', /one of sum, mean/],
  ['metric', 'convert_exponential_histogram_to_histogram("upper", [])', /not be empty/],
  ['metric', 'convert_exponential_histogram_to_histogram("upper", [2, 1])', /must go up/],
  ['metric', 'merge_histogram_buckets(1)', /for statements of context datapoint/],
  ['datapoint', 'merge_histogram_buckets("x")', /must be a number/],
  ['datapoint', 'merge_histogram_buckets(1, "other")', /one of remove_explicit_bound, limit_buckets/],
] as const) {
  t.test(`refuses ${statement} of a ${context}`, async t => {
    t.throws(() => run([], context, statement), { message })
  })
}
