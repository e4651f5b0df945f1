import { X509Certificate } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { createSecureContext } from 'node:tls'
import type { AgentComponent, AgentConfig, ComponentRegistry } from '../config/agent-config.ts'
import { sectionOf } from '../config/agent-config.ts'
import { telemetryAddresses } from '../config/check-addresses.ts'
import { parseListenAddress } from '../config/listen-address.ts'
import type { Opaque } from '../config/opaque.ts'
import type { Problem } from '../config/problem.ts'
import type { ProblemCode } from '../config/problem-codes.ts'
import { reasonOf } from '../config/source-reader.ts'
import { type ConfigPath, placeOf } from '../config/tree.ts'
import { walkConfig } from '../config/walk.ts'

const dayMs = 86_400_000
const expiryWarningDays = 14

/** What only the machine can say: whether addresses are free, files readable, and keys fit their certificates. */
export async function checkEnvironment(config: AgentConfig, registry: ComponentRegistry): Promise<Problem[]> {
  const checker = new EnvironmentChecker(config)
  for (const component of config.components) {
    const registered = registry.find(({ kind, type }) => kind === component.kind && type === component.factoryType)
    if (component.isUsed && registered !== undefined) await checker.component(component, registered)
  }
  for (const address of telemetryAddresses(config)) {
    await checker.address(address, 'tcp', ['service', 'telemetry', 'metrics'])
  }
  return checker.problems
}

class EnvironmentChecker {
  readonly problems: Problem[] = []
  readonly #config: AgentConfig

  constructor(config: AgentConfig) {
    this.#config = config
  }

  async component(component: AgentComponent, registered: ComponentRegistry[number]): Promise<void> {
    const pending: (() => Promise<void>)[] = []
    const root = [sectionOf(component.kind), component.id]
    walkConfig(registered.config, component.config, root, (field, value, path) => {
      const { listens, readsFile, declaration } = field.extra
      if (listens !== undefined && typeof value === 'string') pending.push(() => this.address(value, listens, path))
      if (readsFile === true && typeof value === 'string' && value !== '') pending.push(() => this.#file(value, path))
      if (declaration !== undefined && 'certFile' in declaration.shape) {
        pending.push(() => this.#certificate(value as CertificateConfig, path))
      }
    })
    for (const check of pending) await check()
  }

  async address(address: string, transport: 'tcp' | 'udp', path: ConfigPath): Promise<void> {
    const parsed = parseListenAddress(address)
    if (parsed === undefined || parsed.port === 0) return
    const error = await (transport === 'tcp' ? tryTcp(parsed) : tryUdp(parsed))
    if (error === undefined) return
    this.#report(
      'SLC0401',
      path,
      `cannot listen on ${transport} ${address}: ${listenReason(error)}`,
      listenRemedy(error),
    )
  }

  async #file(file: string, path: ConfigPath): Promise<void> {
    try {
      await readFile(file)
    } catch (error) {
      this.#report(
        'SLC0402',
        path,
        `cannot read ${file}: ${reasonOf(error)}`,
        'check the path, and that the agent may read it',
      )
    }
  }

  async #certificate(config: CertificateConfig, path: ConfigPath): Promise<void> {
    const cert = await textOf(config.certFile, config.certPem)
    const key = await textOf(config.keyFile, config.keyPem)
    if (cert === undefined || key === undefined) return
    try {
      createSecureContext({ cert, key })
      const { validTo } = new X509Certificate(cert)
      const days = (new Date(validTo).getTime() - Date.now()) / dayMs
      const remedy = 'put a new certificate in its place'
      if (days < 0) this.#report('SLC0402', path, `the certificate expired on ${validTo}`, remedy)
      else if (days < expiryWarningDays) {
        this.#report('SLC0402', path, `the certificate expires on ${validTo}`, remedy, 'warning')
      }
    } catch (error) {
      const message = `certificate and key cannot be used: ${reasonOf(error)}`
      this.#report('SLC0402', path, message, 'check that both are PEM and belong together')
    }
  }

  #report(
    code: ProblemCode,
    path: ConfigPath,
    message: string,
    remedy: string,
    severity: 'error' | 'warning' = 'error',
  ) {
    const { tree } = this.#config
    const place = placeOf(tree, path, { ...tree.place, end: tree.place.start })
    this.problems.push({ code, severity, message, path, place, remedy, related: [] })
  }
}

interface CertificateConfig {
  readonly certFile: string
  readonly certPem: Opaque
  readonly keyFile: string
  readonly keyPem: Opaque
}

/** Undefined where there is none, or where it cannot be read, which is reported for the file itself. */
async function textOf(file: string, pem: Opaque): Promise<string | undefined> {
  if (!pem.isEmpty) return pem.reveal()
  if (file === '') return undefined
  return await readFile(file, 'utf8').catch(() => undefined)
}

type ListenError = Error & { readonly code?: string }

function tryTcp({ host, port }: { host: string; port: number }): Promise<ListenError | undefined> {
  return new Promise(resolve => {
    const server = createServer()
    server.once('error', resolve)
    server.listen({ port, ...(host === '' ? {} : { host }), exclusive: true }, () =>
      server.close(() => resolve(undefined)),
    )
  })
}

function tryUdp({ host, port }: { host: string; port: number }): Promise<ListenError | undefined> {
  return new Promise(resolve => {
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4')
    socket.once('error', error => {
      socket.close()
      resolve(error)
    })
    socket.bind({ port, ...(host === '' ? {} : { address: host }), exclusive: true }, () =>
      socket.close(() => resolve(undefined)),
    )
  })
}

function listenReason(error: ListenError): string {
  switch (error.code) {
    case 'EADDRINUSE':
      return 'another process uses that port'
    case 'EACCES':
      return 'not permitted for this user'
    case 'EADDRNOTAVAIL':
      return 'this machine has no such address'
    case 'ENOTFOUND':
      return 'the host name does not resolve'
    default:
      return reasonOf(error)
  }
}

function listenRemedy(error: ListenError): string {
  if (error.code === 'EACCES') return 'take a port above 1023'
  if (error.code === 'EADDRINUSE') return 'end the other process, or take another port'
  return 'take an address of this machine, or 0.0.0.0 for every one'
}
