import { createCipheriv } from 'node:crypto'
import { crc32 } from 'node:zlib'

/**
 * The tag of AES-GCM over data that is only authenticated: a polynomial of all 16-byte blocks in GF(2^128). As a key that
 * everybody can read guards against nobody, this is a checksum and no more; as one it is as good as they come, and the
 * processor's own instructions make it 17 GB/s where zlib's CRC-32 makes 4.5 (Node 26, blocks of 180 KB). It takes 3 us to begin,
 * in which the CRC is through with 14 KB.
 */
const key = Buffer.from('sluice: checksum')
const nonce = Buffer.alloc(12)

function polynomialOf(payload: Uint8Array): Uint8Array {
  const cipher = createCipheriv('aes-128-gcm', key, nonce)
  cipher.setAAD(payload)
  cipher.final()
  return cipher.getAuthTag()
}

/** From this size on the polynomial takes less time than the CRC. */
export const polynomialBytesMin = 16 * 1024

/** The checksum of a header without its own field, and of its payload, by the version that the header names. */
export function checksumOf(header: Uint8Array, payload: Uint8Array, isPolynomial: boolean): number {
  const ofHeader = crc32(header.subarray(16), crc32(header.subarray(0, 12)))
  return crc32(isPolynomial ? polynomialOf(payload) : payload, ofHeader)
}
