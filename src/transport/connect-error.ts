/** What Node and OpenSSL say where the other side does not answer a TLS handshake with one. */
const plainTextSigns = /before secure TLS connection was established|wrong version number|packet length too long/

/**
 * An error of a connection in words. An AggregateError of several addresses has none of its own, and Node's for a server
 * without TLS name neither the cause nor what to write.
 */
export function connectErrorText(error: Error): string {
  if (error instanceof AggregateError) return error.errors.map(each => connectErrorText(each as Error)).join('; ')
  if (!plainTextSigns.test(error.message)) return error.message
  return `${error.message}; a backend that speaks plain text needs tls: {insecure: true}, or an http:// URL`
}
