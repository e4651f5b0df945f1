const ringsMax = 16
const callsMax = 8192
const wordsPerCall = 5
const callsWords = callsMax * wordsPerCall
/** Before the calls: where the next one goes, and how many words are in use; then up to a line of the processor's cache. */
const nextAt = 0
const lengthAt = 1
const headWords = 16
const ringWords = headWords + callsWords
const none = -1

/** Memory that they take, zeros at first. */
export const loneCallsBytes = 4 * (headWords + ringsMax * ringWords)

/** Who takes what was noted: hashes of a call's span and of its parent's in its trace, 0 for a call without, and the note. */
export interface CallNotes {
  note(ownLow: number, ownHigh: number, parentLow: number, parentHigh: number, note: number): void
}

/**
 * The last calls of the only scope that has come, one behind the other. Nobody asks for them until another scope comes, whose
 * spans may stand around them, or a span that does not say what it used: noting each where it is found again would mean to wait
 * for memory in vain.
 *
 * Threads may share the memory: each writes to its own part, and all is told to the one that asks. One that writes in the same
 * moment may tell some of it again, which says nothing new.
 */
export class LoneCalls {
  readonly #words: Int32Array
  /** Where the own part begins; -1 where there are more threads than parts. */
  readonly #ring: number

  constructor(memory: ArrayBufferLike, byteOffset: number) {
    this.#words = new Int32Array(memory, byteOffset, loneCallsBytes / 4)
    const ring = Atomics.add(this.#words, 0, 1)
    this.#ring = ring < ringsMax ? headWords + ring * ringWords : none
  }

  /** False where there is no room for any. */
  add(ownLow: number, ownHigh: number, parentLow: number, parentHigh: number, note: number): boolean {
    const ring = this.#ring
    if (ring === none) return false
    const words = this.#words
    const next = words[ring + nextAt]!
    const at = ring + headWords + next
    words[at] = ownLow
    words[at + 1] = ownHigh
    words[at + 2] = parentLow
    words[at + 3] = parentHigh
    words[at + 4] = note
    const end = next + wordsPerCall
    words[ring + nextAt] = end === callsWords ? 0 : end
    if (words[ring + lengthAt]! < end) words[ring + lengthAt] = end
    return true
  }

  /** Tells those of all threads, each in the order in which they came, and forgets them. */
  moveTo(notes: CallNotes): void {
    for (let i = 0; i < Math.min(this.#words[0]!, ringsMax); i++) this.#moveRing(headWords + i * ringWords, notes)
  }

  #moveRing(ring: number, notes: CallNotes): void {
    const words = this.#words
    const length = words[ring + lengthAt]!
    const first = length === callsWords ? words[ring + nextAt]! : 0
    for (let i = 0; i < length; i += wordsPerCall) {
      const at = ring + headWords + ((first + i) % callsWords)
      notes.note(words[at]!, words[at + 1]!, words[at + 2]!, words[at + 3]!, words[at + 4]!)
    }
    words[ring + nextAt] = 0
    words[ring + lengthAt] = 0
  }
}
