import { loadConfig } from '../../config/load.ts'
import { hasErrors, type Problem, sortProblems } from '../../config/problem.ts'
import type { CommandSpec, Invocation } from '../command.ts'
import { configOperands, configOptions, loadRequestOf } from '../config-options.ts'
import { checkEnvironment } from '../environment-check.ts'
import { countText, machineReport, type ReportFormat, reportFormats, textReport } from '../report.ts'
import { paintFor } from '../terminal.ts'

export const validateCommand: CommandSpec = {
  name: 'validate',
  summary: 'Check a configuration as run would, without listening',
  description:
    'Loads, expands, types and checks the configuration, and builds every component, exactly as run does, up to but not including listening. Reports all problems at once, each with its place, reason and remedy.',
  operands: configOperands,
  completes: 'file',
  options: [
    ...configOptions,
    {
      name: 'env',
      doc: 'Also try what the machine must offer: ports to listen on, certificates, keys and other files.',
    },
    { name: 'deny-warnings', doc: 'Let warnings fail as errors do.' },
    {
      name: 'format',
      value: 'FORMAT',
      choices: reportFormats,
      doc: 'How problems are printed: text (default), json, sarif, github.',
    },
  ],
  examples: [
    ['sluice validate --config sluice.yaml', 'Say what is wrong, if anything.'],
    ['sluice validate --env -c sluice.yaml', 'Before a roll-out, on the machine itself.'],
    ['sluice validate -c sluice.yaml --format github', 'Annotations on a pull request.'],
  ],
  exitCodes: [
    [0, 'The configuration is fine.'],
    [1, 'It has errors.'],
    [2, 'Wrong usage.'],
  ],
  run: runValidate,
}

async function runValidate(invocation: Invocation): Promise<number> {
  const { world, args } = invocation
  const loaded = await loadConfig(loadRequestOf(invocation))
  const problems: Problem[] = [...loaded.problems]
  if (loaded.resolved !== undefined) {
    problems.push(...(await buildProblems(world.build(loaded))))
    if (args.has('env')) problems.push(...(await checkEnvironment(loaded.resolved, world.registry)))
  }
  const sorted = sortProblems(problems)
  const isWrong = hasErrors(sorted) || (args.has('deny-warnings') && sorted.length > 0)
  const format = (args.value('format') ?? 'text') as ReportFormat
  if (format !== 'text') {
    world.stdout.write(machineReport(sorted, format, world.version))
    return isWrong ? 1 : 0
  }
  world.stderr.write(textReport(sorted, paintFor(world.stderr, world.env)))
  if (isWrong) world.stderr.write(`\n${countText(sorted)}\n`)
  else world.stdout.write(`the configuration is valid${sorted.length === 0 ? '' : `, with ${countText(sorted)}`}\n`)
  return isWrong ? 1 : 0
}

async function buildProblems(building: Promise<void>): Promise<Problem[]> {
  try {
    await building
    return []
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    return [{ code: 'SLC0403', severity: 'error', message, path: [], place: undefined, remedy: undefined, related: [] }]
  }
}
