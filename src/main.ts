import { parseArgs } from 'node:util'
import { runAgentProcess } from './cli/agent-process.ts'
import { components } from './components.ts'

const { values } = parseArgs({
  options: {
    config: { type: 'string', multiple: true, default: [] },
    set: { type: 'string', multiple: true, default: [] },
    'feature-gates': { type: 'string', multiple: true, default: [] },
    'allow-missing': { type: 'boolean', default: false },
  },
})

process.exitCode = await runAgentProcess(
  {
    configs: values.config,
    sets: values.set,
    featureGates: values['feature-gates'].flatMap(text => text.split(',')),
    allowMissing: values['allow-missing'],
    registry: components.all,
    env: process.env,
  },
  components,
)
process.exit()
