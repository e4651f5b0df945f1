import { SeededRandom } from '../../testkit/seeded-random.ts'
import { HpackDecoder } from './hpack-decoder.ts'
import { decodedLengthMax, huffmanDecode, huffmanEncode, huffmanLength } from './huffman.ts'
import { staticTable } from './static-table.ts'

/**
 * Blocks that are mostly right, one after the other on the same tables, against a decoder that is as plain as the
 * specification. Throws where the two differ. Returns how many blocks were taken.
 */
export function fuzzHpack(seed: number, count: number): number {
  const random = new SeededRandom(seed)
  const limits = { tableBytesMax: 4096, listBytesMax: 1_000_000, fieldCountMax: 10_000 }
  let taken = 0
  let decoder = new HpackDecoder(limits)
  let plain = new PlainDecoder()
  const blocks: Buffer[] = []
  for (let i = 0; i < count; i++) {
    if (i % 40 === 0) {
      decoder = new HpackDecoder(limits)
      plain = new PlainDecoder()
      blocks.length = 0
    }
    // Blocks come again, as those of real clients do, so that remembered ones are used.
    const block = blocks.length > 0 && random.chance(0.4) ? random.pick(blocks) : randomBlock(random)
    blocks.push(block)
    const expected = outcome(() => plain.decode(block))
    const got = outcome(() => decoder.decode(block, 0, block.length).fields.map(each => `${each.name}: ${each.value}`))
    if ((expected === undefined) !== (got === undefined) || expected?.join('\n') !== got?.join('\n')) {
      throw new Error(`${block.toString('hex')}: expected ${expected}, got ${got}`)
    }
    if (expected === undefined) {
      decoder = new HpackDecoder(limits)
      plain = new PlainDecoder()
      blocks.length = 0
    } else {
      taken++
    }
  }
  return taken
}

function outcome(decode: () => string[]): string[] | undefined {
  try {
    return decode()
  } catch (error) {
    if ((error as Error).name !== 'HpackError') throw error
    return undefined
  }
}

/** RFC 7541, word by word. */
class PlainDecoder {
  #table: [string, string][] = []
  #sizeMax = 4096

  decode(block: Buffer): string[] {
    const fields: string[] = []
    let offset = 0
    let isFirst = true
    const integer = (bits: number): number => {
      const mask = (1 << bits) - 1
      let value = this.#need(block, offset++) & mask
      if (value < mask) return value
      for (let shift = 0; ; shift += 7) {
        if (shift > 21) throw refusal()
        const byte = this.#need(block, offset++)
        value += (byte & 127) << shift
        if (byte < 128) return value
      }
    }
    const text = (): string => {
      const isHuffman = this.#need(block, offset) >= 128
      const length = integer(7)
      if (offset + length > block.length) throw refusal()
      const bytes = block.subarray(offset, offset + length)
      offset += length
      return isHuffman ? plainHuffman(bytes) : bytes.toString('latin1')
    }
    const at = (index: number): [string, string] => {
      if (index === 0) throw refusal()
      const fixed = staticTable[index - 1]
      const found = fixed === undefined ? this.#table[index - 62] : ([fixed.name, fixed.value] as [string, string])
      if (found === undefined) throw refusal()
      return found
    }
    const literal = (bits: number): [string, string] => {
      const index = integer(bits)
      return [index === 0 ? text() : at(index)[0], text()]
    }
    while (offset < block.length) {
      const first = block[offset]!
      if (first >> 5 === 1) {
        if (!isFirst) throw refusal()
        this.#sizeMax = integer(5)
        if (this.#sizeMax > 4096) throw refusal()
        this.#evict()
        continue
      }
      isFirst = false
      let field: [string, string]
      if (first >= 128) field = at(integer(7))
      else if (first >= 64) {
        field = literal(6)
        this.#table.unshift(field)
        this.#evict()
      } else field = literal(4)
      fields.push(field.join(': '))
    }
    return fields
  }

  #evict(): void {
    const size = () => this.#table.reduce((sum, [name, value]) => sum + name.length + value.length + 32, 0)
    while (this.#table.length > 0 && size() > this.#sizeMax) this.#table.pop()
  }

  #need(block: Buffer, offset: number): number {
    const byte = block[offset]
    if (byte === undefined) throw refusal()
    return byte
  }
}

const codeOf = new Map<string, string>()

/** Bit by bit, with codes taken from the encoder. */
function plainHuffman(bytes: Uint8Array): string {
  if (codeOf.size === 0) {
    for (let symbol = 0; symbol < 256; symbol++) {
      // Two of the same symbol tell where the code ends and the padding begins.
      const [once, twice] = [bitsOf(String.fromCharCode(symbol)), bitsOf(String.fromCharCode(symbol, symbol))]
      for (let length = 5; length <= once.length; length++) {
        const code = once.slice(0, length)
        const isRest = /^1{0,7}$/.test(once.slice(length))
        if (isRest && twice.startsWith(code + code) && /^1{0,7}$/.test(twice.slice(2 * length))) {
          codeOf.set(code, String.fromCharCode(symbol))
          break
        }
      }
    }
  }
  let text = ''
  let code = ''
  for (const bit of [...bytes].map(byte => byte.toString(2).padStart(8, '0')).join('')) {
    code += bit
    const symbol = codeOf.get(code)
    if (symbol !== undefined) {
      text += symbol
      code = ''
    }
  }
  if (!/^1{0,7}$/.test(code)) throw refusal()
  return text
}

function bitsOf(text: string): string {
  const coded = Buffer.alloc(huffmanLength(text))
  huffmanEncode(text, coded, 0)
  return [...coded].map(byte => byte.toString(2).padStart(8, '0')).join('')
}

function refusal(): Error {
  const error = new Error('refused')
  error.name = 'HpackError'
  return error
}

function randomBlock(random: SeededRandom): Buffer {
  const parts: Buffer[] = []
  if (random.chance(0.05)) parts.push(Buffer.of(0x20 | random.below(31)))
  for (let i = random.below(7); i >= 0; i--) {
    const kind = random.below(6)
    if (kind <= 1) parts.push(Buffer.of(0x80 | (1 + random.below(66))))
    else if (kind === 2) parts.push(Buffer.of(0x40 | (1 + random.below(62))), randomString(random))
    else if (kind === 3) parts.push(Buffer.of(0x40), randomString(random), randomString(random))
    else if (kind === 4) parts.push(Buffer.of(0), randomString(random), randomString(random))
    else parts.push(Buffer.of(random.below(15) + 1), randomString(random))
  }
  const block = Buffer.concat(parts)
  if (random.chance(0.15) && block.length > 0) block[random.below(block.length)] = random.below(256)
  return random.chance(0.05) ? block.subarray(0, random.below(block.length + 1)) : block
}

function randomString(random: SeededRandom): Buffer {
  let text = ''
  for (let i = random.below(random.chance(0.1) ? 120 : 12); i > 0; i--) text += String.fromCharCode(random.below(256))
  if (random.chance(0.5)) return Buffer.concat([Buffer.of(text.length), Buffer.from(text, 'latin1')])
  const coded = Buffer.alloc(huffmanLength(text))
  huffmanEncode(text, coded, 0)
  if (coded.length > 126) return Buffer.of(0)
  return Buffer.concat([Buffer.of(0x80 | coded.length), coded])
}

/** Random bytes as Huffman codes: what the automaton takes, the plain reader takes too, with the same result. */
export function fuzzHuffman(seed: number, count: number): number {
  const random = new SeededRandom(seed)
  let taken = 0
  const target = Buffer.alloc(256)
  for (let i = 0; i < count; i++) {
    const bytes = random.bytes(random.below(12))
    if (bytes.length > 0 && random.chance(0.7)) bytes[bytes.length - 1]! |= (1 << random.below(8)) - 1
    const written = huffmanDecode(bytes, 0, bytes.length, target)
    if (written > decodedLengthMax(bytes.length)) throw new Error('longer than it can be')
    const got = written < 0 ? undefined : [target.toString('latin1', 0, written)]
    const expected = outcome(() => [plainHuffman(bytes)])
    if (got?.[0] !== expected?.[0]) throw new Error(`${Buffer.from(bytes).toString('hex')}: ${got} is not ${expected}`)
    if (got !== undefined) taken++
  }
  return taken
}
