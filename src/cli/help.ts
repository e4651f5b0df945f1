import type { Paint } from '../config/problem-format.ts'
import type { CommandSpec, OptionSpec } from './command.ts'
import { alignColumns, wrapText } from './terminal.ts'

const widthMax = 100

/** The overview: every command in one line. */
export function overviewText(commands: readonly CommandSpec[], paint: Paint): string {
  const rows = commands.map(command => [`  ${command.name}`, command.summary])
  return [
    'sluice: a telemetry agent that runs OpenTelemetry Collector configurations',
    '',
    `${paint('bold', 'usage:')} sluice [COMMAND] [OPTIONS]`,
    '',
    paint('bold', 'commands:'),
    ...alignColumns(rows),
    '',
    paint('bold', 'examples:'),
    '  sluice --config sluice.yaml',
    '  sluice validate --config sluice.yaml',
    '  sluice components batch',
    '',
    'sluice COMMAND --help says more. Exit codes: 0 fine, 1 wrong configuration, 2 wrong usage.',
    '',
  ].join('\n')
}

export function commandText(command: CommandSpec, global: readonly OptionSpec[], paint: Paint): string {
  const operands = command.operands === undefined ? '' : ` ${command.operands}`
  const rows = [...command.options, ...global].map(option => [`  ${optionText(option)}`, optionDoc(option)])
  const lines = [
    command.summary,
    '',
    `${paint('bold', 'usage:')} sluice ${command.name} [OPTIONS]${operands}`,
    '',
    wrapText(command.description, widthMax),
    '',
    paint('bold', 'options:'),
    ...alignColumns(rows),
    '',
    paint('bold', 'examples:'),
    ...command.examples.flatMap(([example, doc]) => [`  ${example}`, `      ${doc}`]),
  ]
  if (command.exitCodes !== undefined) {
    lines.push('', paint('bold', 'exit codes:'), ...command.exitCodes.map(([code, doc]) => `  ${code}  ${doc}`))
  }
  return `${lines.join('\n')}\n`
}

export function optionText(option: OptionSpec): string {
  const short = option.short === undefined ? '    ' : `-${option.short}, `
  return `${short}--${option.name}${option.value === undefined ? '' : ` ${option.value}`}`
}

function optionDoc(option: OptionSpec): string {
  return option.isRepeatable === true ? `${option.doc} May be repeated.` : option.doc
}
