import type { CommandSpec } from '../command.ts'
import { configOperands, configOptions, loadRequestOf } from '../config-options.ts'

export const runCommand: CommandSpec = {
  name: 'run',
  summary: 'Run the agent (what sluice does without a command)',
  description:
    'Starts the agent with the given configuration and runs until SIGTERM or SIGINT, which end it in good order. SIGHUP and changes of the files load the configuration anew; one that is wrong leaves the running one in force.',
  operands: configOperands,
  completes: 'file',
  options: configOptions,
  examples: [
    ['sluice --config sluice.yaml', 'Run with one file.'],
    ['sluice -c base.yaml -c prod.yaml --set service.telemetry.logs.level=debug', 'Merge two, and set one value.'],
    ['sluice --config env:OTEL_CONFIG', 'The whole configuration in a variable, as the Kubernetes operator does it.'],
  ],
  exitCodes: [
    [0, 'The agent was told to end, and did.'],
    [1, 'The configuration is wrong, or something broke that nobody can repair at run time.'],
    [2, 'Wrong usage.'],
  ],
  run: invocation => invocation.world.run(loadRequestOf(invocation)),
}
