import { any, type ConfigOf, componentRef, defineConfig, list, oneOf, section, string } from '../../config/declare.ts'
import { errorModes } from '../../ottl/error-mode.ts'
import { OttlError } from '../../ottl/lexer.ts'
import { compileRow, rowContexts, rowKey } from './row.ts'

const pipelineRef = componentRef('', '', '', { refers: 'pipeline' })

const routeConfig = defineConfig(
  {
    context: oneOf(
      'context',
      rowContexts,
      'resource',
      'What the condition looks at, and what moves: whole resources or metrics, single items, or the request.',
    ),
    condition: string('condition', '', 'OTTL condition for what goes this way: `attributes["tenant"] == "acme"`.'),
    statement: string('statement', '', 'The same as a statement: `route() where attributes["tenant"] == "acme"`.'),
    action: oneOf(
      'action',
      ['move', 'copy'],
      'move',
      'Whether the rows that follow still see what matches: with copy.',
    ),
    pipelines: list('pipelines', pipelineRef, [], 'Ids of the pipelines that get the items.', { required: true }),
  },
  (config, problems) => {
    const key = config.statement === '' ? 'condition' : 'statement'
    if (config.statement !== '' && config.condition !== '') {
      problems.error(['statement'], 'cannot stand beside condition', 'keep condition')
      return
    }
    if (config.statement === '' && config.condition === '') {
      problems.error([key], 'must say when items go this way', 'write condition: attributes["tenant"] == "acme"')
      return
    }
    if (config.context === 'request' && key === 'statement') {
      problems.error([key], 'cannot be used in the context request', 'write condition: request["header"] == "value"')
      return
    }
    try {
      compileRow(config, 0)
    } catch (error) {
      if (!(error instanceof OttlError)) throw error
      problems.error([key], error.message)
    }
  },
)

export const routingConfig = defineConfig(
  {
    defaultPipelines: list('default_pipelines', pipelineRef, [], 'Ids of the pipelines that get what no row moves.'),
    errorMode: oneOf(
      'error_mode',
      errorModes,
      'propagate',
      'What a condition that fails on an item means: propagate refuses the request, else the row does not match.',
    ),
    table: list('table', section('', routeConfig), [], 'Rows in order.', { required: true }),
    matchOnce: any('match_once', undefined, 'Removed upstream.', {
      noEffect: 'the first row that matches takes the item, unless its action is copy',
    }),
  },
  ({ table }, problems) => {
    const keys = table.map(rowKey)
    for (const [index, key] of keys.entries()) {
      const first = keys.indexOf(key)
      if (first < index) {
        problems.warn(
          ['table', index],
          `says the same as row ${first + 1} and takes nothing`,
          'name its pipelines there',
        )
      }
    }
  },
)
export type RoutingConfig = ConfigOf<typeof routingConfig>
