import { isIPv4, isIPv6 } from 'node:net'
import { EvaluationError } from './value.ts'

/** A network in CIDR notation: its address, and the bits of it that count. */
export interface Network {
  readonly bytes: Uint8Array
  readonly bits: number
}

/** The 4 or 16 bytes of an IP address that is known to be one. */
export function addressBytes(text: string): Uint8Array {
  if (isIPv4(text)) return Uint8Array.from(text.split('.'), Number)
  const [head, tail] = text.replace(/%.*$/, '').split('::') as [string, string | undefined]
  const before = groups(head)
  const after = tail === undefined ? [] : groups(tail)
  const missing: number[] = new Array(8 - before.length - after.length).fill(0)
  return Uint8Array.from([...before, ...missing, ...after].flatMap(group => [group >> 8, group & 255]))
}

/** Groups of 16 bits; a trailing IPv4 address makes two. */
function groups(text: string): number[] {
  if (text === '') return []
  return text.split(':').flatMap(part => {
    if (!part.includes('.')) return [Number.parseInt(part, 16)]
    const [a, b, c, d] = part.split('.').map(Number) as [number, number, number, number]
    return [(a << 8) | b, (c << 8) | d]
  })
}

/** Throws `EvaluationError` where the text is not an address, a slash and a number of bits. */
export function networkOf(text: string): Network {
  const [address = '', length = ''] = text.split('/')
  const bitsMax = isIPv4(address) ? 32 : isIPv6(address) ? 128 : -1
  const bits = /^\d{1,3}$/.test(length) ? Number(length) : Number.POSITIVE_INFINITY
  if (bits > bitsMax || text.split('/').length !== 2)
    throw new EvaluationError(`${text} is no network: write 10.0.0.0/8`)
  return { bytes: addressBytes(address), bits }
}

export function isInNetwork(text: string, { bytes, bits }: Network): boolean {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(text)?.[1]
  const address = addressBytes(mapped ?? text)
  if (address.length !== bytes.length) return false
  for (let bit = 0; bit < bits; bit += 8) {
    const mask = bits - bit >= 8 ? 0xff : (0xff << (8 - (bits - bit))) & 0xff
    if (((address[bit >> 3]! ^ bytes[bit >> 3]!) & mask) !== 0) return false
  }
  return true
}
