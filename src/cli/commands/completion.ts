import { type CommandSpec, UsageError } from '../command.ts'
import { completionScript, type Shell, shells } from '../completion-script.ts'

export const completionCommand: CommandSpec = {
  name: 'completion',
  summary: 'Print a completion script for bash, zsh or fish',
  description: 'Prints a script that completes commands, options, their values, files and component types.',
  operands: 'bash|zsh|fish',
  operandsMax: 1,
  completes: shells,
  options: [],
  examples: [
    ['source <(sluice completion bash)', 'In this shell.'],
    ['sluice completion zsh > "${fpath[1]}/_sluice"', 'For every zsh to come.'],
    ['sluice completion fish > ~/.config/fish/completions/sluice.fish', 'For fish.'],
  ],
  async run({ world, table: { commands, globalOptions }, args }) {
    const [shell] = args.operands
    if (!shells.includes(shell as Shell)) {
      throw new UsageError(
        shell === undefined ? 'completion needs a shell' : `no completion for "${shell}"`,
        `allowed: ${shells.join(', ')}`,
      )
    }
    world.stdout.write(completionScript(shell as Shell, commands, globalOptions, world.components))
    return 0
  },
}
