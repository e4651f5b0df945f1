import { detectorId } from './catalog.ts'
import type { AddressClass, Detection } from './detection.ts'
import * as key from './key-flags.ts'
import { afterEscape, beginsWord, isAlnum, isDigit, isHex, latin1 } from './text-bytes.ts'

const ipv6Detector = detectorId('ipv6')
const macDetector = detectorId('mac')

/** The classes in the order of `addressClassOf`. */
export const addressClasses: readonly AddressClass[] = [
  'public',
  'private',
  'loopback',
  'link_local',
  'documentation',
  'special',
]

/** Index of an IPv4 network's class, from its first 24 bits, by RFC 6890's registry as far as policies tell them apart. */
export function addressClassOf(network: number): number {
  const a = network >> 16
  const b = (network >> 8) & 255
  const c = network & 255
  if (a === 10 || (a === 172 && b >= 16 && b <= 31) || (a === 192 && b === 168) || (a === 100 && b >= 64 && b <= 127))
    return 1
  if (a === 127) return 2
  if (a === 169 && b === 254) return 3
  if (network === 0xc00002 || network === 0xc63364 || network === 0xcb0071) return 4
  if (a === 0 || a >= 224 || (a === 192 && b === 0 && c === 0) || (a === 198 && (b === 18 || b === 19))) return 5
  return 0
}

export function classifyIpv4(octets: readonly number[]): AddressClass {
  return addressClasses[addressClassOf((octets[0]! << 16) | (octets[1]! << 8) | octets[2]!)]!
}

/** Eight groups, or undefined where `text` is no IPv6 address (RFC 4291). Zone and prefix length are not part of it. */
export function parseIpv6(text: string): number[] | undefined {
  if (text.length < 2 || text.length > 45) return undefined
  let head = text
  const tail: number[] = []
  const v4 = /^(.*:)(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)
  if (v4 !== null) {
    const octets = v4.slice(2).map(Number)
    if (octets.some(octet => octet > 255)) return undefined
    tail.push(octets[0]! * 256 + octets[1]!, octets[2]! * 256 + octets[3]!)
    head = v4[1]!.endsWith('::') ? v4[1]! : v4[1]!.slice(0, -1)
  }
  const halves = head.split('::')
  if (halves.length > 2) return undefined
  const groups = (half: string) => (half === '' ? [] : half.split(':'))
  const left = groups(halves[0]!)
  const right = halves.length === 2 ? groups(halves[1]!) : []
  if ([...left, ...right].some(group => !/^[0-9a-f]{1,4}$/i.test(group))) return undefined
  const count = left.length + right.length + tail.length
  if (halves.length === 2 ? count > 7 : count !== 8) return undefined
  const numbers = (list: string[]) => list.map(group => Number.parseInt(group, 16))
  return [...numbers(left), ...new Array<number>(8 - count).fill(0), ...numbers(right), ...tail]
}

export function classifyIpv6(groups: readonly number[]): AddressClass {
  const first = groups[0]!
  if (groups.slice(0, 7).every(group => group === 0)) return groups[7] === 1 ? 'loopback' : 'special'
  if (groups.slice(0, 5).every(group => group === 0) && groups[5] === 0xffff) {
    return classifyIpv4([groups[6]! >> 8, groups[6]! & 255, groups[7]! >> 8, groups[7]! & 255])
  }
  if ((first & 0xffc0) === 0xfe80) return 'link_local'
  if ((first & 0xfe00) === 0xfc00) return 'private'
  if (first === 0x2001 && groups[1] === 0xdb8) return 'documentation'
  if (first >= 0xff00 || first === 0) return 'special'
  return 'public'
}

const isChainByte = (byte: number) => isHex(byte) || byte === 0x3a

/** Looks at the chain of hex digits and colons around the colon at `at`: an IPv6 or a hardware address. */
export function detectColonChain(d: Detection, at: number): void {
  const { bytes, start, end } = d
  let from = at
  while (from > start && at - from < 5 && isHex(bytes[from - 1]!)) from--
  // Only the first colon of a chain looks at it.
  if (from > start && bytes[from - 1] === 0x3a) return
  const real = Math.min(at, afterEscape(bytes, start, from, end))
  if (!beginsWord(bytes, start, real)) {
    // `Data:2a0c:5a4f:…`, `mac:00:1a:…`: the end of a name is hex as well, and the chain begins behind its colon.
    let next = at + 1
    while (next < end && next - at < 6 && isHex(bytes[next]!)) next++
    if (next > at + 1 && next < end && bytes[next] === 0x3a) detectChainFrom(d, next, at + 1)
    return
  }
  if (detectChainFrom(d, at, real) || real === from || bytes[from - 1] !== 0x25) return
  // `%2a00:` may be an escape, or the sign of a LIKE before an address.
  detectChainFrom(d, at, from)
}

function detectChainFrom(d: Detection, at: number, from: number): boolean {
  const { bytes, end } = d
  let to = at
  let colons = 0
  while (to < end && to - from < 60 && isChainByte(bytes[to]!)) if (bytes[to++] === 0x3a) colons++
  if (colons < 2) return false
  if (takeMac(d, from, to, colons)) return true
  // An embedded IPv4 address, then a zone, a prefix length or a port.
  let stop = to
  if (stop < end && bytes[stop] === 0x2e && colons >= 2) {
    let dots = stop
    while (dots < end && dots - stop < 16 && (isDigit(bytes[dots]!) || bytes[dots] === 0x2e)) dots++
    while (bytes[dots - 1] === 0x2e) dots--
    if (parseIpv6(latin1(bytes, from, dots)) !== undefined) stop = dots
  }
  while (stop > from && bytes[stop - 1] === 0x3a && bytes[stop - 2] !== 0x3a) stop--
  if (stop < end && isAlnum(bytes[stop]!) && bytes[stop] !== 0x25) return false
  return takeIpv6(d, from, stop)
}

function takeIpv6(d: Detection, from: number, to: number): boolean {
  const text = latin1(d.bytes, from, to)
  const groups = parseIpv6(text)
  if (groups === undefined) return false
  const written = text.split(':').filter(group => group !== '').length
  // `dead::beef` and `std::fs` are names; `a::1` is an address.
  if (written < 3 && !/\d/.test(text)) return false
  if (written < 2 && !text.startsWith('::')) return false
  // `1::2` is a slice of a list, and eight pairs of hex are the name of a port in a fabric.
  if (!/[0-9a-f]{3}/i.test(text)) return false
  const addressClass = classifyIpv6(groups)
  if (!d.settings.addressClasses.has(addressClass)) return false
  d.readContext(from)
  // `224::224`: what is given out begins with 2 or 3 and three digits more; behind a word for clients any other, too.
  const isGivenOut = groups[0] === 0 || groups[0] === 0x64 || (groups[0]! >= 0x2000 && groups[0]! <= 0x3fff)
  if (written < 3 && !isGivenOut && addressClass === 'public' && (d.flags & key.keyClientAddress) === 0) return false
  if ((d.key.flags & key.keyServerAddress) !== 0) return false
  d.add(ipv6Detector, from, to)
  return true
}

/** Six octets; a longer chain is a fingerprint. */
function takeMac(d: Detection, from: number, to: number, colons: number): boolean {
  if (colons !== 5 || to - from !== 17) return false
  const { bytes, end } = d
  for (let i = 0; i < 17; i++) if (i % 3 === 2 ? bytes[from + i] !== 0x3a : !isHex(bytes[from + i]!)) return false
  if (to < end && (isAlnum(bytes[to]!) || bytes[to] === 0x3a)) return true
  addMac(d, from, to)
  return true
}

function addMac(d: Detection, from: number, to: number): void {
  const text = latin1(d.bytes, from, to)
    .toLowerCase()
    .replace(/[^0-9a-f]/g, '')
  if (text === '000000000000' || text === 'ffffffffffff') return
  // 12:34:56:07:08:09 is a time with parts behind it, unless something says otherwise.
  if (/^([0-5]\d){6}$/.test(text) && !hardwareWords.test(latin1(d.bytes, Math.max(d.start, from - 24), from))) return
  d.add(macDetector, from, to)
}

const dotted = /^(?:[ _-]?addr(?:ess)?\.?)?(?: is| of|:)? {1,2}([0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4})(?![\w.])/i

/** `MAC address 001a.2b3c.4d5e`, as Cisco's devices print it, from the end of the word. */
export function detectDottedMac(d: Detection, at: number): void {
  const match = dotted.exec(latin1(d.bytes, at, Math.min(d.end, at + 40)))
  if (match !== null) addMac(d, at + match[0].length - 14, at + match[0].length)
}

const hardwareWords = /mac|ether|hw|hardware|lladdr|bssid|physical/i

/** `00-1A-2B-3C-4D-5E` and Cisco's `001a.2b3c.4d5e`, from a run of token bytes or of digits. */
export function detectDashedMac(d: Detection, from: number, to: number): boolean {
  if (to - from > 17 && d.bytes[to - 1] === 0x5f) return detectDashedMac(d, from, to - 1)
  if (to - from > 17 && d.bytes[from] === 0x5f) return detectDashedMac(d, from + 1, to)
  if (to - from !== 17) return false
  const { bytes } = d
  for (let i = 0; i < 17; i++) if (i % 3 === 2 ? bytes[from + i] !== 0x2d : !isHex(bytes[from + i]!)) return false
  addMac(d, from, to)
  return true
}
