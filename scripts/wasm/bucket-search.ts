import { bytesOf } from '../../src/processors/redaction/scan/literals.ts'
import type { SeededRandom } from '../../src/testkit/seeded-random.ts'

/** How much worse a step may make what a search goes on from, as a fraction of all hits. */
const worseMax = 0.01

/** Literals by bucket. */
export type Placement = readonly (readonly string[])[]

/** A bucket, and the literals that it would have. */
type Change = readonly [bucket: number, literals: readonly string[]]

/**
 * Looks for buckets that hit few places of a sample. The scanner compares halves of bytes, so that a bucket hits whatever mixes
 * the halves of its literals: which of them stand together decides how much it hits by chance.
 */
export class BucketSearch {
  readonly #runs: Runs
  readonly #literals: readonly string[]
  readonly #random: SeededRandom
  #buckets: string[][] = []
  /** By bucket, the runs that it hits. */
  #hit: Uint32Array[] = []
  #hits = 0

  /** Of buckets with `literals`; `random` decides what is tried. */
  constructor(sample: Uint8Array, literals: readonly string[], random: SeededRandom) {
    this.#runs = new Runs(sample, literals)
    this.#literals = literals
    this.#random = random
  }

  /** Places of the sample that any bucket of `placement` hits. */
  hits(placement: Placement): number {
    this.#take(placement)
    return this.#hits
  }

  /** `kept` without what is no literal any more, and each that it has not where it adds least. */
  place(kept: Placement): Placement {
    const wanted = new Set(this.#literals)
    this.#take(kept.map(bucket => bucket.filter(literal => wanted.has(literal))))
    const placed = new Set(this.#buckets.flat())
    this.#putAll(this.#literals.filter(literal => !placed.has(literal)))
    return this.#copy()
  }

  /**
   * Takes a few literals out and puts each back where it adds least, `steps` times, and goes on from what is better or, at first,
   * little worse; then moves and swaps single ones until none of that is better. No worse than `start`.
   */
  improve(start: Placement, steps: number): Placement {
    this.#take(start)
    let best = this.#copy()
    let least = this.#hits
    for (let step = 0; step < steps; step++) {
      const before = this.#copy()
      const limit = this.#hits + least * worseMax * (1 - step / steps) * this.#random.next()
      const out = new Set(this.#someLiterals())
      this.#take(before.map(bucket => bucket.filter(literal => !out.has(literal))))
      this.#putAll(this.#random.shuffle([...out]))
      if (this.#hits > limit) this.#take(before)
      if (this.#hits >= least) continue
      best = this.#copy()
      least = this.#hits
    }
    this.#take(best)
    while (this.#descend());
    return this.#copy()
  }

  /** Any few, or what two buckets have. */
  #someLiterals(): readonly string[] {
    const [one, other] = this.#random.shuffle([...this.#buckets])
    if (this.#random.chance(0.2)) return [...one!, ...other!]
    return this.#random.shuffle([...this.#literals]).slice(0, 1 + this.#random.below(8))
  }

  #putAll(literals: readonly string[]): void {
    for (const literal of literals) {
      const changes = this.#buckets.map((bucket, i): Change => [i, [...bucket, literal]])
      const hits = changes.map(change => this.#hitsWith([change]))
      this.#make([changes[hits.indexOf(Math.min(...hits))]!])
    }
  }

  /** Makes each move and each swap that is better; false where none is. */
  #descend(): boolean {
    const literals = this.#literals
    const before = this.#hits
    const takeIfBetter = (change: readonly Change[] | undefined) => {
      if (change !== undefined && this.#hitsWith(change) < this.#hits) this.#make(change)
    }
    for (const [i, one] of literals.entries()) {
      for (let to = 0; to < this.#buckets.length; to++) takeIfBetter(this.#move(one, to))
      for (const other of literals.slice(i + 1)) takeIfBetter(this.#swap(one, other))
    }
    return this.#hits < before
  }

  #move(literal: string, to: number): Change[] | undefined {
    const from = this.#bucketOf(literal)
    if (from === to || this.#buckets[from]!.length === 1) return undefined
    return [
      [from, this.#buckets[from]!.filter(each => each !== literal)],
      [to, [...this.#buckets[to]!, literal]],
    ]
  }

  #swap(one: string, other: string): Change[] | undefined {
    const a = this.#bucketOf(one)
    const b = this.#bucketOf(other)
    if (a === b) return undefined
    return [
      [a, [...this.#buckets[a]!.filter(each => each !== one), other]],
      [b, [...this.#buckets[b]!.filter(each => each !== other), one]],
    ]
  }

  #bucketOf(literal: string): number {
    return this.#buckets.findIndex(bucket => bucket.includes(literal))
  }

  #hitsWith(changes: readonly Change[]): number {
    const hit = [...this.#hit]
    for (const [bucket, literals] of changes) hit[bucket] = this.#runs.hitBy(literals)
    return this.#runs.countAny(hit)
  }

  #make(changes: readonly Change[]): void {
    for (const [bucket, literals] of changes) {
      this.#buckets[bucket] = [...literals]
      this.#hit[bucket] = this.#runs.hitBy(literals)
    }
    this.#hits = this.#runs.countAny(this.#hit)
  }

  #take(placement: Placement): void {
    this.#buckets = []
    this.#hit = []
    this.#make(placement.map((literals, i) => [i, literals]))
  }

  #copy(): Placement {
    return this.#buckets.map(bucket => [...bucket])
  }
}

/** The runs of four bytes of a sample that some bucket may hit, with how often they come: sets of them are bits, 32 in a word. */
class Runs {
  /** The most frequent first, so that high powers of two are sought in few words. */
  readonly #counts: readonly number[]
  readonly #wordCount: number
  /** By place, half of a byte and its value: the runs that have it there. */
  readonly #withHalf: Uint32Array[] = []
  /** By power of two: the runs whose count has it, up to the last of them. */
  readonly #withPower: Uint32Array[] = []
  readonly #anyOf = new Map<number, Uint32Array>()
  readonly #halves = new Map<string, readonly number[]>()

  constructor(sample: Uint8Array, literals: readonly string[]) {
    const counts = new Map<number, number>()
    const view = new DataView(sample.buffer, sample.byteOffset, sample.byteLength)
    const valuesOfAll = this.#valuesOf(literals)
    for (let at = 0; at + 4 <= sample.length; at++) {
      const run = view.getUint32(at)
      if (valuesOfAll.some((values, half) => ((values >> ((run >>> shiftOf(half)) & 15)) & 1) === 0)) continue
      counts.set(run, (counts.get(run) ?? 0) + 1)
    }
    const runs = [...counts].sort(([, a], [, b]) => b - a)
    this.#counts = runs.map(([, count]) => count)
    this.#wordCount = Math.ceil(runs.length / 32)
    const setOf = (has: (run: number, count: number) => boolean) => {
      const set = new Uint32Array(this.#wordCount)
      runs.forEach(([run, count], i) => {
        if (has(run, count)) set[i >> 5]! |= 1 << (i & 31)
      })
      return set
    }
    for (let half = 0; half < 8; half++)
      for (let value = 0; value < 16; value++)
        this.#withHalf.push(setOf(run => ((run >>> shiftOf(half)) & 15) === value))
    for (let power = 1; power <= this.#counts[0]!; power *= 2) {
      const last = this.#counts.findLastIndex(count => count >= power)
      this.#withPower.push(setOf((_, count) => (count & power) !== 0).subarray(0, (last >> 5) + 1))
    }
  }

  /** The runs that a bucket with these literals hits. */
  hitBy(literals: readonly string[]): Uint32Array {
    const hit = new Uint32Array(this.#wordCount).fill(0xffffffff)
    this.#valuesOf(literals).forEach((values, half) => {
      if (values === 0xffff) return
      const either = this.#withAny(half, values)
      for (let i = 0; i < hit.length; i++) hit[i]! &= either[i]!
    })
    return hit
  }

  /** The runs that have any of the values there: remembered, for most steps of a search change few of them. */
  #withAny(half: number, values: number): Uint32Array {
    const key = (half << 16) | values
    let any = this.#anyOf.get(key)
    if (any === undefined) {
      any = new Uint32Array(this.#wordCount)
      for (let value = 0; value < 16; value++) {
        if (((values >> value) & 1) === 0) continue
        const set = this.#withHalf[half * 16 + value]!
        for (let i = 0; i < set.length; i++) any[i]! |= set[i]!
      }
      if (this.#anyOf.size >= rememberedMax) this.#anyOf.clear()
      this.#anyOf.set(key, any)
    }
    return any
  }

  /** How often the runs come that are in any of the sets. */
  countAny(sets: readonly Uint32Array[]): number {
    const any = new Uint32Array(this.#wordCount)
    for (const set of sets) for (let i = 0; i < any.length; i++) any[i]! |= set[i]!
    let count = 0
    this.#withPower.forEach((set, power) => {
      let ones = 0
      for (let i = 0; i < set.length; i++) ones += bitCount(set[i]! & any[i]!)
      count += ones * 2 ** power
    })
    return count
  }

  #valuesOf(literals: readonly string[]): readonly number[] {
    const values = new Array<number>(8).fill(0)
    for (const literal of literals) {
      for (const [half, bits] of this.#halvesOf(literal).entries()) values[half]! |= bits
    }
    return values
  }

  /** By place, first the high and then the low half of its bytes: a bit for each value. */
  #halvesOf(literal: string): readonly number[] {
    let halves = this.#halves.get(literal)
    if (halves === undefined) {
      halves = Array.from({ length: 8 }, (_, half) =>
        bytesOf(literal, half >> 1).reduce((bits, byte) => bits | (1 << ((half & 1) === 0 ? byte >> 4 : byte & 15)), 0),
      )
      this.#halves.set(literal, halves)
    }
    return halves
  }
}

const rememberedMax = 4096

/** Of a run whose first byte is the highest. */
const shiftOf = (half: number) => 28 - 4 * half

function bitCount(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555)
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333)
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
}
