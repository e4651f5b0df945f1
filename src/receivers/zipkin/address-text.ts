import { SocketAddress } from 'node:net'

/** The text of an IP address of 4 or 16 bytes, in UTF-8; undefined for any other length. */
export function addressText(bytes: Uint8Array): Uint8Array | undefined {
  if (bytes.length === 4) return Buffer.from(bytes.join('.'))
  if (bytes.length !== 16) return undefined
  const hex = Buffer.from(bytes).toString('hex')
  const address = hex.replace(/(.{4})(?=.)/g, '$1:')
  // Node writes the shortest form, as RFC 5952 wants.
  return Buffer.from(new SocketAddress({ family: 'ipv6', address }).address)
}
