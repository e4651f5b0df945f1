import { plainValue } from '../../config/decode-value.ts'
import { loadConfig } from '../../config/load.ts'
import { loadAll } from '../../config/load-components.ts'
import { hasErrors } from '../../config/problem.ts'
import { redactedTree } from '../../config/redact.ts'
import type { CommandSpec, Invocation } from '../command.ts'
import { configOperands, configOptions, loadRequestOf } from '../config-options.ts'
import { textReport } from '../report.ts'
import { paintFor } from '../terminal.ts'
import { writeYaml } from '../yaml-writer.ts'

export const printConfigCommand: CommandSpec = {
  name: 'print-config',
  aliases: ['print-initial-config', 'config'],
  summary: 'Print the configuration after merging and expansion, secrets hidden',
  description:
    'Prints what all sources together say: merged, placeholders replaced, secrets shown as [REDACTED]. With --sources each line ends in the file, line and column that it came from, and the variable behind it.',
  operands: configOperands,
  completes: 'file',
  options: [
    ...configOptions,
    { name: 'sources', doc: 'Say behind each line where it came from.' },
    { name: 'mode', value: 'MODE', choices: ['redacted', 'unredacted'], doc: 'unredacted prints secrets as well.' },
    { name: 'format', value: 'FORMAT', choices: ['yaml', 'json'], doc: 'yaml (default) or json.' },
    { name: 'validate', doc: 'Fail, and print nothing, where the configuration has errors.' },
  ],
  examples: [
    ['sluice print-config -c base.yaml -c prod.yaml --sources', 'Which file has the last word on each line?'],
    ['sluice print-config -c sluice.yaml --format json | jq .exporters', 'For scripts.'],
  ],
  run: runPrintConfig,
}

async function runPrintConfig(invocation: Invocation): Promise<number> {
  const { world, args } = invocation
  const loaded = await loadConfig(loadRequestOf(invocation))
  const isWrong = hasErrors(loaded.problems)
  if (loaded.tree === undefined || (args.has('validate') && isWrong)) {
    world.stderr.write(textReport(loaded.problems, paintFor(world.stderr, world.env)))
    return 1
  }
  const tree =
    args.value('mode') === 'unredacted' ? loaded.tree : redactedTree(loaded.tree, await loadAll(world.components))
  if (args.value('format') === 'json') {
    const bigints = (_key: string, value: unknown) => (typeof value === 'bigint' ? String(value) : value)
    world.stdout.write(`${JSON.stringify(plainValue(tree), bigints, 2)}\n`)
  } else world.stdout.write(writeYaml(tree, args.has('sources')))
  return 0
}
