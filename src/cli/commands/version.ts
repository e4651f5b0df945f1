import type { CommandSpec } from '../command.ts'

export const versionCommand: CommandSpec = {
  name: 'version',
  summary: 'Print the version',
  description: 'Prints the version of Sluice; with --verbose that of Node too.',
  options: [{ name: 'verbose', doc: 'Also the versions of Node and the platform.' }],
  examples: [['sluice version', 'The version alone.']],
  async run({ world, args }) {
    world.stdout.write(`sluice ${world.version}\n`)
    if (args.has('verbose')) world.stdout.write(`node ${process.version}\n${process.platform} ${process.arch}\n`)
    return 0
  },
}
