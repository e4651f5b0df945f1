import { any, bool, type ConfigOf, defineConfig, list, oneOf, type ProblemSink } from '../../config/declare.ts'
import { errorModes } from '../../ottl/error-mode.ts'
import { type StatementSignal, statementGroups } from './statement-groups.ts'

const statements = (signal: string) =>
  `Statements for ${signal}, whose context follows from the paths as in span.name; or maps {context, conditions, statements, error_mode}.`

/** Reads `processors.transform`. Names, defaults and meaning are the Collector's. */
export const transformConfig = defineConfig(
  {
    errorMode: oneOf('error_mode', errorModes, 'ignore', 'What a statement that fails on an item means.', {
      ignoreCase: true,
      changed: 'the default was propagate before v0.153',
    }),
    traceStatements: list('trace_statements', any(''), [], statements('traces')),
    metricStatements: list('metric_statements', any(''), [], statements('metrics')),
    logStatements: list('log_statements', any(''), [], statements('logs')),
    profileStatements: any('profile_statements', undefined, 'Read for compatibility.', {
      noEffect: 'profiles are not transformed here',
    }),
    flattenData: bool('flatten_data', false, 'Not supported: behind a feature gate in the Collector too.'),
  },
  (config, problems) => {
    check('trace_statements', 'traces', config.traceStatements, problems)
    check('metric_statements', 'metrics', config.metricStatements, problems)
    check('log_statements', 'logs', config.logStatements, problems)
    if (config.flattenData) problems.error(['flatten_data'], 'is not supported', 'leave it out')
  },
)
export type TransformConfig = ConfigOf<typeof transformConfig>

function check(key: string, signal: StatementSignal, entries: readonly unknown[], problems: ProblemSink): void {
  statementGroups(signal, entries, (index, message) => problems.error([key, index], message))
}
