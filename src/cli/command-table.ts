import type { CommandSpec, OptionSpec } from './command.ts'
import { completionCommand } from './commands/completion.ts'
import { componentsCommand } from './commands/components.ts'
import { costCommand } from './commands/cost.ts'
import { explainCommand } from './commands/explain.ts'
import { graphCommand } from './commands/graph.ts'
import { lintCommand } from './commands/lint.ts'
import { manCommand } from './commands/man.ts'
import { printConfigCommand } from './commands/print-config.ts'
import { queueCommand } from './commands/queue.ts'
import { redactCommand } from './commands/redact.ts'
import { reloadCommand } from './commands/reload.ts'
import { runCommand } from './commands/run.ts'
import { schemaCommand } from './commands/schema.ts'
import { statusCommand } from './commands/status.ts'
import { validateCommand } from './commands/validate.ts'
import { versionCommand } from './commands/version.ts'

/** The one table of commands: help, parsing, completion and the manual page come from it. */
export const commands: readonly CommandSpec[] = [
  runCommand,
  queueCommand,
  reloadCommand,
  statusCommand,
  costCommand,
  validateCommand,
  printConfigCommand,
  componentsCommand,
  explainCommand,
  redactCommand,
  schemaCommand,
  graphCommand,
  lintCommand,
  completionCommand,
  manCommand,
  versionCommand,
]

/** Options that every command has. */
export const globalOptions: readonly OptionSpec[] = [
  { name: 'help', short: 'h', doc: 'Say what the command does and how.' },
]
