import type { ConnectionOptions, SecureContextOptions } from 'node:tls'

/** Certificates of a listener, and how peers prove themselves. */
export interface ServerTls {
  /** What to use for new handshakes now. */
  current(): SecureContextOptions
  /** Calls back whenever `current` changed. Returns the removal. */
  onChange(callback: () => void): () => void
  /** Peers must present a certificate that a CA of `current().ca` signed. */
  readonly requiresClientCertificate: boolean
}

/** Certificates of a client; asked anew for every connection. */
export interface ClientTls {
  current(): ConnectionOptions
  readonly serverName: string | undefined
  readonly skipsVerification: boolean
}
