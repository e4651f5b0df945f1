/** Types of a Jaeger tag, as api_v2 numbers them; thrift's are translated. */
export const tagString = 0
export const tagBool = 1
export const tagInt = 2
export const tagDouble = 3
export const tagBytes = 4

/** Any other type, whose number is then the value. */
export const tagUnknown = 5

const emptyBytes = new Uint8Array(0)

/**
 * One tag being read: ranges of the source and scalars, in whatever order they come and whatever values come beside the
 * one that the type names. After `select` the value is in `start` and `end`, `low` and `high`, or `bool`. Reused for
 * every tag.
 */
export class JaegerTag {
  source: Uint8Array = emptyBytes
  keyStart = 0
  keyEnd = 0
  type = tagString
  /** String or binary. */
  start = 0
  end = 0
  /** Integer or bits of a double. */
  low = 0
  high = 0
  bool = false
  #bytesStart = 0
  #bytesEnd = 0
  #doubleLow = 0
  #doubleHigh = 0

  reset(source: Uint8Array): this {
    this.source = source
    this.keyStart = 0
    this.keyEnd = 0
    this.start = 0
    this.end = 0
    this.low = 0
    this.high = 0
    this.bool = false
    this.#bytesStart = 0
    this.#bytesEnd = 0
    this.#doubleLow = 0
    this.#doubleHigh = 0
    return this
  }

  setKey(start: number, end: number): void {
    this.keyStart = start
    this.keyEnd = end
  }

  setString(start: number, end: number): void {
    this.start = start
    this.end = end
  }

  setBytes(start: number, end: number): void {
    this.#bytesStart = start
    this.#bytesEnd = end
  }

  setInt(low: number, high: number): void {
    this.low = low
    this.high = high
  }

  setDouble(low: number, high: number): void {
    this.#doubleLow = low
    this.#doubleHigh = high
  }

  /** Completes the tag: `type` says which of the values counts. */
  select(type: number, typeNumber: number): void {
    this.type = type
    if (type === tagBytes) {
      this.start = this.#bytesStart
      this.end = this.#bytesEnd
    } else if (type === tagDouble) {
      this.low = this.#doubleLow
      this.high = this.#doubleHigh
    } else if (type === tagUnknown) this.low = typeNumber
  }

  hasKey(key: Uint8Array): boolean {
    return isSame(this.source, this.keyStart, this.keyEnd, key)
  }
}

export function isSame(source: Uint8Array, start: number, end: number, expected: Uint8Array): boolean {
  if (end - start !== expected.length) return false
  for (let i = 0; i < expected.length; i++) if (source[start + i] !== expected[i]) return false
  return true
}
