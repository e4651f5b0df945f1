import { type LooseNode, readLoosely } from './loose-pattern.ts'

/** Larger patterns are left to the exact engine alone. */
const stepsMax = 4000
/** States kept at a time; then all are forgotten and made anew as they are needed. */
const statesMax = 1024
/** States made in one search before it says "perhaps": a search never costs more than a look at the bytes and these. */
const madeMax = 1024
/** A pattern that needs this many clearings is one that states do not help. */
const clearingsMax = 64

const unknown = -1
/** One for each byte: a look-up by class first would stand in the way of the next state. */
const columns = 256
const opSplit = 0
const opBytes = 1
const opMatch = 2

/**
 * A deterministic automaton over UTF-8 bytes, made state by state as texts need it, that rules texts out: where it finds
 * nothing, RE2 would find no match of one byte or more. What it finds may be nothing after all.
 *
 * Method: R. Cox, "Regular Expression Matching in the Wild" (lazy subset construction over byte classes).
 */
export class ByteAutomaton {
  readonly #ops: number[] = []
  readonly #firsts: number[] = []
  readonly #seconds: number[] = []
  readonly #sets: Uint8Array[] = []
  /** Steps for a match's first byte, of their own: what stands elsewhere belongs to a match under way. */
  readonly #start: readonly number[]
  /** The same where matches may begin anywhere; none where they begin with the text alone. */
  readonly #seeds: readonly number[]
  /** The state in which nothing may come any more. */
  #dead = unknown
  /** By byte: all bytes that no step tells from it. */
  readonly #alike: (readonly number[])[] = []
  /** By state and byte: the next state, `unknown`, or below it the next state behind a match. */
  #table = new Int32Array(0)
  readonly #states: Int32Array[] = []
  readonly #numbers = new Map<string, number>()
  readonly #marks: Int32Array
  #mark = 0
  readonly #stack: number[] = []
  #clearings = 0
  /** States made in this search. */
  #made = 0
  /** After `find`: the matches that it saw begin here or later. */
  from = 0
  /** After `find`: whatever begins before here ends here at the latest. */
  end = 0

  private constructor(nodes: readonly LooseNode[], isAnchored: boolean) {
    const starts = nodes.map(node => this.#compile(node, this.#step(opMatch, 0, 0)))
    this.#marks = new Int32Array(this.#ops.length * 2)
    this.#mark++
    const { steps } = this.#follow(starts)
    this.#start = steps.map(step => this.#step(opBytes, this.#firsts[step]!, this.#seconds[step]!))
    this.#seeds = isAnchored ? [] : this.#start
    this.#classify()
    this.#forget()
  }

  /**
   * Undefined where nothing would be gained: syntax that is not read, a pattern that matches nothing at all, a huge one. Where
   * `isAnchored` the matches of all patterns begin with the text: then `begins` is to be asked.
   */
  static of(sources: readonly string[], isAnchored = false): ByteAutomaton | undefined {
    const nodes: LooseNode[] = []
    let total = 0
    for (const source of sources) {
      const node = readLoosely(source)
      if (node === undefined || isNullable(node)) return undefined
      nodes.push(node)
      total += size(node)
    }
    return nodes.length === 0 || total > stepsMax ? undefined : new ByteAutomaton(nodes, isAnchored)
  }

  /** Whether anything in `bytes[start, end)` may match; then `from` and `end` say where the first such piece lies. */
  find(bytes: Uint8Array, start: number, end: number): boolean {
    let table = this.#table
    let state = 0
    this.#made = 0
    // One branch that is never taken: to ask for the first state at each byte costs more than all else, since nobody can
    // foretell where words end.
    for (let i = start; i < end; i++) {
      const next = table[state | bytes[i]!]!
      if (next >= 0) {
        state = next
        continue
      }
      const entry = next === unknown ? this.#make(state, bytes[i]!) : next
      table = this.#table
      if (entry === unknown) return this.#perhaps(start, end)
      if (entry < unknown) return this.#piece(bytes, start, i, end)
      state = entry
    }
    return false
  }

  /** Whether a match may begin at `start`, and, where `isWhole`, end at `end`. Most texts are done with in a few bytes. */
  begins(bytes: Uint8Array, start: number, end: number, isWhole: boolean): boolean {
    let state = 0
    this.#made = 0
    for (let i = start; i < end; i++) {
      let next = this.#table[state | bytes[i]!]!
      if (next === unknown) next = this.#make(state, bytes[i]!)
      if (next === unknown) return true
      if (next < unknown && (!isWhole || i === end - 1)) return true
      state = next < unknown ? -2 - next : next
      if (state === this.#dead) return false
    }
    return false
  }

  #perhaps(from: number, end: number): boolean {
    this.from = from
    this.end = end
    return true
  }

  /** Where the piece begins and ends in which the first match ends at `at`. */
  #piece(bytes: Uint8Array, start: number, at: number, end: number): boolean {
    let state = 0
    let from = start
    for (let i = start; i < end; i++) {
      let next = this.#table[state | bytes[i]!]!
      if (next === unknown) next = this.#make(state, bytes[i]!)
      if (next === unknown) return this.#perhaps(from, end)
      state = next < unknown ? -2 - next : next
      if (state !== 0) continue
      if (i >= at) return this.#perhaps(from, i + 1)
      from = i + 1
    }
    return this.#perhaps(from, end)
  }

  /** States kept now. */
  get stateCount(): number {
    return this.#states.length
  }

  #step(op: number, first: number, second: number): number {
    this.#ops.push(op)
    this.#firsts.push(first)
    this.#seconds.push(second)
    return this.#ops.length - 1
  }

  /** Steps that match `node` and go on at `next`; the first of them. */
  #compile(node: LooseNode, next: number): number {
    switch (node.kind) {
      case 'byte':
        this.#sets.push(node.set)
        return this.#step(opBytes, next, this.#sets.length - 1)
      case 'all':
        return node.of.reduceRight((after, part) => this.#compile(part, after), next)
      case 'any':
        return node.of.map(part => this.#compile(part, next)).reduce((all, part) => this.#step(opSplit, all, part))
      case 'repeat':
        return this.#compileRepeat(node.of, node, next)
    }
  }

  #compileRepeat(of: LooseNode, { min, max }: { min: number; max: number }, next: number): number {
    const copiesMax = repeatMax(of)
    let at = next
    if (max > copiesMax) {
      const loop = this.#step(opSplit, next, next)
      this.#firsts[loop] = this.#compile(of, loop)
      at = loop
    } else {
      for (let i = min; i < max; i++) at = this.#step(opSplit, this.#compile(of, at), next)
    }
    for (let i = 0; i < Math.min(min, copiesMax); i++) at = this.#compile(of, at)
    return at
  }

  /** Bytes that no step tells apart: what is found out for one holds for all. */
  #classify(): void {
    const classes = new Map<string, number[]>()
    for (let byte = 0; byte < columns; byte++) {
      const key = this.#sets.map(set => set[byte]).join('')
      const alike = classes.get(key) ?? []
      if (alike.length === 0) classes.set(key, alike)
      alike.push(byte)
      this.#alike.push(alike)
    }
  }

  #forget(): void {
    this.#states.length = 0
    this.#dead = unknown
    this.#numbers.clear()
    this.#table = new Int32Array(columns * 16).fill(unknown)
    this.#mark++
    this.#number(this.#follow(this.#start).steps)
  }

  /** The table's entry for what follows `state` on that byte, and on all that no step tells from it; `unknown` after too many. */
  #make(state: number, byte: number): number {
    if (++this.#made > madeMax || this.#clearings > clearingsMax) return unknown
    const steps = this.#states[state / columns]!
    const seeds = [...this.#seeds]
    for (const step of steps) if (this.#sets[this.#seconds[step]!]![byte] === 1) seeds.push(this.#firsts[step]!)
    this.#mark++
    const { steps: next, isMatch } = this.#follow(seeds)
    const isFull = this.#states.length >= statesMax
    if (isFull) {
      this.#clearings++
      this.#forget()
    }
    const number = this.#number(next) * columns
    const entry = isMatch ? -2 - number : number
    // After a clearing `state` is another state's place.
    if (!isFull) for (const like of this.#alike[byte]!) this.#table[state + like] = entry
    return entry
  }

  /** The steps that wait for a byte, and whether a match ends here. */
  #follow(seeds: readonly number[]): { steps: number[]; isMatch: boolean } {
    const steps: number[] = []
    let isMatch = false
    const stack = this.#stack
    stack.push(...seeds)
    while (stack.length > 0) {
      const step = stack.pop()!
      if (this.#marks[step] === this.#mark) continue
      this.#marks[step] = this.#mark
      const op = this.#ops[step]
      if (op === opBytes) steps.push(step)
      else if (op === opMatch) isMatch = true
      else stack.push(this.#firsts[step]!, this.#seconds[step]!)
    }
    return { steps: steps.sort((a, b) => a - b), isMatch }
  }

  #number(steps: readonly number[]): number {
    const key = steps.join()
    const known = this.#numbers.get(key)
    if (known !== undefined) return known
    const number = this.#states.length
    this.#states.push(Int32Array.from(steps))
    this.#numbers.set(key, number)
    if (steps.length === 0) this.#dead = number * columns
    if ((number + 1) * columns > this.#table.length) {
      const grown = new Int32Array(this.#table.length * 2).fill(unknown)
      grown.set(this.#table)
      this.#table = grown
    }
    return number
  }
}

/** Copies of a repeated part that are told apart; beyond, a count is taken as endless. */
function repeatMax(of: LooseNode): number {
  return Math.max(1, Math.floor(256 / size(of)))
}

function isNullable(node: LooseNode): boolean {
  if (node.kind === 'byte') return false
  if (node.kind === 'all') return node.of.every(isNullable)
  if (node.kind === 'any') return node.of.some(isNullable)
  return node.min === 0 || isNullable(node.of)
}

function size(node: LooseNode): number {
  if (node.kind === 'byte') return 1
  if (node.kind !== 'repeat') return node.of.reduce((sum, part) => sum + 1 + size(part), 1)
  const copies = Math.min(Number.isFinite(node.max) ? node.max : node.min + 1, repeatMax(node.of))
  return copies * (size(node.of) + 1) + 1
}
