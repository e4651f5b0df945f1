import { copyBytes } from '../../wire/copy-bytes.ts'
import { HeaderField } from './header-field.ts'
import { decodedLengthMax, huffmanDecode } from './huffman.ts'
import { staticTable } from './static-table.ts'

/** A header block that cannot be decoded: the connection's tables are lost, so RFC 7541 ends the connection. */
export class HpackError extends Error {
  override readonly name = 'HpackError'
}

export interface HpackLimits {
  /** What this side announces as SETTINGS_HEADER_TABLE_SIZE. */
  tableBytesMax: number
  /** Most bytes of a header list, by the rule of RFC 7541, section 4.1. */
  listBytesMax: number
  /** Most fields of a header list. */
  fieldCountMax: number
}

/** One decoded block. It may be remembered and handed out again, so nobody changes it. */
export class HeaderBlock {
  fields: HeaderField[] = []
  listBytes = 0
  /** The list was cut at a limit; the rest was decoded for the table's sake and forgotten. */
  isOverLimit = false
  isWellFormed = true
  /** What a reader made of this list, kept with it so that a remembered block is interpreted once. */
  meaning: unknown = undefined
}

/** A block as it was, with what it meant under one state of the dynamic table. */
interface Memo {
  bytes: Uint8Array
  generation: number
  list: HeaderBlock
}

const memoCount = 8
const memoBytesMax = 1024

/** Decodes header blocks (RFC 7541). One per connection and direction: the dynamic table is its state. */
export class HpackDecoder {
  readonly #limits: HpackLimits
  /** The dynamic table, newest at `#newest`, as a ring whose length is a power of two. */
  #ring: (HeaderField | undefined)[] = new Array(64)
  #newest = 0
  #count = 0
  #tableBytes = 0
  #tableBytesLimit: number
  /** Changes with every change of the table: a remembered block that used the table holds for one generation. */
  #generation = 0
  #usedTable = false
  #memos: Memo[] = []
  #nextMemo = 0
  #bytes: Uint8Array = new Uint8Array(0)
  #offset = 0
  #end = 0
  #scratch = Buffer.allocUnsafe(512)

  constructor(limits: HpackLimits) {
    this.#limits = limits
    this.#tableBytesLimit = limits.tableBytesMax
  }

  get tableBytes(): number {
    return this.#tableBytes
  }

  /** Throws `HpackError` where the block is malformed. */
  decode(bytes: Uint8Array, start: number, end: number): HeaderBlock {
    const remembered = this.#recall(bytes, start, end)
    if (remembered !== undefined) return remembered
    const generation = this.#generation
    this.#bytes = bytes
    this.#offset = start
    this.#end = end
    this.#usedTable = false
    const list = new HeaderBlock()
    this.#readFields(list)
    if (generation === this.#generation && end - start <= memoBytesMax) {
      this.#remember({ bytes: copyBytes(bytes, start, end), generation: this.#usedTable ? generation : -1, list })
    }
    return list
  }

  #recall(bytes: Uint8Array, start: number, end: number): HeaderBlock | undefined {
    const length = end - start
    for (const memo of this.#memos) {
      if (memo.bytes.length !== length) continue
      if (memo.generation !== this.#generation && memo.generation !== -1) continue
      if (isSame(memo.bytes, bytes, start)) return memo.list
    }
    return undefined
  }

  #remember(memo: Memo): void {
    this.#memos[this.#nextMemo] = memo
    this.#nextMemo = (this.#nextMemo + 1) % memoCount
  }

  #readFields(list: HeaderBlock): void {
    const bytes = this.#bytes
    let mayResize = true
    while (this.#offset < this.#end) {
      const first = bytes[this.#offset]!
      if ((first & 0xe0) === 0x20) {
        if (!mayResize) throw new HpackError('a table size update after a field')
        this.#resize(this.#readInteger(5))
        continue
      }
      mayResize = false
      if ((first & 0x80) !== 0) {
        this.#add(list, this.#fieldAt(this.#readInteger(7)))
      } else if ((first & 0x40) !== 0) {
        const field = this.#readLiteral(6)
        this.#insert(field)
        this.#add(list, field)
      } else {
        this.#add(list, this.#readLiteral(4))
      }
    }
  }

  #add(list: HeaderBlock, field: HeaderField): void {
    list.listBytes += field.listBytes
    if (list.listBytes > this.#limits.listBytesMax || list.fields.length >= this.#limits.fieldCountMax) {
      list.isOverLimit = true
      return
    }
    if (!field.isWellFormed) list.isWellFormed = false
    list.fields.push(field)
  }

  #readLiteral(prefixBits: number): HeaderField {
    const index = this.#readInteger(prefixBits)
    const name = index === 0 ? this.#readString() : this.#fieldAt(index).name
    return new HeaderField(name, this.#readString())
  }

  #fieldAt(index: number): HeaderField {
    if (index <= 61) {
      if (index === 0) throw new HpackError('index 0')
      return staticTable[index - 1]!
    }
    const age = index - 62
    if (age >= this.#count) throw new HpackError(`index ${index} is outside the tables`)
    this.#usedTable = true
    return this.#ring[(this.#newest - age) & (this.#ring.length - 1)]!
  }

  #insert(field: HeaderField): void {
    this.#generation++
    this.#evictTo(this.#tableBytesLimit - field.listBytes)
    if (field.listBytes > this.#tableBytesLimit) return
    if (this.#count === this.#ring.length) this.#grow()
    this.#newest = (this.#newest + 1) & (this.#ring.length - 1)
    this.#ring[this.#newest] = field
    this.#count++
    this.#tableBytes += field.listBytes
  }

  #evictTo(bytesMax: number): void {
    const mask = this.#ring.length - 1
    while (this.#count > 0 && this.#tableBytes > bytesMax) {
      const oldest = (this.#newest - this.#count + 1) & mask
      this.#tableBytes -= this.#ring[oldest]!.listBytes
      this.#ring[oldest] = undefined
      this.#count--
    }
  }

  #grow(): void {
    const length = this.#ring.length
    const grown: (HeaderField | undefined)[] = new Array(length * 2)
    for (let age = 0; age < length; age++) {
      grown[length - 1 - age] = this.#ring[(this.#newest - age) & (length - 1)]
    }
    this.#ring = grown
    this.#newest = length - 1
  }

  #resize(bytesMax: number): void {
    if (bytesMax > this.#limits.tableBytesMax) throw new HpackError(`a table of ${bytesMax} bytes was not offered`)
    this.#generation++
    this.#tableBytesLimit = bytesMax
    this.#evictTo(bytesMax)
  }

  #readInteger(prefixBits: number): number {
    const mask = (1 << prefixBits) - 1
    let value = this.#bytes[this.#offset++]! & mask
    if (value < mask) return value
    for (let shift = 0; shift <= 21; shift += 7) {
      if (this.#offset >= this.#end) throw new HpackError('an integer is cut off')
      const byte = this.#bytes[this.#offset++]!
      value += (byte & 0x7f) << shift
      if ((byte & 0x80) === 0) return value
    }
    throw new HpackError('an integer is too large')
  }

  #readString(): string {
    if (this.#offset >= this.#end) throw new HpackError('a string is cut off')
    const isHuffman = (this.#bytes[this.#offset]! & 0x80) !== 0
    const length = this.#readInteger(7)
    const start = this.#offset
    const end = start + length
    if (end > this.#end) throw new HpackError('a string is cut off')
    this.#offset = end
    if (!isHuffman) return latin1(this.#bytes, start, end)
    const needed = decodedLengthMax(length)
    if (needed > this.#scratch.length) this.#scratch = Buffer.allocUnsafe(needed)
    const written = huffmanDecode(this.#bytes, start, end, this.#scratch)
    if (written < 0) throw new HpackError('a Huffman code is malformed')
    return latin1(this.#scratch, 0, written)
  }
}

function latin1(bytes: Uint8Array, start: number, end: number): string {
  if (end - start < 24) {
    // Shorter than what the call into the runtime costs.
    let text = ''
    for (let offset = start; offset < end; offset++) text += String.fromCharCode(bytes[offset]!)
    return text
  }
  return Buffer.prototype.latin1Slice.call(bytes, start, end)
}

function isSame(remembered: Uint8Array, bytes: Uint8Array, start: number): boolean {
  for (let i = 0; i < remembered.length; i++) {
    if (remembered[i] !== bytes[start + i]) return false
  }
  return true
}
