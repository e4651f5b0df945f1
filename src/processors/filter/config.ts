import {
  any,
  attributeValue,
  bool,
  type ConfigOf,
  defineConfig,
  list,
  oneOf,
  optional,
  type ProblemSink,
  section,
  string,
} from '../../config/declare.ts'
import { conditionProblem } from '../../ottl/condition.ts'
import type { ContextName } from '../../ottl/context.ts'
import { errorModes } from '../../ottl/error-mode.ts'
import { excludeField, includeField, matchAttributeConfig } from '../../processor-helper/item-match-config.ts'
import { patternProblem } from '../../processor-helper/pattern.ts'
import { conditionGroups } from './condition-groups.ts'

/** A list of OTTL conditions of one context; any that is true drops the item. */
function conditions(key: string, context: ContextName, doc: string) {
  const item = string('', '', '', { validate: (text: string) => conditionProblem(text, context) })
  return list(key, item, [], doc)
}

const resourceConditions = () => conditions('resource', 'resource', 'OTTL conditions that drop a whole resource.')

const spansConfig = defineConfig({ include: includeField, exclude: excludeField })

const tracesConfig = defineConfig({
  resource: resourceConditions(),
  span: conditions('span', 'span', 'OTTL conditions that drop a span.'),
  spanEvent: conditions('spanevent', 'spanevent', 'OTTL conditions that drop an event of a span.'),
})

const matchType = oneOf('match_type', ['strict', 'regexp', 'expr'], undefined, 'How texts are compared.', {
  required: true,
})
const resourceAttributes = list(
  'resource_attributes',
  section('', matchAttributeConfig),
  [],
  'Resource attributes; all must match.',
)
const regexpConfig = defineConfig({
  cacheEnabled: bool('cacheenabled', false, 'Read for compatibility.', { noEffect: 'answers are always remembered' }),
  cacheMaxNumEntries: attributeValue('cachemaxnumentries', 'Read for compatibility.', { noEffect: 'see cacheenabled' }),
})

const metricMatchConfig = defineConfig(
  {
    matchType,
    metricNames: list('metric_names', string('', ''), [], 'Names of metrics; one must match.'),
    resourceAttributes,
    expressions: list('expressions', string('', ''), [], 'Not supported: write conditions under metric or datapoint.'),
    regexp: optional('regexp', regexpConfig, 'Read for compatibility.'),
  },
  (config, problems) => {
    refuseExpr(config.matchType, problems)
    if (config.expressions.length > 0) problems.error(['expressions'], 'are not supported', 'write OTTL conditions')
    if (config.matchType !== 'regexp') return
    checkPatterns('metric_names', config.metricNames, problems)
    checkPatterns(
      'resource_attributes',
      config.resourceAttributes.map(({ value }) => value),
      problems,
    )
  },
)
export type MetricMatchConfig = ConfigOf<typeof metricMatchConfig>

const severityNames = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'].flatMap(name =>
  ['', '2', '3', '4'].map(step => name + step),
)
/** The number of a severity as files write it: its name in any case, or its number. 0 where it is neither. */
export function severityNumber(text: string): number {
  const byName = severityNames.indexOf(text.toUpperCase()) + 1
  return byName > 0 ? byName : /^\d+$/.test(text) && Number(text) <= severityNames.length ? Number(text) : 0
}

const logMatchConfig = defineConfig(
  {
    matchType: oneOf(
      'match_type',
      ['strict', 'regexp', 'expr'],
      'strict',
      'How texts are compared; a must with texts.',
    ),
    resourceAttributes,
    recordAttributes: list('record_attributes', section('', matchAttributeConfig), [], 'Attributes; all must match.'),
    severityTexts: list('severity_texts', string('', ''), [], 'Severity texts; one must match.'),
    severityNumber: optional(
      'severity_number',
      defineConfig({
        min: string('min', '', 'Lowest severity that matches: INFO, WARN2, 9.', {
          validate: (text: string) => (text === '' || severityNumber(text) > 0 ? undefined : 'is not a severity'),
        }),
        matchUndefined: bool('match_undefined', false, 'Whether a record without severity matches.'),
      }),
      'Lowest severity.',
    ),
    bodies: list('bodies', string('', ''), [], 'Bodies as text; one must match.'),
  },
  (config, problems) => {
    refuseExpr(config.matchType, problems)
    const { severityTexts, bodies, resourceAttributes, recordAttributes } = config
    const comparesTexts = [severityTexts, bodies, resourceAttributes, recordAttributes].some(each => each.length > 0)
    if (comparesTexts && !problems.has(['match_type'])) {
      problems.error(['match_type'], 'is required beside what is compared', 'write match_type: strict, or regexp')
    }
    if (config.matchType !== 'regexp') return
    checkPatterns('severity_texts', config.severityTexts, problems)
    checkPatterns('bodies', config.bodies, problems)
    checkPatterns(
      'resource_attributes',
      config.resourceAttributes.map(({ value }) => value),
      problems,
    )
    checkPatterns(
      'record_attributes',
      config.recordAttributes.map(({ value }) => value),
      problems,
    )
  },
)
export type LogMatchConfig = ConfigOf<typeof logMatchConfig>

const metricsConfig = defineConfig({
  resource: resourceConditions(),
  metric: conditions('metric', 'metric', 'OTTL conditions that drop a metric.'),
  dataPoint: conditions('datapoint', 'datapoint', 'OTTL conditions that drop a data point.'),
  include: optional('include', metricMatchConfig, 'Metrics that do not match are dropped.', { nullIsOff: true }),
  exclude: optional('exclude', metricMatchConfig, 'Metrics that match are dropped.', { nullIsOff: true }),
  regexp: optional('regexp', regexpConfig, 'Read for compatibility.'),
})

const logsConfig = defineConfig({
  resource: resourceConditions(),
  logRecord: conditions('log_record', 'log', 'OTTL conditions that drop a log record.'),
  include: optional('include', logMatchConfig, 'Log records that do not match are dropped.', { nullIsOff: true }),
  exclude: optional('exclude', logMatchConfig, 'Log records that match are dropped.', { nullIsOff: true }),
})

/** The processor cannot stand in a pipeline of profiles, so nobody expects these to drop anything. */
const profilesPass = { noEffect: 'profiles are not filtered here' }

const flat = (signal: string) =>
  `Conditions for ${signal}, whose context follows from the paths as in span.name; or maps {context, conditions, error_mode}.`

export const filterConfig = defineConfig(
  {
    errorMode: oneOf('error_mode', errorModes, 'ignore', 'What a condition that fails on an item means.', {
      changed: 'the default was propagate before v0.153',
    }),
    spans: section('spans', spansConfig, 'Spans to keep or to drop, by properties.'),
    traces: section('traces', tracesConfig, 'Conditions for traces.'),
    metrics: section('metrics', metricsConfig, 'Conditions and properties for metrics.'),
    logs: section('logs', logsConfig, 'Conditions and properties for logs.'),
    traceConditions: list('trace_conditions', any(''), [], flat('traces')),
    metricConditions: list('metric_conditions', any(''), [], flat('metrics')),
    logConditions: list('log_conditions', any(''), [], flat('logs')),
    profiles: any('profiles', undefined, 'Read for compatibility.', profilesPass),
    profileConditions: any('profile_conditions', undefined, 'Read for compatibility.', profilesPass),
  },
  (config, problems) => {
    checkFlat('trace_conditions', config.traceConditions, problems)
    checkFlat('metric_conditions', config.metricConditions, problems)
    checkFlat('log_conditions', config.logConditions, problems)
    const { spans, traces, metrics, logs } = config
    const isMixed = (legacy: unknown[], lists: readonly (readonly string[])[]) =>
      legacy.some(part => part !== undefined) && lists.some(conditions => conditions.length > 0)
    const remedy = 'write everything as conditions'
    checkFormsApart(config, problems)
    if (isMixed([spans.include, spans.exclude], [traces.resource, traces.span, traces.spanEvent])) {
      problems.error(['spans'], 'cannot stand beside traces conditions', remedy)
    }
    if (isMixed([metrics.include, metrics.exclude], [metrics.resource, metrics.metric, metrics.dataPoint])) {
      problems.error(['metrics'], 'include and exclude cannot stand beside conditions', remedy)
    }
    if (isMixed([logs.include, logs.exclude], [logs.resource, logs.logRecord])) {
      problems.error(['logs'], 'include and exclude cannot stand beside conditions', remedy)
    }
  },
)
export type FilterConfig = ConfigOf<typeof filterConfig>

/** The lists by context, and by properties of metrics and logs, cannot stand beside the groups of the same signal. */
function checkFormsApart(config: FormsOfConditions, problems: ProblemSink): void {
  const { traces, metrics, logs } = config
  const isWritten = (...lists: (readonly unknown[] | object | undefined)[]) =>
    lists.some(list => (Array.isArray(list) ? list.length > 0 : list !== undefined))
  const refuse = (key: string, beside: string) =>
    problems.error([key], `cannot stand beside ${beside}`, `write everything under ${key}`)
  if (config.traceConditions.length > 0 && isWritten(traces.resource, traces.span, traces.spanEvent)) {
    refuse('trace_conditions', 'conditions under traces')
  }
  if (
    config.metricConditions.length > 0 &&
    isWritten(metrics.resource, metrics.metric, metrics.dataPoint, metrics.include, metrics.exclude)
  ) {
    refuse('metric_conditions', 'what is written under metrics')
  }
  if (config.logConditions.length > 0 && isWritten(logs.resource, logs.logRecord, logs.include, logs.exclude)) {
    refuse('log_conditions', 'what is written under logs')
  }
}

interface FormsOfConditions {
  readonly traces: ConfigOf<typeof tracesConfig>
  readonly metrics: ConfigOf<typeof metricsConfig>
  readonly logs: ConfigOf<typeof logsConfig>
  readonly traceConditions: readonly unknown[]
  readonly metricConditions: readonly unknown[]
  readonly logConditions: readonly unknown[]
}

function refuseExpr(type: string | undefined, problems: ProblemSink): void {
  if (type === 'expr') problems.error(['match_type'], 'expr is not supported', 'write OTTL conditions instead')
}

function checkPatterns(key: string, patterns: readonly unknown[], problems: ProblemSink): void {
  for (const [i, pattern] of patterns.entries()) {
    if (pattern === undefined) continue
    const problem = typeof pattern === 'string' ? patternProblem(pattern) : 'must be text where match_type is regexp'
    if (problem !== undefined) problems.error([key, i], problem)
  }
}

function checkFlat(key: string, entries: readonly unknown[], problems: ProblemSink): void {
  conditionGroups(key, entries, (index, message) => problems.error([key, index], message))
}
