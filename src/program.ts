import { fileURLToPath } from 'node:url'
import { runAgentProcess } from './cli/agent-process.ts'
import { dryBuild } from './cli/dry-build.ts'
import { runCli } from './cli/run-cli.ts'
import { version } from './cli/version.ts'
import { components } from './components.ts'

/** Beside this file, in the sources as in the bundle. */
const stageWorkerFile = fileURLToPath(new URL(`./stage-worker.${import.meta.url.slice(-2)}`, import.meta.url))

// `sluice components | head -n 1`: whoever reads has seen enough.
function endWithReader(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit(0)
  process.stderr.write(`sluice: the output cannot be written: ${error.message}\n`)
  process.exit(1)
}
process.stdout.on('error', endWithReader)
// What cannot be said is no reason to end.
process.stderr.on('error', () => {})

const ended = runCli(process.argv.slice(2), {
  env: process.env,
  stdout: process.stdout,
  stderr: process.stderr,
  components: components.all,
  version,
  async run(request) {
    // Whoever collects the logs may go, and the disk behind them may fill: the agent goes on.
    process.stdout.off('error', endWithReader).on('error', () => {})
    // While receivers are closed and queues wait to try again, only timers are left, and those keep no process alive.
    setInterval(() => {}, 60_000)
    // Whatever an agent that has ended still holds open must not keep the process alive.
    process.exit(await runAgentProcess(request, components, stageWorkerFile))
  },
  build: config => dryBuild(config, components),
})
ended.then(exitCode => {
  process.exitCode = exitCode
})
