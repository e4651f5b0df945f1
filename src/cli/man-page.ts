import type { CommandSpec, OptionSpec } from './command.ts'
import { optionText } from './help.ts'

/** The manual page, section 1, in troff. */
export function manPage(commands: readonly CommandSpec[], global: readonly OptionSpec[], version: string): string {
  const lines = [
    `.TH SLUICE 1 "" "sluice ${version}" "User Commands"`,
    '.SH NAME',
    'sluice \\- a telemetry agent that runs OpenTelemetry Collector configurations',
    '.SH SYNOPSIS',
    '.B sluice',
    '[\\fICOMMAND\\fR] [\\fIOPTIONS\\fR]',
    '.SH DESCRIPTION',
    'Receives traces, metrics and logs, processes and exports them, as a configuration file in the language of the OpenTelemetry Collector says. Without a command, \\fBrun\\fR is meant.',
    '.SH COMMANDS',
    ...commands.flatMap(command => commandLines(command)),
    '.SH COMMON OPTIONS',
    ...global.flatMap(optionLines),
    '.SH EXIT STATUS',
    '.TP\n.B 0\nEverything is fine.',
    '.TP\n.B 1\nThe configuration is wrong, or the agent could not go on.',
    '.TP\n.B 2\nWrong usage.',
    '.SH ENVIRONMENT',
    '.TP\n.B NO_COLOR\nWhere set, nothing is colored.',
  ]
  return `${lines.join('\n')}\n`
}

function commandLines(command: CommandSpec): string[] {
  const operands = command.operands === undefined ? '' : ` \\fI${escaped(command.operands)}\\fR`
  return [
    `.SS sluice ${command.name} [\\fIOPTIONS\\fR]${operands}`,
    escaped(command.description),
    ...command.options.flatMap(optionLines),
    ...command.examples.flatMap(([example, doc]) => ['.PP', escaped(doc), '.nf', `    ${escaped(example)}`, '.fi']),
  ]
}

function optionLines(option: OptionSpec): string[] {
  return ['.TP', `.B ${escaped(optionText(option).trim())}`, escaped(option.doc)]
}

function escaped(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^([.'])/, '\\&$1')
}
