import { createHash, randomUUID } from 'node:crypto'
import { isIP, isIPv4 } from 'node:net'
import { addressBytes, isInNetwork, type Network, networkOf } from './addresses.ts'
import { converter, type OttlFunction, type OttlFunctions } from './function.ts'
import { murmur3Hash32, murmur3Hash128 } from './murmur.ts'
import { bytesLike, choice, int, optional, type Parameter, text, texts } from './parameters.ts'
import { EvaluationError, OttlId } from './value.ts'

function digest(algorithm: string): OttlFunction {
  return converter([text('target')], target => createHash(algorithm).update(target).digest('hex'))
}

function idBytes(length: number): OttlFunction {
  return converter([bytesLike('target')], bytes => {
    if (bytes.length === length) return new OttlId(bytes)
    const hex = Buffer.from(bytes).toString('latin1')
    if (bytes.length === length * 2 && /^[0-9a-fA-F]+$/.test(hex)) return new OttlId(Buffer.from(hex, 'hex'))
    throw new EvaluationError(`an id needs ${length} bytes, or ${length * 2} hex digits`)
  })
}

const protocols: Readonly<Record<string, number>> = { ICMP: 1, TCP: 6, UDP: 17, RSVP: 46, ICMP6: 58, SCTP: 132 }

/** A list of networks in CIDR notation. */
function networks(name: string): Parameter<Network[]> {
  const asTexts = texts(name)
  return { name, read: value => asTexts.read(value).map(networkOf) }
}

/** Digests, ids and addresses. Names, arguments and meaning are the Collector's. */
export const hashFunctions: OttlFunctions = {
  MD5: digest('md5'),
  SHA1: digest('sha1'),
  SHA256: digest('sha256'),
  SHA512: digest('sha512'),
  FNV: converter([text('target')], target => fnv1a(Buffer.from(target))),
  Murmur3Hash: converter([text('target')], target => murmur3Hash32(Buffer.from(target))),
  Murmur3Hash128: converter([text('target')], target => murmur3Hash128(Buffer.from(target))),
  Hex: converter([bytesLike('target')], target => Buffer.from(target).toString('hex')),
  TraceID: idBytes(16),
  SpanID: idBytes(8),
  ProfileID: idBytes(16),
  UUID: converter([], () => randomUUID()),
  IsInCIDR: converter(
    [text('target'), networks('networks')],
    (target, wanted) => isIP(target) !== 0 && wanted.some(network => isInNetwork(target, network)),
  ),
  CommunityID: converter(
    [
      text('source_ip'),
      int('source_port'),
      text('destination_ip'),
      int('destination_port'),
      optional(choice('protocol', ...Object.keys(protocols))),
      optional(int('seed')),
    ],
    (sourceIp, sourcePort, destinationIp, destinationPort, protocol = 'TCP', seed = 0n) => {
      for (const address of [sourceIp, destinationIp]) {
        if (isIP(address) === 0) throw new EvaluationError(`${address} is no IP address`)
      }
      const ends = [
        { address: plainAddress(sourceIp), port: uint16(sourcePort) },
        { address: plainAddress(destinationIp), port: uint16(destinationPort) },
      ]
      // The lower end of the flow comes first, so that both directions have one id.
      ends.sort(
        (a, b) =>
          a.address.length - b.address.length || Buffer.compare(a.address, b.address) || Buffer.compare(a.port, b.port),
      )
      const [first, second] = ends as [(typeof ends)[0], (typeof ends)[0]]
      const flow = Buffer.concat([
        uint16(seed),
        first.address,
        second.address,
        Buffer.of(protocols[protocol]!, 0),
        first.port,
        second.port,
      ])
      return `1:${createHash('sha1').update(flow).digest('base64')}`
    },
  ),
}

function plainAddress(text: string): Buffer {
  const bytes = Buffer.from(addressBytes(text))
  return isIPv4(text) || isMapped(bytes) ? bytes.subarray(bytes.length - 4) : bytes
}

function isMapped(bytes: Buffer): boolean {
  return bytes.length === 16 && bytes.subarray(0, 12).equals(Buffer.from('00000000000000000000ffff', 'hex'))
}

function uint16(value: bigint): Buffer {
  if (value < 0n || value > 0xffffn) throw new EvaluationError(`${value} is not between 0 and 65535`)
  return Buffer.of(Number(value >> 8n), Number(value & 255n))
}

/** FNV-1a of 64 bits, as a signed int. */
function fnv1a(bytes: Uint8Array): bigint {
  let hash = 0xcbf29ce484222325n
  for (const byte of bytes) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n)
  return BigInt.asIntN(64, hash)
}
