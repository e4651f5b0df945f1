import * as otlp from '../pdata/otlp-fields.ts'
import type { ScopeView } from '../pdata/views.ts'
import { hashRange, hashSeed } from './byte-hash.ts'
import { type CacheCounting, scopeCounting } from './usage.ts'

const rememberedMax = 1024

/** How the calls of each instrumentation scope count cached tokens, remembered by the name's raw bytes. */
export class ScopeCountings {
  /** 32 bits of the name's bytes. Valid after `of`. */
  hash = 0
  readonly #general: CacheCounting
  readonly #own: ReadonlyMap<string, CacheCounting>
  readonly #known = new Map<number, CacheCounting>()

  /** `general` holds for all scopes that `own` does not name; `auto` asks what is known of each. */
  constructor(general: CacheCounting, own: ReadonlyMap<string, CacheCounting> = new Map()) {
    this.#general = general
    this.#own = own
  }

  of(scope: ScopeView): CacheCounting {
    const { message } = scope
    const start = message.valueStart(otlp.scopeName)
    const end = message.valueEnd(otlp.scopeName)
    const { view } = message.workspace
    this.hash = hashRange(hashSeed, view, start, end)
    const key = (this.hash >>> 0) + (hashRange(~hashSeed, view, start, end) & 0x1fffff) * 0x1_0000_0000
    let counting = this.#known.get(key)
    if (counting === undefined) {
      const { name } = scope
      counting = this.#own.get(name) ?? (this.#general === 'auto' ? scopeCounting(name) : this.#general)
      if (this.#known.size >= rememberedMax) this.#known.clear()
      this.#known.set(key, counting)
    }
    return counting
  }
}
