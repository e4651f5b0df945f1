import type { DefinedComponent } from './component-section.ts'
import type { ListenAddress } from './decoding.ts'
import { parseListenAddress } from './listen-address.ts'
import { addProblem, type Problem } from './problem.ts'
import type { ServiceConfig } from './sections/service.ts'
import type { ConfigPath, Place } from './tree.ts'

interface Listener {
  readonly owner: string
  readonly address: string
  readonly transport: 'tcp' | 'udp'
  readonly path: ConfigPath
  readonly place: Place | undefined
}

/** Reports addresses that two used components both listen on; what is never created listens on nothing. */
export function checkAddresses(
  defined: readonly DefinedComponent[],
  usedIds: ReadonlySet<string>,
  service: ServiceConfig,
  serviceListens: readonly ListenAddress[],
  problems: Problem[],
): void {
  const listeners: Listener[] = defined
    .filter(({ kind, id }) => usedIds.has(`${kind} ${id}`))
    .flatMap(({ kind, id, listens, place }) =>
      listens.map(listen => ({ ...listen, owner: `the ${kind} "${id}"`, place: listen.place ?? place })),
    )
  for (const address of telemetryAddresses(service)) {
    const written = serviceListens.find(listen => listen.address === address)
    const owner = "the agent's own metrics"
    const path = ['service', 'telemetry', 'metrics']
    listeners.push({ owner, address, transport: 'tcp', path: written?.path ?? path, place: written?.place })
  }
  for (const [index, later] of listeners.entries()) {
    const earlier = listeners.slice(0, index).find(candidate => collide(candidate, later))
    if (earlier !== undefined) reportClash(earlier, later, problems)
  }
}

/** Where the own metrics are offered: the readers, the old `address`, or localhost:8888 by default. */
export function telemetryAddresses(service: Pick<ServiceConfig, 'telemetry'>): string[] {
  const { level, readers, address } = service.telemetry.metrics
  if (level === 'none') return []
  if (readers.length === 0) return [address === '' ? 'localhost:8888' : address]
  return readers.flatMap(reader => {
    const prometheus = reader.pull?.exporter.prometheus
    return prometheus === undefined ? [] : [`${prometheus.host}:${prometheus.port}`]
  })
}

function collide(a: Listener, b: Listener): boolean {
  const first = parseListenAddress(a.address)
  const second = parseListenAddress(b.address)
  if (first === undefined || second === undefined) return a.address === b.address && a.address !== ''
  if (a.transport !== b.transport || first.port !== second.port || first.port === 0) return false
  const hosts = [canonicalHost(first.host), canonicalHost(second.host)]
  return hosts[0] === hosts[1] || hosts.includes('')
}

/** Empty for every interface. */
function canonicalHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return ''
  return host === 'localhost' || host === '::1' ? '127.0.0.1' : host.toLowerCase()
}

function reportClash(earlier: Listener, later: Listener, problems: Problem[]): void {
  // Point at what the user wrote: a default has no place of its own.
  const [blamed, other] = later.place === undefined ? [earlier, later] : [later, earlier]
  const where = `${blamed.transport} ${blamed.address}`
  const message =
    blamed.owner === other.owner
      ? `${blamed.owner} listens twice on ${where}`
      : `${blamed.owner} and ${other.owner} both listen on ${where}`
  const related = other.place === undefined ? [] : [{ message: 'the other one', place: other.place }]
  addProblem(problems, 'SLC0314', 'error', blamed.path, blamed.place, message, 'give one of them another port', related)
}
