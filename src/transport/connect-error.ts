/** What Node and OpenSSL say, and what to write in the configuration: they name keys of other programs, or none. */
const remedies: readonly (readonly [RegExp, string])[] = [
  [
    /before secure TLS connection was established|wrong version number|packet length too long/,
    'a backend that speaks plain text needs tls: {insecure: true}, or an http:// URL',
  ],
  [
    /unable to verify the first certificate|self-signed certificate|unable to get local issuer certificate/,
    'name the authority behind the backend in tls: {ca_file: ...}',
  ],
  [/alert certificate required|alert bad certificate/, 'the backend wants tls: {cert_file: ..., key_file: ...}'],
  [
    /alert unknown ca|alert certificate (?:unknown|revoked|expired)/,
    'the backend does not take the certificate of cert_file',
  ],
  [/^certificate (?:has expired|is not yet valid)/, "that of the backend, by this machine's clock"],
  [/does not match certificate's altnames/, 'tls: {server_name_override: ...} names the one to expect'],
]

/** An error of a connection in words. An AggregateError of several addresses has none of its own. */
export function connectErrorText(error: Error): string {
  if (error instanceof AggregateError) return error.errors.map(each => connectErrorText(each as Error)).join('; ')
  const text = error.message
    .replace(/; if the root CA is installed locally.*$/s, '')
    // OpenSSL's numbers, function and source line say nothing to a reader of the log.
    .replace(/[0-9A-F]+:error:[0-9A-F]+:SSL routines:[^:]*:([^:]*):[\s\S]*$/, 'TLS: $1')
  const remedy = remedies.find(([sign]) => sign.test(text))?.[1]
  return remedy === undefined ? text : `${text}; ${remedy}`
}

/** The same for what happened on the way to a proxy: many do not know that their environment names one. */
export function proxyErrorText(proxy: URL, error: Error): string {
  return `proxy ${proxy.host} (of proxy_url, HTTP_PROXY or HTTPS_PROXY): ${connectErrorText(error)}`
}

/** What to do about a proxy that answers CONNECT with anything but 200. */
export function refusedConnectText(status: string, authority: string): string {
  const text = `it answered CONNECT ${authority} with ${status}`
  if (status === '401' || status === '407')
    return `${text}; user and password go into its URL: http://user:password@host`
  if (status === '403') return `${text}; it must allow the backend, or NO_PROXY name it`
  return text
}
