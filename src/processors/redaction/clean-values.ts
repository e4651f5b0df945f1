const valueBytesMax = 256
const entryCount = 512

/**
 * Values in which nothing was found, by their bytes and their key: user agents, statements and lines of logs come again and
 * again. Each place holds the last value that fell to it, so that none of it grows, and all bytes are compared.
 */
export class CleanValues {
  #texts = new Uint8Array(0)
  readonly #lengths = new Uint16Array(entryCount)
  readonly #keys = new Array<string>(entryCount).fill('')
  #place = 0

  has(bytes: Uint8Array, start: number, end: number, key: string): boolean {
    const length = end - start
    if (length > valueBytesMax || length === 0) return false
    this.#place = placeOf(bytes, start, end)
    if (this.#lengths[this.#place] !== length || this.#keys[this.#place] !== key) return false
    const from = this.#place * valueBytesMax - start
    for (let i = start; i < end; i++) if (this.#texts[from + i] !== bytes[i]) return false
    return true
  }

  /** Remembers the value that `has` was last asked about. */
  add(bytes: Uint8Array, start: number, end: number, key: string): void {
    if (end - start > valueBytesMax) return
    if (this.#texts.length === 0) this.#texts = new Uint8Array(entryCount * valueBytesMax)
    const from = this.#place * valueBytesMax - start
    for (let i = start; i < end; i++) this.#texts[from + i] = bytes[i]!
    this.#lengths[this.#place] = end - start
    this.#keys[this.#place] = key
  }
}

function placeOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = end - start
  let i = start
  for (; i + 4 <= end; i += 4) {
    const word = bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24)
    hash = Math.imul(hash ^ word, 0x85ebca6b)
    hash ^= hash >>> 15
  }
  for (; i < end; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193)
  return (hash ^ (hash >>> 13)) & (entryCount - 1)
}
