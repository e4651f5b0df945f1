import { type AgentConfig, sectionOf } from '../../config/agent-config.ts'
import { loadConfig } from '../../config/load.ts'
import { loadAll } from '../../config/load-components.ts'
import { hasErrors, type Problem, sortProblems } from '../../config/problem.ts'
import type { CommandSpec, Invocation } from '../command.ts'
import { configOperands, configOptions, loadRequestOf } from '../config-options.ts'
import type { BuildFailure } from '../dry-build.ts'
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
    const { resolved } = loaded
    problems.push(...(await world.build(resolved)).map(failure => buildProblem(failure, resolved)))
    if (args.has('env')) problems.push(...(await checkEnvironment(resolved, await loadAll(world.components))))
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

/** A component that cannot be created is shown where the file defines it. */
function buildProblem({ kind, id, message }: BuildFailure, config: AgentConfig): Problem {
  const component = config.components.find(candidate => candidate.kind === kind && candidate.id === id)
  const path = kind === undefined ? [] : [sectionOf(kind), id]
  const place = component?.place
  return { code: 'SLC0403', severity: 'error', message, path, place, remedy: undefined, related: [] }
}
