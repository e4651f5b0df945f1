import {
  bool,
  byteSize,
  type ConfigOf,
  defineConfig,
  duration,
  float,
  int,
  list,
  oneOf,
  optional,
  type ProblemSink,
  section,
  string,
  uint,
} from '../../config/declare.ts'
import { conditionProblem } from '../../ottl/condition.ts'
import type { ContextName } from '../../ottl/context.ts'
import { errorModes } from '../../ottl/error-mode.ts'

const leafTypes = [
  'always_sample',
  'latency',
  'numeric_attribute',
  'probabilistic',
  'status_code',
  'string_attribute',
  'rate_limiting',
  'bytes_limiting',
  'span_count',
  'trace_state',
  'trace_flags',
  'boolean_attribute',
  'ottl_condition',
  'cost',
] as const

const latency = defineConfig({
  thresholdMs: uint('threshold_ms', 0, 'Keeps traces that took longer, in milliseconds.'),
  upperThresholdMs: uint('upper_threshold_ms', 0, 'And no longer than this; 0 means no bound.'),
})
const numericAttribute = defineConfig({
  key: string('key', '', 'Attribute of a span or the resource.', { required: true }),
  minValue: int('min_value', undefined, 'Smallest value that counts.'),
  maxValue: int('max_value', undefined, 'Largest value that counts.'),
  invertMatch: bool('invert_match', false, 'Keeps traces in which nothing matches.'),
})
const probabilistic = defineConfig({
  samplingPercentage: float('sampling_percentage', 0, 'Share of the traces.', { min: 0 }),
  hashSalt: string('hash_salt', 'default-hash-seed', 'Equal at all agents that must keep the same traces.'),
})
const statusCode = defineConfig({
  statusCodes: list('status_codes', oneOf('', ['OK', 'ERROR', 'UNSET'], 'ERROR'), [], 'Any span with one of these.'),
})
const stringAttribute = defineConfig({
  key: string('key', '', 'Attribute of a span or the resource.', { required: true }),
  values: list('values', string('', ''), [], 'Texts, or RE2 patterns.'),
  enabledRegexMatching: bool('enabled_regex_matching', false, 'The values are patterns, found anywhere in the text.'),
  cacheMaxSize: uint('cache_max_size', 128, 'Texts whose match with the patterns is remembered.'),
  invertMatch: bool('invert_match', false, 'Keeps traces in which nothing matches.'),
})
const booleanAttribute = defineConfig({
  key: string('key', '', 'Attribute of a span or the resource.', { required: true }),
  value: bool('value', false, 'The value that counts.'),
  invertMatch: bool('invert_match', false, 'Keeps traces in which nothing matches.'),
})
const traceState = defineConfig({
  key: string('key', '', 'Member of the tracestate.', { required: true }),
  values: list('values', string('', ''), [], 'Its values that count.'),
})
const rateLimiting = defineConfig({
  spansPerSecond: uint('spans_per_second', 0, 'Spans that may pass per second.'),
  burstCapacity: uint('burst_capacity', 0, 'Spans that may pass at once after a pause; 0 means twice the rate.'),
})
const bytesLimiting = defineConfig({
  bytesPerSecond: uint('bytes_per_second', 0, 'Bytes of OTLP that may pass per second.'),
  burstCapacity: uint('burst_capacity', 0, 'Bytes that may pass at once after a pause; 0 means twice the rate.'),
})
const spanCount = defineConfig({
  minSpans: uint('min_spans', 0, 'At least so many spans.'),
  maxSpans: uint('max_spans', 0, 'At most so many; 0 means no bound.'),
})
const conditions = (key: string, context: ContextName, doc: string) =>
  list(key, string('', '', '', { validate: (text: string) => conditionProblem(text, context) }), [], doc)
const ottlCondition = defineConfig(
  {
    errorMode: oneOf(
      'error_mode',
      errorModes,
      'ignore',
      'What a condition that fails on a span means: it is not true, or, with propagate, the policy has no vote.',
    ),
    span: conditions('span', 'span', 'OTTL conditions of spans; any span for which one is true keeps the trace.'),
    spanEvent: conditions('spanevent', 'spanevent', 'OTTL conditions of the events of spans.'),
  },
  (config, problems) => {
    if (config.span.length + config.spanEvent.length === 0) {
      problems.error(['span'], 'or spanevent must have a condition', 'write span: [\'attributes["k"] == "v"\']')
    }
  },
)
const cost = defineConfig({
  above: float('above', 0, 'Keeps traces whose calls cost more, by `gen_ai.usage.cost`.', { min: 0 }),
})

const blocks = {
  latency: optional('latency', latency, 'For type `latency`.'),
  numericAttribute: optional('numeric_attribute', numericAttribute, 'For type `numeric_attribute`.'),
  probabilistic: optional('probabilistic', probabilistic, 'For type `probabilistic`.'),
  statusCode: optional('status_code', statusCode, 'For type `status_code`.'),
  stringAttribute: optional('string_attribute', stringAttribute, 'For type `string_attribute`.'),
  booleanAttribute: optional('boolean_attribute', booleanAttribute, 'For type `boolean_attribute`.'),
  traceState: optional('trace_state', traceState, 'For type `trace_state`.'),
  rateLimiting: optional('rate_limiting', rateLimiting, 'For type `rate_limiting`.'),
  bytesLimiting: optional('bytes_limiting', bytesLimiting, 'For type `bytes_limiting`.'),
  spanCount: optional('span_count', spanCount, 'For type `span_count`.'),
  ottlCondition: optional('ottl_condition', ottlCondition, 'For type `ottl_condition`.'),
  cost: optional('cost', cost, 'For type `cost`.'),
}

const name = string('name', '', 'Names the policy in metrics.')
const notConfig = defineConfig({
  subPolicy: section(
    'not_sub_policy',
    defineConfig(
      { name, type: oneOf('type', leafTypes, 'always_sample', 'Kind of the policy.'), ...blocks },
      checkBlock,
    ),
    'Keeps what this one does not.',
  ),
})
const andSubConfig = defineConfig(
  {
    name,
    type: oneOf('type', [...leafTypes, 'not'], 'always_sample', 'Kind of the policy.'),
    ...blocks,
    not: optional('not', notConfig, 'For type `not`.'),
  },
  checkBlock,
)
const andConfig = defineConfig({
  policies: list('and_sub_policy', section('', andSubConfig), [], 'All must keep the trace.'),
})
const dropConfig = defineConfig({
  policies: list(
    'drop_sub_policy',
    section('', andSubConfig),
    [],
    'Where all keep the trace it is dropped, whatever others say.',
  ),
})
const compositeSubConfig = defineConfig(
  {
    name,
    type: oneOf('type', [...leafTypes, 'and'], 'always_sample', 'Kind of the policy.'),
    ...blocks,
    and: optional('and', andConfig, 'For type `and`.'),
  },
  checkBlock,
)
const compositeConfig = defineConfig({
  maxTotalSpansPerSecond: uint('max_total_spans_per_second', 0, 'Spans that all of it may pass per second.'),
  policyOrder: list('policy_order', string('', ''), [], 'Names in the order in which they are asked.'),
  policies: list(
    'composite_sub_policy',
    section('', compositeSubConfig),
    [],
    'The first that keeps the trace decides, within its share.',
  ),
  rateAllocation: list(
    'rate_allocation',
    section(
      '',
      defineConfig({
        policy: string('policy', '', 'Its name.'),
        percent: uint('percent', 0, 'Its share of the total.'),
      }),
    ),
    [],
    'Shares of the total; a policy without one may use all of it.',
  ),
})

const policyConfig = defineConfig(
  {
    name: string('name', '', 'Names the policy in metrics.', { required: true }),
    type: oneOf('type', [...leafTypes, 'and', 'not', 'drop', 'composite'], 'always_sample', 'Kind of the policy.', {
      required: true,
    }),
    ...blocks,
    and: optional('and', andConfig, 'For type `and`.'),
    not: optional('not', notConfig, 'For type `not`.'),
    drop: optional('drop', dropConfig, 'For type `drop`.'),
    composite: optional('composite', compositeConfig, 'For type `composite`.'),
  },
  checkBlock,
)

/** Types that work with their defaults, so that their block may be absent. */
const withoutBlock = new Set([
  'always_sample',
  'trace_flags',
  'latency',
  'probabilistic',
  'span_count',
  'rate_limiting',
  'bytes_limiting',
])

function checkBlock(config: { readonly type: string }, problems: ProblemSink): void {
  const blockName = config.type.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
  if (!withoutBlock.has(config.type) && (config as Readonly<Record<string, unknown>>)[blockName] === undefined) {
    problems.error(
      ['type'],
      `a policy of type ${config.type} needs a section ${config.type}`,
      `add ${config.type}: {...}`,
    )
  }
  const { numericAttribute: numeric } = config as { numericAttribute?: ConfigOf<typeof numericAttribute> }
  if (
    config.type === 'numeric_attribute' &&
    numeric !== undefined &&
    numeric.minValue === undefined &&
    numeric.maxValue === undefined
  ) {
    problems.error(['numeric_attribute'], 'needs min_value or max_value')
  }
}

/** Reads `processors.tail_sampling`. Names, defaults and meaning are the Collector's. */
export const tailSamplingConfig = defineConfig(
  {
    decisionWaitMs: duration('decision_wait', '30s', 'Time from the first span of a trace to its decision.'),
    decisionWaitAfterRootMs: duration(
      'decision_wait_after_root_received',
      '0s',
      'Shorter wait once the root is here; 0 means none.',
    ),
    numTraces: uint('num_traces', 50_000, 'Traces remembered, decided ones included.', { min: 1 }),
    memoryMaxBytes: byteSize(
      'memory_max',
      '256MiB',
      'Bytes of spans that wait; beyond it the oldest trace is decided at once.',
    ),
    expectedNewTracesPerSec: uint(
      'expected_new_traces_per_sec',
      0,
      'Only to warn where `num_traces` cannot hold them.',
    ),
    blockOnOverflow: bool('block_on_overflow', false, 'Push back on the sender where `num_traces` wait undecided.'),
    sampleOnFirstMatch: bool('sample_on_first_match', false, 'Ask no further policy once one keeps the trace.'),
    dropPendingTracesOnShutdown: bool(
      'drop_pending_traces_on_shutdown',
      false,
      'Drop undecided traces instead of deciding.',
    ),
    maximumTraceSizeBytes: byteSize('maximum_trace_size_bytes', 0, 'Larger traces are dropped; 0 means no bound.'),
    decisionCache: section(
      'decision_cache',
      defineConfig({
        sampledCacheSize: uint('sampled_cache_size', 0, 'Kept traces remembered beyond `num_traces`, for late spans.'),
        nonSampledCacheSize: uint('non_sampled_cache_size', 0, 'The same for dropped ones.'),
      }),
      'What is remembered for late spans.',
    ),
    samplingStrategy: oneOf(
      'sampling_strategy',
      ['trace-complete', 'span-ingest'],
      'trace-complete',
      '`span-ingest` keeps a trace as soon as a policy says so, without the wait.',
    ),
    recordPolicy: bool('record_policy', false, 'Write the deciding policy onto every kept span as `sampling.reason`.'),
    dryRun: bool('dry_run', false, 'Keep everything, and write what would have happened as `sampling.decision`.'),
    policies: list('policies', section('', policyConfig), [], 'Who keeps a trace: any of these, unless one drops it.'),
  },
  (config, problems) => {
    if (config.policies.length === 0) problems.error(['policies'], 'must have at least one policy')
    const names = new Set<string>()
    config.policies.forEach((policy, index) => {
      if (names.has(policy.name)) problems.error(['policies', index, 'name'], `two policies are called ${policy.name}`)
      names.add(policy.name)
    })
    const waiting = (config.expectedNewTracesPerSec * config.decisionWaitMs) / 1000
    if (waiting > config.numTraces) {
      problems.warn(
        ['num_traces'],
        `holds fewer traces than arrive within decision_wait (${waiting}): most are decided too early`,
        `set it to at least ${Math.ceil(waiting * 1.2)}`,
      )
    }
  },
)

export type TailSamplingConfig = ConfigOf<typeof tailSamplingConfig>
export type PolicyConfig = ConfigOf<typeof policyConfig>
export type SubPolicyConfig = ConfigOf<typeof andSubConfig> | ConfigOf<typeof compositeSubConfig>
