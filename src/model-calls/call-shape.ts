/** Of an attribute's first four bytes, all but the low bits of two lengths; and the same of a value's first two. */
const openingMask = 0x80ff80ff | 0
const valueMask = 0x80ff
/** Of four bytes behind the tag: a length of two bytes, the tag of a key, and a length of one. */
const longMask = 0x80ff8080 | 0
const longOpening = 0x000a0080
/** Of three bytes the bits that say whether a length goes on, and one of three bytes. */
const longerMask = 0x80_8080
const longerLength = 0x8080
const lengthBitsMax = 21
const keyTag = 0x0a
const valueTag = 0x12
const none = -1
/** Keys of fewer bytes are in no shape: they are compared four bytes at a time. */
const keyLengthMin = 4
/** The fewest bytes of an attribute with three lengths, the first of two bytes. */
const longAttributeMin = 7

/** Where the values of a record's attributes stand, by role and by own key. */
export interface AttributePlaces {
  readonly starts: Int32Array
  readonly ends: Int32Array
  readonly ownStarts: Int32Array
  readonly ownEnds: Int32Array
}

/** What one attribute of a shape is for. */
export interface ShapePart {
  /** Nobody else's bytes. */
  readonly key: Uint8Array
  /** Of the role that its value plays; -1 for none, or where another attribute of the span goes before it. */
  readonly role: number
  /** Among the keys that are asked for beside the roles; -1 for none. */
  readonly place: number
}

/**
 * The keys of a span's attributes in their order, which are the same for nearly all calls of one instrumentation: where they
 * are, all that is left to find is where the values stand.
 */
export class CallShape {
  /** Roles that some attribute plays. */
  readonly roles: readonly number[]
  readonly hasOwn: boolean
  readonly #opening: number
  readonly #tag: number
  readonly #keyLengths: Uint8Array
  /** Of all keys the words, the last of each overlapping; and where those of each end. */
  readonly #words: Int32Array
  readonly #wordsEnd: Uint16Array
  readonly #roles: Int16Array
  readonly #places: Int16Array

  /** `tag` is that of an attribute's field. */
  constructor(tag: number, parts: readonly ShapePart[]) {
    this.#tag = tag
    this.#opening = tag | (keyTag << 16)
    this.#keyLengths = Uint8Array.from(parts, ({ key }) => key.length)
    const words = parts.map(({ key }) => wordsOf(key))
    this.#words = Int32Array.from(words.flatMap(part => [...part]))
    let end = 0
    this.#wordsEnd = Uint16Array.from(words, ({ length }) => {
      end += length
      return end
    })
    this.#roles = Int16Array.from(parts, ({ role }) => role)
    this.#places = Int16Array.from(parts, ({ place }) => place)
    this.roles = parts.flatMap(({ role }) => (role === none ? [] : [role]))
    this.hasOwn = parts.some(({ place }) => place !== none)
  }

  /** Whether a shape can have such a key. */
  static takes(keyLength: number): boolean {
    return keyLength >= keyLengthMin && keyLength < 128
  }

  /**
   * Reads attributes from `start` on that are these, and notes where their values stand. The end of the last one; -1 where
   * one is another or of an unusual form, whatever has been noted by then.
   */
  read(view: DataView, start: number, end: number, { starts, ends, ownStarts, ownEnds }: AttributePlaces): number {
    const opening = this.#opening
    const keyLengths = this.#keyLengths
    const words = this.#words
    const roles = this.#roles
    const { hasOwn } = this
    const last = end - longAttributeMin
    let offset = start
    let word = 0
    for (let i = 0; i < keyLengths.length; i++) {
      if (offset > last) return none
      const head = view.getInt32(offset, true)
      let next = 0
      let key = 0
      let keyLength = 0
      if ((head & openingMask) === opening) {
        next = offset + 2 + ((head >>> 8) & 127)
        key = offset + 4
        keyLength = head >>> 24
      } else {
        if ((head & 255) !== this.#tag) return none
        const lengths = view.getInt32(offset + 1, true)
        if ((lengths & longMask) === longOpening) {
          next = offset + 3 + ((lengths & 127) | ((lengths >>> 1) & 0x3f80))
          key = offset + 5
          keyLength = lengths >>> 24
        } else {
          // Prompts of 16 KiB and more.
          if ((lengths & longerMask) !== longerLength) return none
          const opening = view.getUint16(offset + 4, true)
          if ((opening & valueMask) !== keyTag) return none
          next = offset + 4 + ((lengths & 127) | ((lengths >>> 1) & 0x3f80) | ((lengths >>> 2) & 0x1fc000))
          key = offset + 6
          keyLength = opening >>> 8
        }
      }
      const keyEnd = key + keyLength
      if (keyLength !== keyLengths[i] || keyEnd + 2 > next || next > end) return none
      const wordsEnd = this.#wordsEnd[i]! - 1
      for (; word < wordsEnd; word++, key += 4) if (view.getInt32(key, true) !== words[word]) return none
      if (view.getInt32(keyEnd - 4, true) !== words[word++]) return none
      const second = view.getUint16(keyEnd, true)
      if ((second & 255) !== valueTag) return none
      let value = keyEnd + 2
      let length = second >>> 8
      for (let shift = 7; length >>> shift !== 0; shift += 7) {
        if (value >= next || shift > lengthBitsMax) return none
        length = (length & ((1 << shift) - 1)) | (view.getUint8(value++) << shift)
      }
      if (value + length !== next) return none
      const role = roles[i]!
      if (role >= 0) {
        starts[role] = value
        ends[role] = next
      }
      if (hasOwn && this.#places[i]! >= 0) {
        ownStarts[this.#places[i]!] = value
        ownEnds[this.#places[i]!] = next
      }
      offset = next
    }
    return offset
  }
}

function wordsOf(key: Uint8Array): number[] {
  const { length } = key
  const view = new DataView(key.buffer, key.byteOffset, length)
  return Array.from({ length: Math.ceil(length / 4) }, (_, i) => view.getInt32(Math.min(i * 4, length - 4), true))
}
