import { sampleRegistry } from '../config/sample-registry.ts'
import type { CliWorld } from './command.ts'
import { runCli } from './run-cli.ts'

export interface CliResult {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs the command line as a user would, for tests: what it wrote, and its exit code. */
export async function runSample(argv: readonly string[], more: Partial<CliWorld> = {}): Promise<CliResult> {
  let stdout = ''
  let stderr = ''
  const code = await runCli(argv, {
    env: {},
    stdout: { write: text => (stdout += text) },
    stderr: { write: text => (stderr += text) },
    components: sampleRegistry,
    version: '1.2.3',
    run: async () => 0,
    build: async () => [],
    ...more,
  })
  return { code, stdout, stderr }
}
