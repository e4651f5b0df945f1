import type { LoadRequest } from '../config/load.ts'
import type { Invocation, OptionSpec } from './command.ts'

/** The options by which every command finds its configuration. */
export const configOptions: readonly OptionSpec[] = [
  {
    name: 'config',
    short: 'c',
    value: 'SOURCE',
    isRepeatable: true,
    completes: 'file',
    doc: 'A configuration: path, directory, file:, env:NAME, yaml:a::b: value, http:, https:. Later ones win.',
  },
  { name: 'set', value: 'KEY=VALUE', isRepeatable: true, doc: 'One value, after all sources: a.b.c=value.' },
  {
    name: 'feature-gates',
    value: 'LIST',
    isRepeatable: true,
    doc: 'Gates of the Collector, a,+b,-c; unknown ones warn.',
  },
  { name: 'allow-missing', doc: 'Leave out components that Sluice lacks, with a warning, and run the rest.' },
]

export const configOperands = '[SOURCE...]'

/** What the loader is to load, from the options and from operands, which count as `--config`. */
export function loadRequestOf({ world, args }: Invocation): LoadRequest {
  return {
    configs: [...args.values('config'), ...args.operands],
    sets: args.values('set'),
    featureGates: args.values('feature-gates').flatMap(value => value.split(',')),
    allowMissing: args.has('allow-missing'),
    registry: world.components,
    env: world.env,
  }
}
