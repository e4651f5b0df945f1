import type { KeyTable } from './detectors/key-table.ts'
import { pairFlags } from './detectors/name-value-pairs.ts'
import { contextual } from './detectors/numbers.ts'
import { isDigit, latin1 } from './detectors/text-bytes.ts'
import { mayEndName } from './prefilter-names.ts'

const nameBytesMax = 64
/** Tags, lengths and a short key may stand between two values that belong together. */
const reachBytes = 32
const option = /^--?[A-Za-z][\w-]*$/
const nameKeys = /(?:^|[._])(?:name|key|header|field|param|parameter|k)$/i
const valueKeys = /(?:^|[._])(?:value|values|val|v|content)$/i

/**
 * Pairs whose name and value are fields of their own: `["--password", "x"]`, a map of `name` and `value`. Values come in the
 * order of the bytes; what one says of the next is remembered until that has been looked at.
 */
export class PairMemory {
  readonly #keys: KeyTable
  #name = ''
  #isOption = false
  #key = ''
  #bytes: Uint8Array | undefined
  #end = 0

  constructor(keys: KeyTable) {
    this.#keys = keys
  }

  /** The name of the value in `bytes[start, end)` under `key`: that of its pair, or `key`. */
  keyOf(bytes: Uint8Array, start: number, end: number, key: string): string {
    if (this.#name !== '') {
      if (bytes !== this.#bytes || start < this.#end || start - this.#end > reachBytes) this.#forget()
      else if (this.#isOption && bytes[start] === 0x2d) this.#forget()
      else if (this.#isOption ? key === this.#key : valueKeys.test(key)) {
        const name = this.#name
        this.#forget()
        return name
      }
    }
    if (end - start <= nameBytesMax && end - start > 2) this.#note(bytes, start, end, key)
    return key
  }

  #forget(): void {
    this.#name = ''
    this.#bytes = undefined
  }

  #note(bytes: Uint8Array, start: number, end: number, key: string): void {
    const isDashed = bytes[start] === 0x2d
    if (!isDashed && !nameKeys.test(key)) return
    let last = end
    while (last > start && isDigit(bytes[last - 1]!)) last--
    // Most values are no names of others, and each would be described.
    if (!mayEndName(bytes, last)) return
    const text = latin1(bytes, start, end)
    if (isDashed && !option.test(text)) return
    const name = isDashed ? text.replace(/^-+/, '') : text
    const info = this.#keys.get(name)
    if ((info.flags & (pairFlags | contextual)) === 0 && info.nationalIds === 0) return
    this.#name = name
    this.#isOption = isDashed
    this.#key = key
    this.#bytes = bytes
    this.#end = end
  }
}
