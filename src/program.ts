import { fileURLToPath } from 'node:url'
import { runAgentProcess } from './cli/agent-process.ts'
import { dryBuild } from './cli/dry-build.ts'
import { runCli } from './cli/run-cli.ts'
import { version } from './cli/version.ts'
import { components } from './components.ts'

/** Beside this file, in the sources as in the bundle. */
const stageWorkerFile = fileURLToPath(new URL(`./stage-worker.${import.meta.url.slice(-2)}`, import.meta.url))

// `sluice components | head -n 1`: whoever reads has seen enough.
process.stdout.on('error', error => {
  if ((error as NodeJS.ErrnoException).code === 'EPIPE') process.exit(0)
  throw error
})

process.exitCode = await runCli(process.argv.slice(2), {
  env: process.env,
  stdout: process.stdout,
  stderr: process.stderr,
  registry: components.all,
  version,
  async run(request) {
    // While receivers are closed and queues wait to try again, only timers are left, and those keep no process alive.
    setInterval(() => {}, 60_000)
    // Whatever an agent that has ended still holds open must not keep the process alive.
    process.exit(await runAgentProcess(request, components, stageWorkerFile))
  },
  build: config => dryBuild(config, components),
})
