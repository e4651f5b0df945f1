import { nearest } from '../config/nearest.ts'
import { type CommandSpec, type OptionSpec, type ParsedArguments, UsageError } from './command.ts'

/** Takes an argument vector apart by one command's table: `--name value`, `--name=value`, `-n value`, `--`. */
export function parseArguments(
  command: CommandSpec,
  global: readonly OptionSpec[],
  argv: readonly string[],
): ParsedArguments {
  const options = [...command.options, ...global]
  const given = new Map<string, string[]>()
  const operands: string[] = []
  const rest = [...argv]
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === '--') {
      operands.push(...rest.splice(0))
    } else if (word.startsWith('-') && word !== '-') {
      const equals = word.indexOf('=')
      const name = equals === -1 ? word : word.slice(0, equals)
      const option = findOption(options, name, command)
      add(given, option, optionValue(option, name, equals === -1 ? undefined : word.slice(equals + 1), rest))
    } else operands.push(word)
  }
  const most = command.operands === undefined ? 0 : (command.operandsMax ?? Number.POSITIVE_INFINITY)
  if (operands.length > most) {
    throw new UsageError(`unexpected argument "${operands[most]}"`, `see sluice ${command.name} --help`)
  }
  return {
    operands,
    values: name => given.get(name) ?? [],
    value: name => given.get(name)?.at(-1),
    has: name => given.has(name),
  }
}

function findOption(options: readonly OptionSpec[], word: string, command: CommandSpec): OptionSpec {
  const found = options.find(
    option => word === `--${option.name}` || (option.short !== undefined && word === `-${option.short}`),
  )
  if (found !== undefined) return found
  const close = nearest(
    word.replace(/^-+/, ''),
    options.map(option => option.name),
  )
  const hint = close === undefined ? `see sluice ${command.name} --help` : `did you mean --${close}?`
  throw new UsageError(`unknown option ${word} of sluice ${command.name}`, hint)
}

function optionValue(option: OptionSpec, word: string, inline: string | undefined, rest: string[]): string {
  if (option.value === undefined) {
    if (inline === undefined || inline === 'true') return 'true'
    if (inline === 'false') return 'false'
    throw new UsageError(`${word} takes no value`)
  }
  const value = inline ?? rest.shift()
  if (value === undefined) throw new UsageError(`${word} needs a value`, `write ${word}=${option.value}`)
  if (option.choices !== undefined && !option.choices.includes(value)) {
    const close = nearest(value, option.choices)
    const allowed = `allowed: ${option.choices.join(', ')}`
    throw new UsageError(
      `${word} cannot be "${value}"`,
      close === undefined ? allowed : `did you mean "${close}"? ${allowed}`,
    )
  }
  return value
}

function add(given: Map<string, string[]>, option: OptionSpec, value: string): void {
  const before = given.get(option.name)
  if (option.value === undefined) {
    if (value === 'true') given.set(option.name, [value])
    else given.delete(option.name)
  } else if (before !== undefined && option.isRepeatable === true) before.push(value)
  else if (before !== undefined) throw new UsageError(`--${option.name} is given twice`, 'keep one')
  else given.set(option.name, [value])
}
