import {
  any,
  type ConfigOf,
  componentRef,
  defineConfig,
  list,
  oneOf,
  type ProblemSink,
  section,
  string,
} from '../../config/declare.ts'
import { ConditionError, parseCondition } from '../../pdata/condition.ts'

const pipelineRef = componentRef('', '', '', { refers: 'pipeline' })

const routeConfig = defineConfig(
  {
    context: oneOf(
      'context',
      ['resource', 'span', 'metric', 'datapoint', 'log', 'request'],
      'resource',
      'What the condition looks at, and what moves: whole resources, or single items.',
    ),
    condition: string('condition', '', 'When items go this way: `attributes["tenant"] == "acme"`.'),
    statement: string('statement', '', 'The older form of condition: `route() where attributes["tenant"] == "acme"`.'),
    pipelines: list('pipelines', pipelineRef, [], 'Ids of the pipelines that get the items.', { required: true }),
  },
  (config, problems) => {
    const key = config.statement === '' ? 'condition' : 'statement'
    if (config.statement !== '' && config.condition !== '') {
      problems.error(['statement'], 'cannot stand beside condition', 'keep condition')
    } else if (conditionText(config) === undefined) {
      problems.error([key], 'must say when items go this way', 'write condition: attributes["tenant"] == "acme"')
    } else checkCondition(conditionText(config) ?? '', key, problems)
  },
)
export type RouteConfig = ConfigOf<typeof routeConfig>

export const routingConfig = defineConfig({
  defaultPipelines: list('default_pipelines', pipelineRef, [], 'Ids of the pipelines that get what no row takes.'),
  errorMode: oneOf('error_mode', ['ignore', 'silent', 'propagate'], 'ignore', 'What a condition that fails does.', {
    noEffect: 'the conditions that Sluice reads cannot fail',
  }),
  table: list('table', section('', routeConfig), [], 'Rows in order; the first that matches takes the item.', {
    required: true,
  }),
  matchOnce: any('match_once', undefined, 'Removed upstream.', {
    noEffect: 'the first row that matches takes the item',
  }),
})
export type RoutingConfig = ConfigOf<typeof routingConfig>

/** The condition alone, whichever key holds it; `route()` without `where` takes everything. */
export function conditionText(config: Pick<RouteConfig, 'condition' | 'statement'>): string | undefined {
  if (config.condition !== '') return config.condition
  const match = /^\s*route\(\)\s*(?:where\s+([\s\S]+))?$/.exec(config.statement)
  return match === null ? undefined : (match[1] ?? 'true')
}

function checkCondition(text: string, key: string, problems: ProblemSink): void {
  try {
    parseCondition(text)
  } catch (error) {
    if (!(error instanceof ConditionError)) throw error
    const remedy =
      'conditions compare attributes["k"], resource.attributes["k"], name or request["header"] with a value'
    problems.error([key], `cannot be read: ${error.message} (at character ${error.offset + 1})`, remedy)
  }
}
