import { addressOption, askAgent, defaultAdminAddress } from '../admin-client.ts'
import type { CommandSpec } from '../command.ts'

export const reloadCommand: CommandSpec = {
  name: 'reload',
  summary: 'Make a running agent load its configuration again',
  description:
    'Asks the agent on this machine to load its sources again and put them in force between two requests. What did not change keeps its sockets, queues and state; a configuration that is wrong changes nothing.',
  options: [{ name: 'dry-run', doc: 'Only say which components would start, change, stop and stay.' }, addressOption],
  examples: [
    ['sluice reload', 'Reload the agent on this machine.'],
    ['sluice reload --dry-run', 'See what the file on disk would change.'],
  ],
  exitCodes: [
    [0, 'The configuration is in force, or would be.'],
    [1, 'It is wrong, or a component refused it; the one before is still in force.'],
    [2, 'No agent answers.'],
  ],
  async run({ world, args }) {
    const isDryRun = args.has('dry-run')
    const path = isDryRun ? '/-/reload?dry_run=1' : '/-/reload'
    const { status, body } = await askAgent(args.value('address') ?? defaultAdminAddress, 'POST', path)
    if (status !== 200) {
      world.stderr.write(`${String(body['error'])}\n`)
      return 1
    }
    const changes = body['changes']
    const lines = Array.isArray(changes) ? changes.map(String) : []
    if (lines.length === 0) world.stdout.write('nothing changed\n')
    for (const line of lines) world.stdout.write(`${line}\n`)
    if (!isDryRun) world.stdout.write(`generation ${String(body['generation'])} is in force\n`)
    return 0
  },
}
