import { describeKey } from './describe-key.ts'
import type { KeyInfo } from './key-flags.ts'
import { tableEntriesMax } from './name-words.ts'

/** Remembers what names say; bounded, because names may come from anyone. */
export class KeyTable {
  readonly #byName = new Map<string, KeyInfo>()
  readonly #describe: (name: string) => KeyInfo

  constructor(describe: (name: string) => KeyInfo = describeKey) {
    this.#describe = describe
  }

  get(name: string): KeyInfo {
    let info = this.#byName.get(name)
    if (info === undefined) {
      info = this.#describe(name)
      if (this.#byName.size >= tableEntriesMax) this.#byName.clear()
      this.#byName.set(name, info)
    }
    return info
  }
}
