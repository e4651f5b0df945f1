import { loadConfig } from '../../config/load.ts'
import { loadAll } from '../../config/load-components.ts'
import { formatPath } from '../../config/problem.ts'
import type { ProblemCode } from '../../config/problem-codes.ts'
import { formatPlace } from '../../config/problem-format.ts'
import { lineColumn } from '../../config/tree.ts'
import type { CommandSpec, Invocation } from '../command.ts'
import { configOperands, configOptions, loadRequestOf } from '../config-options.ts'
import { type KeySupport, keySupport, supportLevels } from '../key-support.ts'
import { textReport } from '../report.ts'
import { alignColumns, paintFor } from '../terminal.ts'

export const lintCommand: CommandSpec = {
  name: 'lint',
  summary: 'Say for each key of a Collector file what Sluice makes of it',
  description:
    'Goes through a file written for the OpenTelemetry Collector key by key: supported, accepted without effect, deprecated, changed in meaning (and since which version of the Collector), or not supported. What is supported in full is only counted, unless --all is given.',
  operands: configOperands,
  completes: 'file',
  options: [
    ...configOptions,
    { name: 'all', doc: 'List supported keys too.' },
    { name: 'format', value: 'FORMAT', choices: ['text', 'json'], doc: 'text (default) or json.' },
  ],
  examples: [
    ['sluice lint otelcol.yaml', 'Will this file run here as it does there?'],
    ['sluice lint otelcol.yaml --all', 'Every key.'],
  ],
  exitCodes: [
    [0, 'Every key is supported, or harmless.'],
    [1, 'At least one is not supported, or the file cannot be read.'],
    [2, 'Wrong usage.'],
  ],
  run: runLint,
}

/** Codes of problems that the list of keys tells as well. */
const saidByKeys: ReadonlySet<ProblemCode> = new Set<ProblemCode>([
  'SLC0102',
  'SLC0111',
  'SLC0112',
  'SLC0119',
  'SLC0301',
  'SLC0304',
  'SLC0315',
])

async function runLint(invocation: Invocation): Promise<number> {
  const { world, args } = invocation
  const loaded = await loadConfig(loadRequestOf(invocation))
  if (loaded.tree === undefined) {
    world.stderr.write(textReport(loaded.problems, paintFor(world.stderr, world.env)))
    return 1
  }
  const keys = keySupport(loaded.tree, await loadAll(world.components))
  const isLacking = keys.some(key => key.level === 'unsupported')
  if (args.value('format') === 'json') {
    world.stdout.write(`${JSON.stringify(keys.map(jsonKey), undefined, 2)}\n`)
    return isLacking ? 1 : 0
  }
  const others = loaded.problems.filter(problem => !saidByKeys.has(problem.code))
  world.stderr.write(textReport(others, paintFor(world.stderr, world.env)))
  const shown = args.has('all') ? keys : keys.filter(key => key.level !== 'supported')
  world.stdout.write(linesOf(shown, invocation))
  const counts = supportLevels.map(level => `${keys.filter(key => key.level === level).length} ${level}`)
  world.stdout.write(`${keys.length} keys: ${counts.join(', ')}\n`)
  return isLacking ? 1 : 0
}

function linesOf(keys: readonly KeySupport[], { world }: Invocation): string {
  if (keys.length === 0) return ''
  const paint = paintFor(world.stdout, world.env)
  const rows = keys.map(key => [formatPlace(key.place), key.level, formatPath(key.path), key.note])
  const lines = alignColumns(rows).map((line, at) => (keys[at]?.level === 'unsupported' ? paint('red', line) : line))
  return `${lines.join('\n')}\n\n`
}

function jsonKey(key: KeySupport): Record<string, unknown> {
  const { line, column } = lineColumn(key.place.source, key.place.start)
  const note = key.note === '' ? undefined : key.note
  return { path: formatPath(key.path), file: key.place.source.name, line, column, level: key.level, note }
}
