import { nearest } from '../config/nearest.ts'
import { type CliWorld, type CommandSpec, UsageError } from './command.ts'
import { commands, globalOptions } from './command-table.ts'
import { versionCommand } from './commands/version.ts'
import { commandText, overviewText } from './help.ts'
import { parseArguments } from './parse-arguments.ts'
import { paintFor } from './terminal.ts'

/** Does what the arguments say and resolves with the exit code: 0 fine, 1 wrong configuration, 2 wrong usage. */
export async function runCli(argv: readonly string[], world: CliWorld): Promise<number> {
  try {
    return await dispatch(argv, world)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    const paint = paintFor(world.stderr, world.env)
    world.stderr.write(`${paint('red', 'error:')} ${error.message}\n`)
    if (error.hint !== undefined) world.stderr.write(`${paint('cyan', 'help:')} ${error.hint}\n`)
    return 2
  }
}

async function dispatch(argv: readonly string[], world: CliWorld): Promise<number> {
  const [first, ...rest] = argv
  const paint = paintFor(world.stdout, world.env)
  if (first === '--version' || first === '-v') return await dispatch([versionCommand.name], world)
  if (first === 'help' || first === '--help' || first === '-h') {
    const topic = rest.find(word => !word.startsWith('-'))
    const command = topic === undefined ? undefined : findCommand(topic)
    world.stdout.write(
      command === undefined ? overviewText(commands, paint) : commandText(command, globalOptions, paint),
    )
    return 0
  }
  const isOption = first === undefined || first.startsWith('-')
  const command = findCommand(isOption ? 'run' : first)
  const args = parseArguments(command, globalOptions, isOption ? argv : rest)
  if (args.has('help')) {
    world.stdout.write(commandText(command, globalOptions, paint))
    return 0
  }
  return await command.run({ world, table: { commands, globalOptions }, args })
}

function findCommand(name: string): CommandSpec {
  const found = commands.find(command => command.name === name || command.aliases?.includes(name) === true)
  if (found !== undefined) return found
  const close = nearest(
    name,
    commands.map(command => command.name),
  )
  const isFile = /[./]/.test(name)
  if (isFile) throw new UsageError(`unknown command "${name}"`, `to run a configuration: sluice --config ${name}`)
  throw new UsageError(
    `unknown command "${name}"`,
    close === undefined ? 'see sluice --help' : `did you mean "${close}"?`,
  )
}
