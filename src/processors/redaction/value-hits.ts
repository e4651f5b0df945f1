import { ByteAutomaton } from '../../processor-helper/byte-automaton.ts'
import { type Factor, patternFactors } from '../../processor-helper/pattern-factors.ts'
import { createFactorScanner, type FactorScanner, factorTables } from './scan/factor-scanner.ts'

/** A match no longer than this is looked for around its factor; for longer ones the factor has to do. */
const matchMax = 64

/** For these patterns; undefined without any, or where one of them may match what no search finds. */
export function hitsOf(patterns: readonly string[]): ValueHits | undefined {
  const factors = patternFactors(patterns)
  return factors && new ValueHits(factors, ByteAutomaton.of(patterns))
}

/**
 * Where in a request a value may match one of the user's patterns: one search over all bytes for what every match has in
 * it, before anybody knows which field a byte stands in.
 */
export class ValueHits {
  readonly #factors: readonly Factor[]
  readonly #automaton: ByteAutomaton | undefined
  readonly #scanner: FactorScanner
  #hits = new Uint32Array(256)
  #length = 0
  #at = 0
  count = 0

  /** `automaton` is that of the patterns of which `factors` are; without one the factor has to do. */
  constructor(factors: readonly Factor[], automaton: ByteAutomaton | undefined) {
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
    const automaton = this.#automaton
    let reach = 0
    for (const factor of this.#factors) {
      if (!endsAt(factor, bytes, last)) continue
      if (factor.matchMax > matchMax || automaton === undefined) return true
      reach = Math.max(reach, factor.matchMax)
    }
    // A match with the factor in it lies between these.
    if (reach === 0 || automaton === undefined) return false
    return automaton.find(bytes, Math.max(0, last + 1 - reach), Math.min(bytes.length, last + reach))
  }

  /** The places found, ascending; good until the next search. */
  get offsets(): Uint32Array {
    return this.#hits.subarray(0, this.count)
  }

  /** Adds the places where edits begin: what takes their place was not searched. */
  addEdits(edits: readonly { readonly start: number }[]): void {
    if (edits.length === 0) return
    const all = new Uint32Array(this.count + edits.length)
    all.set(this.offsets)
    for (const [i, { start }] of edits.entries()) all[this.count + i] = start
    this.#hits = all.sort()
    this.count = all.length
    this.#at = 0
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
