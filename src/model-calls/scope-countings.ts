import * as otlp from '../pdata/otlp-fields.ts'
import type { ScopeView } from '../pdata/views.ts'
import { hashRange, hashSeed } from './byte-hash.ts'
import { type CacheCounting, scopeCounting } from './usage.ts'

const rememberedMax = 1024

/** Scopes, by how they begin, that write a cost of zero for a model whose price they do not know. */
const zeroCostScopes = ['openlit']

/** Scopes that do so too, but also for answers from their own cache: only of a model that nobody knows it says nothing. */
const doubtfulZeroScopes = new Set(['litellm'])

/** Scopes that write counts of zero for a stream whose usage nobody asked for. */
const zeroUsageScopes = new Set([
  'org.springframework.boot',
  'logfire.openai_agents',
  'openinference.instrumentation.openai_agents',
  'opentelemetry.instrumentation.openai_agents',
])

/** Scopes, by how they begin, of programs that serve models on one's own machines. */
const ownServerScopes = ['vllm.']

/** Scopes whose log records say more of each call than its span does, and not which span that is. */
const eventScopes = new Set(['gemini-cli'])

/** What is known of how an instrumentation scope reports. */
export interface ScopeHabits {
  readonly counting: CacheCounting
  /** Whether nothing of what follows is so. */
  readonly isOrdinary: boolean
  /** Whether a cost of zero on a call of the scope says nothing; whether it says nothing if the model is unknown. */
  readonly zeroCostIsUnknown: boolean
  readonly zeroCostIsDoubtful: boolean
  /** Whether counts of zero say nothing. */
  readonly zeroUsageIsUnknown: boolean
  /** Whether nobody sells what a call takes. */
  readonly isOwnServer: boolean
  /** Whether log records report each call, too. */
  readonly hasEvents: boolean
  /** How versions of it begin that add the usage of a call before to that of the next; empty for none. */
  readonly cumulativeVersion: string
}

/** How the calls of each instrumentation scope count cached tokens, remembered by the name's raw bytes. */
export class ScopeCountings {
  /** 32 bits of the name's bytes. Valid after `of`. */
  hash = 0
  /** Of the scope that `of` was asked about last. */
  habits: ScopeHabits
  /** Whether a call of it may count those before it again. */
  isCumulative = false
  readonly #general: CacheCounting
  readonly #own: ReadonlyMap<string, CacheCounting>
  readonly #known = new Map<number, ScopeHabits>()

  /** `general` holds for all scopes that `own` does not name; `auto` asks what is known of each. */
  constructor(general: CacheCounting, own: ReadonlyMap<string, CacheCounting> = new Map()) {
    this.#general = general
    this.#own = own
    this.habits = this.#habitsOf('')
  }

  of(scope: ScopeView): CacheCounting {
    const { message } = scope
    const start = message.valueStart(otlp.scopeName)
    const end = message.valueEnd(otlp.scopeName)
    const { view } = message.workspace
    this.hash = hashRange(hashSeed, view, start, end)
    const key = (this.hash >>> 0) + (hashRange(~hashSeed, view, start, end) & 0x1fffff) * 0x1_0000_0000
    let habits = this.#known.get(key)
    if (habits === undefined) {
      habits = this.#habitsOf(scope.name)
      if (this.#known.size >= rememberedMax) this.#known.clear()
      this.#known.set(key, habits)
    }
    this.habits = habits
    const { cumulativeVersion } = habits
    this.isCumulative = cumulativeVersion !== '' && scope.version.startsWith(cumulativeVersion)
    return habits.counting
  }

  #habitsOf(name: string): ScopeHabits {
    const peculiar = {
      zeroCostIsUnknown: zeroCostScopes.some(start => name.startsWith(start)),
      zeroCostIsDoubtful: doubtfulZeroScopes.has(name),
      zeroUsageIsUnknown: zeroUsageScopes.has(name),
      hasEvents: eventScopes.has(name),
      isOwnServer: ownServerScopes.some(start => name.startsWith(start)),
      // Spring AI 1, which needs Boot 3.
      cumulativeVersion: name === 'org.springframework.boot' ? '3.' : '',
    }
    return {
      ...peculiar,
      counting: this.#own.get(name) ?? (this.#general === 'auto' ? scopeCounting(name) : this.#general),
      isOrdinary: Object.values(peculiar).every(habit => habit === false || habit === ''),
    }
  }
}
