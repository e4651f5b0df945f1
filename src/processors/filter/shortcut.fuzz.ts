import { parseConfig } from '../../config/parse-config.ts'
import type { Signal } from '../../pdata/otlp-batch.ts'
import { SeededRandom } from '../../testkit/seeded-random.ts'
import { compareShortcut, shortcutRequest } from '../../testkit/shortcut-oracle.ts'
import { filterConfig } from './config.ts'
import { FilterStage } from './filter-stage.ts'

const spanMatches = [
  '{match_type: strict, attributes: [{key: http.method, value: GET}]}',
  '{match_type: strict, attributes: [{key: a}, {key: host.name}]}',
  '{match_type: regexp, attributes: [{key: user.email, value: "a"}]}',
  '{match_type: strict, span_names: [GET, ""]}',
  '{match_type: regexp, span_names: ["42$"], attributes: [{key: a}]}',
  '{match_type: strict, span_kinds: [SPAN_KIND_SERVER, SPAN_KIND_UNSPECIFIED]}',
  '{match_type: regexp, services: ["a", "<nil-service-name>"]}',
  '{match_type: regexp, libraries: [{name: "e"}], span_kinds: [".*"]}',
  '{match_type: strict, resources: [{key: a}], attributes: [{key: service.name}]}',
]
const logMatches = [
  '{match_type: regexp, record_attributes: [{key: a, value: "."}]}',
  '{match_type: strict, severity_texts: ["", INFO], resource_attributes: [{key: host.name}]}',
  '{match_type: regexp, bodies: ["a", "1"]}',
  '{severity_number: {min: WARN, match_undefined: true}}',
]
const metricMatches = [
  '{match_type: regexp, metric_names: ["a", "^$"]}',
  '{match_type: strict, resource_attributes: [{key: a}]}',
]

const anyRecord = [
  'attributes["a"] == "GET"',
  'attributes["http.method"] != nil and attributes["a"] == nil',
  'attributes["user.email"] > 5 or attributes["host.name"] == true',
  'IsMatch(attributes["service.name"], "[a-m]")',
  'resource.attributes["service.name"] == attributes["service.name"]',
  'resource.attributes["a"] != "x" and not (scope.name == "" or scope.attributes["a"] == nil)',
  'Len(attributes["host.name"]) > 3',
  'attributes["a"]["b"] == 1',
  'trace_id == SpanID("0000000000000000") or flags == 1',
]
const conditions: Readonly<Record<string, readonly string[]>> = {
  span: [
    ...anyRecord,
    'name == "GET" or IsMatch(name, "4")',
    'kind == SPAN_KIND_SERVER or kind.string == "Client"',
    'status.code == STATUS_CODE_ERROR and status.message != ""',
    'end_time_unix_nano - start_time_unix_nano > 1000000 and IsRootSpan()',
    'trace_state["a"] == "b" or trace_state == ""',
  ],
  log_record: [
    ...anyRecord,
    'severity_number >= SEVERITY_NUMBER_WARN',
    'severity_text == "" or IsMatch(body, "a")',
    'body == "" or IsString(body)',
    'event_name == "" and observed_time_unix_nano == 0',
  ],
  metric: [
    'name == ""',
    'IsMatch(name, "[0-9]") and unit != ""',
    'resource.attributes["a"] == nil',
    'scope.version == ""',
  ],
  scope: ['name == ""', 'version != "" and resource.attributes["a"] == nil', 'attributes["a"] != nil'],
  resource: ['attributes["a"] != nil', 'attributes["service.name"] == ""', 'IsMatch(attributes["host.name"], "1")'],
}
const contexts: Readonly<Record<string, string>> = { traces: 'span', logs: 'log_record', metrics: 'metric' }

const groupKeys: Readonly<Record<string, string>> = {
  traces: 'trace_conditions',
  logs: 'log_conditions',
  metrics: 'metric_conditions',
}

/** Compares filters with the same through views. Returns how many requests took the shortcut. */
export function fuzzFilterShortcut(signal: Signal, seed: number, count: number): number {
  if (signal === 'profiles') return 0
  const random = new SeededRandom(seed)
  let taken = 0
  for (let i = 0; i < count; i++) {
    const yaml = random.chance(0.5) ? byProperties(random, signal) : byConditions(random, signal)
    const config = parseConfig(filterConfig, yaml)
    const bytes = shortcutRequest(random, signal)
    try {
      if (compareShortcut(signal, () => [new FilterStage(config, signal)], bytes)) taken++
    } catch (error) {
      throw new Error(`input ${i}, ${yaml}`, { cause: error })
    }
  }
  return taken
}

function byProperties(random: SeededRandom, signal: 'traces' | 'logs' | 'metrics'): string {
  const matches = { traces: spanMatches, logs: logMatches, metrics: metricMatches }[signal]
  const parts = [`include: ${random.pick(matches)}`, `exclude: ${random.pick(matches)}`]
  const kept = random.chance(0.3) ? parts : [random.pick(parts)]
  return `${signal === 'traces' ? 'spans' : signal}: {${kept.join(', ')}}`
}

function byConditions(random: SeededRandom, signal: string): string {
  const context = contexts[signal]!
  const list = (name: string, most: number) => {
    const picked = Array.from({ length: 1 + random.below(most) }, () => `'${random.pick(conditions[name]!)}'`)
    return `${name}: [${picked.join(', ')}]`
  }
  const lists = random.chance(0.2) ? [list('resource', 1), list(context, 2)] : [list(context, 3)]
  if (random.chance(0.7)) return `${signal}: {${lists.join(', ')}}`
  const group = (name: string, of: string) => `{context: ${name}, conditions: ['${random.pick(conditions[of]!)}']}`
  const inner = context === 'log_record' ? 'log' : context
  const groups = [group('scope', 'scope'), group(inner, context), group('resource', 'resource')].slice(random.below(2))
  return `${groupKeys[signal]}: [${groups.join(', ')}]`
}
