import type { ByteAutomaton } from '../../processor-helper/byte-automaton.ts'
import type { Factor } from '../../processor-helper/pattern-factors.ts'
import { createFactorScanner, type FactorScanner, factorTables } from './scan/factor-scanner.ts'

/** A match no longer than this is looked for around its factor; for longer ones the factor has to do. */
const matchMax = 64

/**
 * Where in a request a value may match one of the user's patterns: one search over all bytes for what every match has in
 * it, before anybody knows which field a byte stands in.
 */
export class ValueHits {
  readonly #factors: readonly Factor[]
  readonly #automaton: ByteAutomaton
  readonly #scanner: FactorScanner
  #hits = new Uint32Array(256)
  #length = 0
  #at = 0
  count = 0

  /** `automaton` is that of the patterns of which `factors` are. */
  constructor(factors: readonly Factor[], automaton: ByteAutomaton) {
    this.#factors = factors
    this.#automaton = automaton
    this.#scanner = createFactorScanner(factorTables(factors))
  }

  search(bytes: Uint8Array): void {
    const scanner = this.#scanner
    scanner.find(bytes)
    const { found } = scanner
    if (this.#hits.length < scanner.count) this.#hits = new Uint32Array(found.length)
    this.#length = bytes.length
    this.#at = 0
    this.count = 0
    for (let i = 0; i < scanner.count; i++) if (this.#mayMatch(bytes, found[i]!)) this.#hits[this.count++] = found[i]!
  }

  /** Whether a factor that ends at `last` may be part of a match. */
  #mayMatch(bytes: Uint8Array, last: number): boolean {
    let reach = 0
    for (const factor of this.#factors) {
      if (!endsAt(factor, bytes, last)) continue
      if (factor.matchMax > matchMax) return true
      reach = Math.max(reach, factor.matchMax)
    }
    // A match with the factor in it lies between these.
    return reach > 0 && this.#automaton.find(bytes, Math.max(0, last + 1 - reach), Math.min(bytes.length, last + reach))
  }

  /** Whether one lies in `[start, end)` of the request; fastest when asked with ascending ranges. */
  isIn(start: number, end: number): boolean {
    const hits = this.#hits
    let at = this.#at
    while (at > 0 && hits[at - 1]! >= start) at--
    while (at < this.count && hits[at]! < start) at++
    this.#at = at
    return at < this.count && hits[at]! < end
  }

  /** The same for a value of a view, which may have been written behind the request: then it may always match. */
  isInValue(start: number, end: number): boolean {
    return start >= this.#length || this.isIn(start, end)
  }
}

function endsAt({ places }: Factor, bytes: Uint8Array, last: number): boolean {
  const first = last + 1 - places.length
  if (first < 0) return false
  for (let i = 0; i < places.length; i++) if (places[i]![bytes[first + i]!] === 0) return false
  return true
}
