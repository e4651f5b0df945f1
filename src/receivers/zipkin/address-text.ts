import { SocketAddress } from 'node:net'

/** The text of an IP address of 4 or 16 bytes, in UTF-8; undefined for any other length. */
export function addressText(bytes: Uint8Array): Uint8Array | undefined {
  if (bytes.length === 4) return ipv4Text(bytes)
  if (bytes.length !== 16) return undefined
  const hex = Buffer.from(bytes).toString('hex')
  const address = hex.replace(/(.{4})(?=.)/g, '$1:')
  // Node writes the shortest form, as RFC 5952 wants.
  return Buffer.from(new SocketAddress({ family: 'ipv6', address }).address)
}

function ipv4Text(bytes: Uint8Array): Uint8Array {
  const text = new Uint8Array(15)
  let at = 0
  for (let i = 0; i < 4; i++) {
    const byte = bytes[i]!
    if (i > 0) text[at++] = 0x2e
    if (byte >= 100) text[at++] = 0x30 + Math.floor(byte / 100)
    if (byte >= 10) text[at++] = 0x30 + (Math.floor(byte / 10) % 10)
    text[at++] = 0x30 + (byte % 10)
  }
  return text.subarray(0, at)
}
