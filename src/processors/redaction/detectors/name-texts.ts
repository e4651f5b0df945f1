import { latin1 } from './text-bytes.ts'

const entryCount = 2048
const nameBytesMax = 64

/**
 * Names as text, the same few of which come again and again: the very string of last time, whose hash is known, costs a
 * fifth of a new one and of looking that up in a map. Each place holds the last name that fell to it.
 */
export class NameTexts {
  readonly #texts: string[] = new Array<string>(entryCount).fill('')

  /** `latin1` of a range. */
  get(bytes: Uint8Array, from: number, to: number): string {
    const length = to - from
    if (length > nameBytesMax) return latin1(bytes, from, to)
    let hash = length
    for (let i = from; i < to; i++) hash = (Math.imul(hash, 31) + bytes[i]!) | 0
    const place = (hash ^ (hash >>> 11)) & (entryCount - 1)
    const known = this.#texts[place]!
    if (known.length === length && isSame(known, bytes, from)) return known
    const text = latin1(bytes, from, to)
    this.#texts[place] = text
    return text
  }
}

function isSame(text: string, bytes: Uint8Array, from: number): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) !== bytes[from + i]) return false
  return true
}
