import { isUtf8 } from 'node:buffer'
import { distinctCount, isPlaceholder, isVersion, looksRandom } from './randomness.ts'

/** Whether what stands behind an authorization scheme is one: Basic decodes to `user:password`, others look random. */
export function isCredential(scheme: string, text: string): boolean {
  if (text.length < 8 || isPlaceholder(text) || isVersion(text)) return false
  if (/^basic$/i.test(scheme)) {
    if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(text)) return false
    const bytes = Buffer.from(text, 'base64')
    const decoded = bytes.toString('latin1')
    return decoded.includes(':') && isUtf8(bytes) && !/\p{Cc}/u.test(decoded.replace(/[\t\n\r]/g, ''))
  }
  if (/^(bearer|apikey|api-key|ssws|hmac)$/i.test(scheme))
    return /\d/.test(text)
      ? text.length >= 8
      : text.length >= 20 && distinctCount(text) >= 10 && !/^[a-z_-]+$/.test(text)
  return looksRandom(text) && text.length >= 16
}

/** UUIDs, and hex of the lengths that ids and digests have. */
export function isIdentifier(text: string): boolean {
  return (
    /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(text) ||
    (/^[0-9a-f]+$/i.test(text) && [16, 32, 40, 56, 64, 96, 128].includes(text.length))
  )
}
