import { addressOption, askAgent, defaultAdminAddress } from '../admin-client.ts'
import type { CommandSpec } from '../command.ts'

export const statusCommand: CommandSpec = {
  name: 'status',
  summary: 'Say how a running agent is doing',
  description:
    'Prints phase, configuration, addresses and the ledger of the agent on this machine. With --probe it prints nothing and only exits: a probe for container images without a shell.',
  options: [
    { name: 'probe', doc: 'Print nothing; exit 0 where the agent is ready, 1 where it is not.' },
    { name: 'format', value: 'FORMAT', choices: ['text', 'json'], doc: 'How to print (default text).' },
    addressOption,
  ],
  examples: [
    ['sluice status', 'Look at the agent on this machine.'],
    ['sluice status --probe', 'As an exec probe of Kubernetes.'],
  ],
  exitCodes: [
    [0, 'The agent is ready.'],
    [1, 'It is starting or draining.'],
    [2, 'No agent answers.'],
  ],
  async run({ world, args }) {
    const { body } = await askAgent(args.value('address') ?? defaultAdminAddress, 'GET', '/-/status')
    const exitCode = body['phase'] === 'ready' ? 0 : 1
    if (args.has('probe')) return exitCode
    if (args.value('format') === 'json') world.stdout.write(`${JSON.stringify(body, undefined, 2)}\n`)
    else for (const line of statusLines(body)) world.stdout.write(`${line}\n`)
    return exitCode
  },
}

function statusLines(body: Readonly<Record<string, unknown>>): string[] {
  const list = (name: string) => (Array.isArray(body[name]) ? (body[name] as unknown[]).map(String) : [])
  const components = Object.entries((body['components'] ?? {}) as Record<string, { status: string; message: string }>)
  return [
    `${String(body['phase'])} since ${String(body['since'])}`,
    `configuration ${String(body['config_hash']).slice(0, 12)}, generation ${String(body['generation'])}, from ${list('config_sources').join(', ') || 'the built-in defaults'}`,
    ...(body['reloads_by_itself'] === true ? [] : ['its sources are no files: it does not reload by itself']),
    ...list('listening').map(line => `listening: ${line}`),
    ...components.map(([key, { status, message }]) => `${key}: ${status}: ${message}`),
    ...list('ledger'),
  ]
}
