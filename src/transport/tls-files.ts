import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import tls from 'node:tls'
import type { Clock, Timer } from '../clock/clock.ts'
import type { TlsClientConfig, TlsServerConfig } from '../config/sections/tls.ts'
import type { ClientTls, ServerTls } from './tls.ts'

/** Reads the files; throws where one is missing or does not parse, with its name. `stop` ends the watching. */
export function loadServerTls(config: TlsServerConfig, clock: Clock, problem: ProblemReport): ServerTls & Stoppable {
  const watchesAuthorities = config.clientCaFile !== '' && config.clientCaFileReload
  const files = new TlsFiles(
    () => ({
      ...commonOptions(config),
      ...(config.clientCaFile === ''
        ? {}
        : {
            ca: [
              certificatesIn(`client_ca_file ${config.clientCaFile}`, readNamed('client_ca_file', config.clientCaFile)),
            ],
          }),
    }),
    clock,
    config.reloadIntervalMs > 0 ? config.reloadIntervalMs : watchesAuthorities ? authoritiesIntervalMs : 0,
    problem,
  )
  return {
    current: () => files.options,
    onChange: callback => files.onChange(callback),
    requiresClientCertificate: config.clientCaFile !== '',
    stop: () => files.stop(),
  }
}

/** The same for a client; undefined where `insecure` turns TLS off. */
export function loadClientTls(config: TlsClientConfig, clock: Clock, problem: ProblemReport): ClientTls & Stoppable {
  const files = new TlsFiles(
    () => ({ ...commonOptions(config), ca: authorities(config) }),
    clock,
    config.reloadIntervalMs,
    problem,
  )
  return {
    current: () => files.connectionOptions,
    serverName: config.serverNameOverride === '' ? undefined : config.serverNameOverride,
    skipsVerification: config.insecureSkipVerify,
    stop: () => files.stop(),
  }
}

/** Told what is wrong with files that changed, and an empty text when they are right again. */
export type ProblemReport = (message: string) => void

export interface Stoppable {
  stop(): void
}

const authoritiesIntervalMs = 5_000

/** Key and certificate as a pair: both are replaced, or neither where the new ones do not parse together. */
class TlsFiles {
  options: tls.SecureContextOptions
  connectionOptions: tls.ConnectionOptions
  readonly #read: () => tls.SecureContextOptions
  readonly #problem: ProblemReport
  readonly #callbacks = new Set<() => void>()
  readonly #timer: Timer | undefined
  #hash: string
  #failedHash = ''

  constructor(read: () => tls.SecureContextOptions, clock: Clock, intervalMs: number, problem: ProblemReport) {
    this.#read = read
    this.#problem = problem
    this.options = read()
    this.connectionOptions = { secureContext: parsed(this.options) }
    this.#hash = hashOf(this.options)
    if (intervalMs > 0) this.#timer = clock.every(intervalMs, () => this.#reload())
  }

  onChange(callback: () => void): () => void {
    this.#callbacks.add(callback)
    return () => this.#callbacks.delete(callback)
  }

  stop(): void {
    this.#timer?.cancel()
    this.#callbacks.clear()
  }

  #reload(): void {
    let hash = 'unreadable'
    try {
      const options = this.#read()
      hash = hashOf(options)
      if (hash === this.#hash) {
        if (this.#failedHash !== '') this.#problem('')
        this.#failedHash = ''
        return
      }
      this.connectionOptions = { secureContext: parsed(options) }
      this.options = options
      this.#hash = hash
      if (this.#failedHash !== '') this.#problem('')
      this.#failedHash = ''
      for (const callback of this.#callbacks) callback()
    } catch (error) {
      // Half-written or wrong files: the old pair stays in use, and the trouble is told once per content.
      if (hash !== this.#failedHash) this.#problem((error as Error).message)
      this.#failedHash = hash
    }
  }
}

function parsed(options: tls.SecureContextOptions): tls.SecureContext {
  try {
    return tls.createSecureContext(options)
  } catch (error) {
    throw new Error(`certificate or key does not parse: ${(error as Error).message}`, { cause: error })
  }
}

function hashOf(options: tls.SecureContextOptions): string {
  const hash = createHash('sha256')
  for (const part of [options.cert, options.key, ...(Array.isArray(options.ca) ? options.ca : [])]) {
    hash.update(String(part ?? '')).update('\0')
  }
  return hash.digest('hex')
}

function readNamed(key: string, path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new Error(`${key}: cannot read ${path}: ${(error as NodeJS.ErrnoException).code ?? error}`, { cause: error })
  }
}

type Common = TlsClientConfig | TlsServerConfig

function commonOptions(config: Common): tls.SecureContextOptions {
  const cert = config.certFile === '' ? config.certPem.reveal() : readNamed('cert_file', config.certFile)
  const key = config.keyFile === '' ? config.keyPem.reveal() : readNamed('key_file', config.keyFile)
  return {
    minVersion: versionOf(config.minVersion) ?? 'TLSv1.2',
    ...optional('maxVersion', versionOf(config.maxVersion)),
    ...optional('cert', cert === '' ? undefined : cert),
    ...optional('key', key === '' ? undefined : key),
    ...optional('ciphers', config.cipherSuites.length === 0 ? undefined : cipherList(config.cipherSuites)),
    ...optional('ecdhCurve', curveList(config.curvePreferences)),
  }
}

function optional<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [P in K]?: V })
}

function authorities(config: TlsClientConfig): string[] {
  const own = config.caFile === '' ? config.caPem.reveal() : readNamed('ca_file', config.caFile)
  if (own === '') return [...tls.getCACertificates('default'), ...tls.getCACertificates('system')]
  certificatesIn(config.caFile === '' ? 'ca_pem' : `ca_file ${config.caFile}`, own)
  return config.includeSystemCaCertsPool ? [own, ...tls.getCACertificates('system')] : [own]
}

/** OpenSSL takes a text without certificates as no authority at all, and then trusts nobody without a word. */
function certificatesIn(name: string, text: string): string {
  if (/-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----/.test(text)) return text
  throw new Error(`${name} holds no certificate in PEM`)
}

function versionOf(version: string): tls.SecureVersion | undefined {
  return version === '' ? undefined : version === '1.0' ? 'TLSv1' : (`TLSv${version}` as tls.SecureVersion)
}

const curveNames: ReadonlyMap<string, string> = new Map([
  ['P256', 'prime256v1'],
  ['P384', 'secp384r1'],
  ['P521', 'secp521r1'],
])

function curveList(names: readonly string[]): string | undefined {
  return names.length === 0 ? undefined : names.map(name => curveNames.get(name) ?? name).join(':')
}

/** IANA's names, as the configuration has them, in OpenSSL's spelling. TLS 1.3 suites are the same in both. */
export function cipherList(names: readonly string[]): string {
  return names.map(opensslName).join(':')
}

function opensslName(name: string): string {
  const split = /^TLS_(?:(.+)_)?WITH_(.+)$/.exec(name)
  if (split === null) return name
  const exchange = split[1] === undefined || split[1] === 'RSA' ? '' : `${split[1].replaceAll('_', '-')}-`
  const cipher = split[2]!
    .replace(/^AES_(128|256)_CBC_/, 'AES$1-')
    .replace(/^AES_(128|256)_/, 'AES$1-')
    .replace(/^CHACHA20_POLY1305(?:_SHA256)?$/, 'CHACHA20-POLY1305')
    .replace(/^3DES_EDE_CBC_/, 'DES-CBC3-')
    .replaceAll('_', '-')
  return exchange + cipher
}
