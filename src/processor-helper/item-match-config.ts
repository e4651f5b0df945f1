import {
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
  uint,
} from '../config/declare.ts'
import { patternProblem } from './pattern.ts'

/** An attribute to match: its key, and its value where one is given. */
export const matchAttributeConfig = defineConfig({
  key: string('key', '', 'Key of the attribute.', { required: true }),
  value: attributeValue('value', 'Value to match; without one, the attribute must be there.'),
})

const libraryConfig = defineConfig({
  name: string('name', '', 'Name of the instrumentation scope.', { required: true }),
  version: string('version', undefined, 'Its version; any where absent.'),
})

const severityConfig = defineConfig({
  min: uint('min', 0, 'Lowest severity number that matches: 9 is INFO, 17 is ERROR.', { max: 24 }),
  matchUndefined: bool('match_undefined', false, 'Whether a record without severity matches.'),
})

const regexpConfig = defineConfig({
  cacheEnabled: bool('cacheenabled', false, 'Read for compatibility.', { noEffect: 'answers are always remembered' }),
  cacheMaxNumEntries: uint('cachemaxnumentries', 0, 'Read for compatibility.', {
    noEffect: 'the cache has its own limit',
  }),
})

/** `include` and `exclude`: every key that is given must match; in a list of texts, one of them. */
const itemMatchConfig = defineConfig(
  {
    matchType: oneOf('match_type', ['strict', 'regexp'], undefined, 'How texts are compared.', { required: true }),
    services: list('services', string('', ''), [], 'Traces: values of the resource attribute service.name.'),
    spanNames: list('span_names', string('', ''), [], 'Traces: names of spans.'),
    spanKinds: list('span_kinds', string('', ''), [], 'Traces: kinds as SPAN_KIND_SERVER and so on.'),
    logBodies: list('log_bodies', string('', ''), [], 'Logs: bodies, as text.'),
    logSeverityTexts: list('log_severity_texts', string('', ''), [], 'Logs: severity texts.'),
    logSeverityNumber: optional('log_severity_number', severityConfig, 'Logs: lowest severity.'),
    metricNames: list('metric_names', string('', ''), [], 'Metrics: names of metrics.'),
    attributes: list('attributes', section('', matchAttributeConfig), [], 'Attributes of the item; all must match.'),
    resources: list('resources', section('', matchAttributeConfig), [], 'Attributes of the resource; all must match.'),
    libraries: list('libraries', section('', libraryConfig), [], 'Instrumentation scopes; all must match.'),
    regexp: optional('regexp', regexpConfig, 'Read for compatibility.'),
  },
  (config, problems) => {
    const criteria = [config.services, config.spanNames, config.spanKinds, config.logBodies, config.logSeverityTexts]
    criteria.push(config.metricNames)
    const isEmpty =
      criteria.every(texts => texts.length === 0) &&
      config.attributes.length + config.resources.length + config.libraries.length === 0 &&
      config.logSeverityNumber === undefined
    if (isEmpty) problems.error([], 'names nothing to match', 'add attributes, resources, span_names, ...')
    if (config.matchType !== 'regexp') return
    checkTexts('services', config.services, problems)
    checkTexts('span_names', config.spanNames, problems)
    checkTexts('span_kinds', config.spanKinds, problems)
    checkTexts('log_bodies', config.logBodies, problems)
    checkTexts('log_severity_texts', config.logSeverityTexts, problems)
    checkTexts('metric_names', config.metricNames, problems)
    checkAttributes('attributes', config.attributes, problems)
    checkAttributes('resources', config.resources, problems)
    for (const [i, { name, version }] of config.libraries.entries()) {
      checkText(['libraries', i, 'name'], name, problems)
      if (version !== undefined) checkText(['libraries', i, 'version'], version, problems)
    }
  },
)
export type ItemMatchConfig = ConfigOf<typeof itemMatchConfig>
export type MatchAttributeConfig = ConfigOf<typeof matchAttributeConfig>

/** `include` and `exclude` of a processor. */
export const includeField = optional('include', itemMatchConfig, 'Only items that match are processed.', {
  nullIsOff: true,
})
export const excludeField = optional('exclude', itemMatchConfig, 'Items that match are left alone.', {
  nullIsOff: true,
})

function checkTexts(key: string, patterns: readonly string[], problems: ProblemSink): void {
  for (const [i, pattern] of patterns.entries()) checkText([key, i], pattern, problems)
}

/** For `match_type: regexp`: values must be text, and patterns valid. */
function checkAttributes(key: string, attributes: readonly MatchAttributeConfig[], problems: ProblemSink): void {
  for (const [i, { value }] of attributes.entries()) {
    if (value === undefined) continue
    if (typeof value === 'string') checkText([key, i, 'value'], value, problems)
    else problems.error([key, i, 'value'], 'must be text where match_type is regexp', 'put it in quotes')
  }
}

function checkText(path: (string | number)[], pattern: string, problems: ProblemSink): void {
  const problem = patternProblem(pattern)
  if (problem !== undefined) problems.error(path, problem, 'RE2 syntax: no look-around, no back-references')
}
