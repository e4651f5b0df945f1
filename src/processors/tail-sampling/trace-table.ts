const none = -1

/** What a trace's state is; undecided traces have spans, decided ones are only remembered. */
export const undecided = 0
export const decidedKeep = 1
export const decidedDrop = 2

/**
 * Traces by id, in typed arrays: 16 bytes of id, a handful of numbers and no object for each. Slots are in order of arrival
 * in a list, so that the oldest is found at once. Hashing is by all integers of the id and factors that nobody outside knows:
 * not every sender's ids are random all over, and nobody can make ids that collide.
 */
export class TraceTable {
  readonly capacity: number
  /** Words of matched-policy bits per trace. */
  readonly hitWords: number
  readonly ids: Uint8Array
  readonly state: Uint8Array
  /** First of the trace's spans in the span index, -1 for none. */
  readonly firstSpan: Int32Array
  readonly lastSpan: Int32Array
  readonly spanCount: Int32Array
  readonly sizeBytes: Float64Array
  readonly arrivedMs: Float64Array
  /** When the decision is due; moves forward when the root arrives. */
  readonly dueMs: Float64Array
  readonly minStartMs: Float64Array
  readonly maxEndMs: Float64Array
  readonly cost: Float64Array
  readonly hits: Uint32Array
  /** Grows when a slot is given to another trace: whoever remembers a slot remembers this too. */
  readonly generation: Uint32Array
  readonly #buckets: Int32Array
  readonly #nextInBucket: Int32Array
  readonly #older: Int32Array
  readonly #younger: Int32Array
  readonly #bucketShift: number
  readonly #factorA = randomFactor()
  readonly #factorB = randomFactor()
  readonly #factorC = randomFactor()
  readonly #factorD = randomFactor()
  #oldest = none
  /** No older slot is undecided. */
  #undecidedFrom = none
  #youngest = none
  #free = none
  /** Slots from here on were never used: their memory is not touched before they are. */
  #used = 0
  #count = 0

  constructor(capacity: number, hitWords: number) {
    this.capacity = capacity
    this.hitWords = hitWords
    this.ids = new Uint8Array(capacity * 16)
    this.state = new Uint8Array(capacity)
    this.firstSpan = new Int32Array(capacity)
    this.lastSpan = new Int32Array(capacity)
    this.spanCount = new Int32Array(capacity)
    this.sizeBytes = new Float64Array(capacity)
    this.arrivedMs = new Float64Array(capacity)
    this.dueMs = new Float64Array(capacity)
    this.minStartMs = new Float64Array(capacity)
    this.maxEndMs = new Float64Array(capacity)
    this.cost = new Float64Array(capacity)
    this.hits = new Uint32Array(capacity * hitWords)
    this.generation = new Uint32Array(capacity)
    const bucketBits = Math.ceil(Math.log2(Math.max(16, capacity)))
    this.#bucketShift = 32 - bucketBits
    this.#buckets = new Int32Array(2 ** bucketBits).fill(none)
    this.#nextInBucket = new Int32Array(capacity)
    this.#older = new Int32Array(capacity)
    this.#younger = new Int32Array(capacity)
  }

  get count(): number {
    return this.#count
  }

  /** The slot that arrived first, -1 where there is none. */
  get oldest(): number {
    return this.#oldest
  }

  /** The slot of the oldest trace without a decision, -1 where there is none. */
  get oldestUndecided(): number {
    let slot = this.#undecidedFrom
    // A decision is for good: what was passed once is never looked at again.
    while (slot !== none && this.state[slot] !== undecided) slot = this.#younger[slot]!
    this.#undecidedFrom = slot
    return slot
  }

  /** The slot that arrived after this one. */
  younger(slot: number): number {
    return this.#younger[slot]!
  }

  /** The slot of the trace whose id stands at `start`, -1 where it is unknown. */
  find(bytes: Uint8Array, start: number): number {
    let slot = this.#buckets[this.#bucketOf(bytes, start)]!
    while (slot !== none && !this.#isId(slot, bytes, start)) slot = this.#nextInBucket[slot]!
    return slot
  }

  /** Gives the trace a slot; the caller has made room. */
  add(bytes: Uint8Array, start: number, nowMs: number): number {
    let slot = this.#free
    if (slot !== none) this.#free = this.#nextInBucket[slot]!
    else if (this.#used < this.capacity) slot = this.#used++
    else throw new Error('the table of traces is full')
    for (let i = 0; i < 16; i++) this.ids[slot * 16 + i] = bytes[start + i]!
    const bucket = this.#bucketOf(bytes, start)
    this.#nextInBucket[slot] = this.#buckets[bucket]!
    this.#buckets[bucket] = slot
    this.#older[slot] = this.#youngest
    this.#younger[slot] = none
    if (this.#youngest === none) this.#oldest = slot
    else this.#younger[this.#youngest] = slot
    this.#youngest = slot
    if (this.#undecidedFrom === none) this.#undecidedFrom = slot
    this.state[slot] = undecided
    this.firstSpan[slot] = none
    this.lastSpan[slot] = none
    this.spanCount[slot] = 0
    this.sizeBytes[slot] = 0
    this.arrivedMs[slot] = nowMs
    this.minStartMs[slot] = 0
    this.maxEndMs[slot] = 0
    this.cost[slot] = 0
    this.hits.fill(0, slot * this.hitWords, (slot + 1) * this.hitWords)
    this.#count++
    return slot
  }

  remove(slot: number): void {
    const bucket = this.#bucketOf(this.ids, slot * 16)
    if (this.#buckets[bucket] === slot) this.#buckets[bucket] = this.#nextInBucket[slot]!
    else {
      let before = this.#buckets[bucket]!
      while (this.#nextInBucket[before] !== slot) before = this.#nextInBucket[before]!
      this.#nextInBucket[before] = this.#nextInBucket[slot]!
    }
    const older = this.#older[slot]!
    const younger = this.#younger[slot]!
    if (older === none) this.#oldest = younger
    else this.#younger[older] = younger
    if (younger === none) this.#youngest = older
    else this.#older[younger] = older
    if (this.#undecidedFrom === slot) this.#undecidedFrom = younger
    this.generation[slot]!++
    this.#nextInBucket[slot] = this.#free
    this.#free = slot
    this.#count--
  }

  #bucketOf(bytes: Uint8Array, start: number): number {
    const left =
      (Math.imul(wordAt(bytes, start), this.#factorA) + Math.imul(wordAt(bytes, start + 4), this.#factorB)) | 0
    const right =
      (Math.imul(wordAt(bytes, start + 8), this.#factorC) + Math.imul(wordAt(bytes, start + 12), this.#factorD)) | 0
    const sum = (left + right) | 0
    return Math.imul(sum ^ (sum >>> 16), 0x9e3779b1) >>> this.#bucketShift
  }

  #isId(slot: number, bytes: Uint8Array, start: number): boolean {
    const own = slot * 16
    for (let i = 15; i >= 0; i--) if (this.ids[own + i] !== bytes[start + i]) return false
    return true
  }
}

function wordAt(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
}

function randomFactor(): number {
  return Math.floor(Math.random() * 2 ** 32) | 1
}
