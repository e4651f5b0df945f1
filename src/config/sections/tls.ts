import { bool, type ConfigOf, defineConfig, duration, list, opaque, type ProblemSink, string } from '../declare.ts'

const tlsVersions = ['', '1.0', '1.1', '1.2', '1.3']

function tlsVersion(value: string): string | undefined {
  return tlsVersions.includes(value) ? undefined : `must be 1.0, 1.1, 1.2 or 1.3 in quotes, found "${value}"`
}

const tlsCommon = {
  caFile: string(
    'ca_file',
    '',
    'File with the certificates of the authorities to trust, PEM; empty means the system.',
    { readsFile: true },
  ),
  caPem: opaque('ca_pem', '', 'The same as text.'),
  certFile: string('cert_file', '', 'File with the own certificate, PEM.', { readsFile: true }),
  certPem: opaque('cert_pem', '', 'The same as text.'),
  keyFile: string('key_file', '', 'File with the key of the own certificate, PEM.', { readsFile: true }),
  keyPem: opaque('key_pem', '', 'The same as text.'),
  minVersion: string('min_version', '1.2', 'Lowest TLS version.', { validate: tlsVersion }),
  maxVersion: string('max_version', '', 'Highest TLS version; empty means the newest.', { validate: tlsVersion }),
  cipherSuites: list(
    'cipher_suites',
    string('', ''),
    [],
    'Cipher suites for TLS 1.2, IANA names; empty means a safe set.',
  ),
  curvePreferences: list('curve_preferences', string('', ''), [], 'Key exchange curves in order of preference.'),
  reloadIntervalMs: duration('reload_interval', '0s', 'How often the files are read again; 0 means never.'),
  includeSystemCaCertsPool: bool('include_system_ca_certs_pool', false, 'Trust the system too, beside ca_file.'),
  includeInsecureCipherSuites: bool('include_insecure_cipher_suites', false, 'Allow insecure suites in the list.'),
} as const

interface TlsFiles {
  readonly caFile: string
  readonly caPem: { readonly isEmpty: boolean }
  readonly certFile: string
  readonly certPem: { readonly isEmpty: boolean }
  readonly keyFile: string
  readonly keyPem: { readonly isEmpty: boolean }
  readonly minVersion: string
  readonly maxVersion: string
}

function checkTls(config: TlsFiles, problems: ProblemSink): void {
  if (config.caFile !== '' && !config.caPem.isEmpty)
    problems.error(['ca_pem'], 'cannot stand beside ca_file', 'keep one')
  if (config.certFile !== '' && !config.certPem.isEmpty) {
    problems.error(['cert_pem'], 'cannot stand beside cert_file', 'keep one')
  }
  if (config.keyFile !== '' && !config.keyPem.isEmpty)
    problems.error(['key_pem'], 'cannot stand beside key_file', 'keep one')
  const hasCert = config.certFile !== '' || !config.certPem.isEmpty
  const hasKey = config.keyFile !== '' || !config.keyPem.isEmpty
  if (hasCert && !hasKey) problems.error([], 'a certificate needs its key', 'add key_file or key_pem')
  if (hasKey && !hasCert) problems.error([], 'a key needs its certificate', 'add cert_file or cert_pem')
  if (config.maxVersion !== '' && config.minVersion > config.maxVersion) {
    problems.error(['min_version'], `is above max_version ${config.maxVersion}`, 'lower min_version')
  }
}

/** Keys of `tls` where this agent is the client. */
export const tlsClientConfig = defineConfig(
  {
    ...tlsCommon,
    insecure: bool('insecure', false, 'Send without TLS.'),
    insecureSkipVerify: bool('insecure_skip_verify', false, "Do not check the server's certificate."),
    serverNameOverride: string('server_name_override', '', 'Name expected in the certificate, and sent as SNI.'),
  },
  checkTls,
)
export type TlsClientConfig = ConfigOf<typeof tlsClientConfig>

/** Keys of `tls` where this agent is the server. */
export const tlsServerConfig = defineConfig(
  {
    ...tlsCommon,
    clientCaFile: string('client_ca_file', '', 'Authorities whose client certificates are demanded (mutual TLS).', {
      readsFile: true,
    }),
    clientCaFileReload: bool('client_ca_file_reload', false, 'Read client_ca_file again when it changes.'),
  },
  (config, problems) => {
    checkTls(config, problems)
    if (config.certFile === '' && config.certPem.isEmpty) {
      problems.error([], 'a TLS server needs a certificate', 'add cert_file and key_file')
    }
  },
)
export type TlsServerConfig = ConfigOf<typeof tlsServerConfig>
