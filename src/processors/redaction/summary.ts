import { AttributeKey } from '../../pdata/attribute-key.ts'
import type { AttributeList } from '../../pdata/attribute-list.ts'
import { encodeInt, encodeString, ValueReader } from '../../pdata/value.ts'
import type { Outcome } from './collector-rules.ts'

const outcomes: readonly Outcome[] = ['redacted', 'masked', 'allowed', 'ignored']
const reader = new ValueReader()

interface SummaryKeys {
  readonly keys: AttributeKey
  readonly count: AttributeKey
}

function keysFor(prefix: string): ReadonlyMap<Outcome, SummaryKeys> {
  return new Map(
    outcomes.map(outcome => [
      outcome,
      { keys: new AttributeKey(`${prefix}.${outcome}.keys`), count: new AttributeKey(`${prefix}.${outcome}.count`) },
    ]),
  )
}

/** What one list of attributes went through, for the Collector's `redaction.*` attributes. */
export class Summary {
  readonly #level: 'debug' | 'info' | 'silent'
  readonly #attributes: ReadonlyMap<Outcome, SummaryKeys>
  readonly #names = new Map<Outcome, string[]>()

  constructor(level: 'debug' | 'info' | 'silent', prefix: string) {
    this.#level = level
    this.#attributes = keysFor(prefix)
  }

  clear(): void {
    this.#names.clear()
  }

  add(outcome: Outcome, name: string): void {
    const names = this.#names.get(outcome)
    if (names === undefined) this.#names.set(outcome, [name])
    else names.push(name)
  }

  /** Adds to what an earlier processor wrote: counts add up, names merge. */
  write(attributes: AttributeList): void {
    if (this.#level === 'silent') return
    for (const [outcome, names] of this.#names) {
      const { keys, count } = this.#attributes.get(outcome)!
      attributes.set(count, encodeInt(this.#existingCount(attributes, count) + BigInt(names.length)))
      if (this.#level !== 'debug' || outcome === 'ignored') continue
      const earlier = this.#existingText(attributes, keys)
      const merged = new Set([...(earlier === '' ? [] : earlier.split(',')), ...names])
      attributes.set(keys, encodeString([...merged].sort().join(',')))
    }
  }

  #existingCount(attributes: AttributeList, key: AttributeKey): bigint {
    const index = attributes.find(key)
    if (index < 0) return 0n
    reader.reset(attributes.bytes, attributes.valueStart(index), attributes.valueEnd(index))
    const value = reader.toJs()
    return typeof value === 'bigint' ? value : 0n
  }

  #existingText(attributes: AttributeList, key: AttributeKey): string {
    const index = attributes.find(key)
    if (index < 0) return ''
    reader.reset(attributes.bytes, attributes.valueStart(index), attributes.valueEnd(index))
    const value = reader.toJs()
    return typeof value === 'string' ? value : ''
  }
}
