import {
  createCipheriv,
  createDecipheriv,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto'

const prefix = 'x1.'
const publicBytes = 32
const nonceBytes = 12
const tagBytes = 16
/** SubjectPublicKeyInfo of X25519 but for the key itself. */
const publicHeader = Buffer.from('302a300506032b656e032100', 'hex')

/** A public key as 32 bytes in base64 or hex; throws where it is none. */
export function readPublicKey(text: string): KeyObject {
  return createPublicKey({ key: Buffer.concat([publicHeader, rawKey(text)]), format: 'der', type: 'spki' })
}

function rawKey(text: string): Buffer {
  const raw = /^[0-9a-f]{64}$/i.test(text) ? Buffer.from(text, 'hex') : Buffer.from(text, 'base64')
  if (raw.length !== 32) throw new Error('an X25519 key has 32 bytes')
  return raw
}

const exportRaw = (key: KeyObject) => key.export({ format: 'der', type: 'spki' }).subarray(-publicBytes)

/**
 * Seals `text` so that only the holder of the private key can read it: ephemeral X25519, HKDF-SHA256 and AES-256-GCM. Equal
 * texts give different boxes. The agent keeps no key that opens one.
 */
export function seal(recipient: KeyObject, text: string): string {
  const ephemeral = generateKeyPairSync('x25519')
  const ephemeralPublic = exportRaw(ephemeral.publicKey)
  const nonce = randomBytes(nonceBytes)
  const key = deriveKey(ephemeral.privateKey, recipient, ephemeralPublic, exportRaw(recipient))
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
  return prefix + Buffer.concat([ephemeralPublic, nonce, cipher.getAuthTag(), sealed]).toString('base64url')
}

/** Reads a box back; throws where the key is not the one or the box was changed. */
export function openSeal(privateKey: KeyObject, box: string): string {
  if (!box.startsWith(prefix)) throw new Error('not a sealed box')
  const raw = Buffer.from(box.slice(prefix.length), 'base64url')
  const ephemeralPublic = raw.subarray(0, publicBytes)
  const nonce = raw.subarray(publicBytes, publicBytes + nonceBytes)
  const tag = raw.subarray(publicBytes + nonceBytes, publicBytes + nonceBytes + tagBytes)
  const ephemeral = createPublicKey({
    key: Buffer.concat([publicHeader, ephemeralPublic]),
    format: 'der',
    type: 'spki',
  })
  const key = deriveKey(privateKey, ephemeral, ephemeralPublic, exportRaw(createPublicKey(privateKey)))
  const decipher = createDecipheriv('aes-256-gcm', key, nonce)
  decipher.setAuthTag(tag)
  return decipher.update(raw.subarray(publicBytes + nonceBytes + tagBytes), undefined, 'utf8') + decipher.final('utf8')
}

function deriveKey(own: KeyObject, other: KeyObject, ephemeral: Buffer, recipient: Buffer): Buffer {
  const shared = diffieHellman({ privateKey: own, publicKey: other })
  return Buffer.from(hkdfSync('sha256', shared, Buffer.concat([ephemeral, recipient]), 'sluice redaction v1', 32))
}
