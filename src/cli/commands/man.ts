import type { CommandSpec } from '../command.ts'
import { manPage } from '../man-page.ts'

export const manCommand: CommandSpec = {
  name: 'man',
  summary: 'Print the manual page',
  description: 'Prints the manual page in the form that man reads.',
  options: [],
  examples: [['sluice man > sluice.1 && man ./sluice.1', 'Read it.']],
  async run({ world, table: { commands, globalOptions } }) {
    world.stdout.write(manPage(commands, globalOptions, world.version))
    return 0
  },
}
