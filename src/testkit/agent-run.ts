import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { systemClock } from '../clock/clock.ts'
import type { ComponentRegistry } from '../component/registry.ts'
import { nodeWatchIo } from '../service/config-watch.ts'
import { AgentRun, type RunSettings } from '../service/run-agent.ts'
import { alone } from '../service/sharing.ts'

/** A whole agent of `components` and configuration sources, in this process, on one core and without stage threads. */
export function agentRun(
  components: ComponentRegistry,
  configs: readonly string[],
  overrides: Partial<RunSettings> = {},
): AgentRun {
  return new AgentRun({
    version: '1.2.3',
    components,
    request: { configs, registry: components.all, env: {} },
    shutdownTimeoutMs: 1_000,
    lingerMs: 0,
    clock: systemClock,
    random: Math.random,
    readText: () => undefined,
    totalMemoryBytes: 1e9,
    watchIo: nodeWatchIo,
    cores: 1,
    sharing: alone,
    stageWorkerFile: '',
    readUtilization: () => 0,
    print: () => {},
    ...overrides,
  })
}

/** Ports of 127.0.0.1 that nobody listens on, as far as one can know. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer())
  await Promise.all(servers.map(server => new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))))
  const ports = servers.map(server => (server.address() as AddressInfo).port)
  await Promise.all(servers.map(server => new Promise(resolve => server.close(resolve))))
  return ports
}
