import { isSpace } from './detectors/text-bytes.ts'

const quote = 0x22
const backslash = 0x5c

/**
 * Says where in JSON an offset lies: inside a string, or where a bare number stands, and behind how many backslashes the
 * quotes are there. Asked with ascending offsets of one text, it goes over the text once.
 */
export class JsonPosition {
  #bytes: Uint8Array = new Uint8Array(0)
  #at = 0
  #end = 0
  /** Whether the text begins like JSON. */
  isJson = false
  /** Backslashes before the quotes of the strings that the offset is in, outermost first. */
  readonly #open: number[] = []
  /** Backslashes before the quotes at the present level, where a string may begin; -1 in text that is no JSON. */
  #level = -1

  reset(bytes: Uint8Array, start: number, end: number): void {
    this.#bytes = bytes
    this.#end = end
    this.#at = start
    this.#open.length = 0
    let at = start
    while (at < end && isSpace(bytes[at]!)) at++
    this.isJson = bytes[at] === 0x7b || bytes[at] === 0x5b
    this.#level = this.isJson ? this.#firstLevel(at + 1) : -1
  }

  /** Backslashes before the quotes that a value at `offset` needs, -1 where it stands inside a string or outside of JSON. */
  quotesAt(offset: number): number {
    if (!this.isJson) return -1
    const bytes = this.#bytes
    const stop = Math.min(offset, this.#end)
    let run = 0
    for (; this.#at < stop; this.#at++) {
      const byte = bytes[this.#at]!
      if (byte === backslash) {
        run++
        continue
      }
      if (byte === quote) this.#quote(run)
      run = 0
    }
    // Backslashes right before the offset are read again with what follows them.
    this.#at -= run
    return this.#level
  }

  /** Backslashes before the first quote behind the brackets at `from`: a part of a longer text may be escaped as a whole. */
  #firstLevel(from: number): number {
    const bytes = this.#bytes
    let at = from
    while (at < this.#end && (isSpace(bytes[at]!) || bytes[at] === 0x7b || bytes[at] === 0x5b)) at++
    let slashes = 0
    while (at + slashes < this.#end && bytes[at + slashes] === backslash) slashes++
    return bytes[at + slashes] === quote ? slashes : 0
  }

  #quote(slashes: number): void {
    const open = this.#open
    const innermost = open.at(-1)
    if (this.#level >= 0 && slashes === this.#level) {
      open.push(slashes)
      this.#level = this.#levelOfContent(slashes)
      return
    }
    if (innermost === undefined) return
    // A quote with as many backslashes as an open string has closes it and all strings inside.
    const index = open.lastIndexOf(slashes)
    if (index < 0) return
    open.length = index
    this.#level = slashes
  }

  /** A string whose content begins like JSON holds JSON, one escape deeper. */
  #levelOfContent(slashes: number): number {
    const bytes = this.#bytes
    let at = this.#at + 1
    while (at < this.#end && isSpace(bytes[at]!)) at++
    return bytes[at] === 0x7b || bytes[at] === 0x5b ? slashes * 2 + 1 : -1
  }
}
