import type { AgentConfig, ComponentList } from '../config/agent-config.ts'
import type { LoadRequest } from '../config/load.ts'
import type { BuildFailure } from './dry-build.ts'

/** One option of a command. The table of these gives parsing, help, completion and the man page. */
export interface OptionSpec {
  readonly name: string
  readonly short?: string
  /** What stands for the value in help; undefined for a switch. */
  readonly value?: string
  readonly isRepeatable?: boolean
  readonly choices?: readonly string[]
  readonly completes?: 'file' | 'component' | 'code'
  readonly doc: string
}

export interface CommandSpec {
  readonly name: string
  readonly aliases?: readonly string[]
  readonly summary: string
  readonly description: string
  /** What stands for the positional arguments in help; undefined where there are none. */
  readonly operands?: string
  readonly operandsMax?: number
  readonly completes?: 'file' | 'component' | 'code' | readonly string[]
  readonly options: readonly OptionSpec[]
  readonly examples: readonly (readonly [command: string, doc: string])[]
  readonly exitCodes?: readonly (readonly [code: number, doc: string])[]
  run(invocation: Invocation): Promise<number>
}

/** What the user typed, taken apart by the table. */
export interface ParsedArguments {
  readonly operands: readonly string[]
  /** Values of an option in order; empty where it was not given. */
  values(name: string): readonly string[]
  /** The last value of an option. */
  value(name: string): string | undefined
  has(name: string): boolean
}

export interface OutputStream {
  readonly isTTY?: boolean
  readonly columns?: number
  write(text: string): unknown
}

/** What the agent's process offers the commands; `program.ts` makes it, and tests make their own. */
export interface CliWorld {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stdout: OutputStream
  readonly stderr: OutputStream
  readonly components: ComponentList
  readonly version: string
  /** Starts the agent with what the flags say, and resolves with the exit code once it has ended. */
  run(request: LoadRequest): Promise<number>
  /** Builds everything that `run` would, without starting it, and says what stands in the way. */
  build(config: AgentConfig): Promise<readonly BuildFailure[]>
}

/** All commands, and the options that every one of them has. */
export interface CommandTable {
  readonly commands: readonly CommandSpec[]
  readonly globalOptions: readonly OptionSpec[]
}

export interface Invocation {
  readonly world: CliWorld
  /** For commands that speak of the others. */
  readonly table: CommandTable
  readonly args: ParsedArguments
}

/** The user asked for something that there is not: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
  readonly hint: string | undefined

  constructor(message: string, hint?: string) {
    super(message)
    this.hint = hint
  }
}
