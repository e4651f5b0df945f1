import type { KeyTable } from './detectors/key-table.ts'
import { latin1 } from './detectors/text-bytes.ts'

const entryCount = 4096

/** Set beside a name's flags where it names a national id. */
export const namesNationalId = 1 << 30

/** What names say, by their bytes: a string and a map look-up for each would cost ten times as much. */
export class NameFlags {
  readonly #keys: KeyTable
  readonly #hashes = new Int32Array(entryCount)
  readonly #checks = new Int32Array(entryCount)
  readonly #flags = new Int32Array(entryCount)

  constructor(keys: KeyTable) {
    this.#keys = keys
  }

  /** The flags of the name in `bytes[from, to)`. Two hashes of 32 bits tell names apart. */
  get(bytes: Uint8Array, from: number, to: number): number {
    let hash = 0x811c9dc5 | 0
    let check = (to - from) | 0
    for (let i = from; i < to; i++) {
      const byte = bytes[i]!
      hash = Math.imul(hash ^ byte, 0x01000193)
      check = Math.imul(check ^ byte, 0x85ebca6b) + (check >>> 15)
    }
    const at = (hash ^ (hash >>> 15)) & (entryCount - 1)
    if (this.#hashes[at] === hash && this.#checks[at] === check) return this.#flags[at]!
    const info = this.#keys.get(latin1(bytes, from, to))
    const flags = info.flags | (info.nationalIds === 0 ? 0 : namesNationalId)
    this.#hashes[at] = hash
    this.#checks[at] = check
    this.#flags[at] = flags
    return flags
  }
}
