import { catalog } from './catalog.ts'

const priorities = Int16Array.from(catalog, ({ priority }) => priority)

/** Ranges of one value that were found, in typed arrays that are used again for the next value. */
export class Findings {
  starts = new Int32Array(64)
  ends = new Int32Array(64)
  detectors = new Int16Array(64)
  count = 0

  clear(): void {
    this.count = 0
  }

  add(detector: number, start: number, end: number): void {
    if (this.count === this.starts.length) this.#grow()
    this.starts[this.count] = start
    this.ends[this.count] = end
    this.detectors[this.count++] = detector
  }

  /** Orders by place and lets the longest, then the highest priority, win wherever two overlap. */
  settle(): void {
    if (this.#isSettled()) return
    const { starts, ends, detectors } = this
    const order = Array.from({ length: this.count }, (_, i) => i)
    const priority = (i: number) => priorities[detectors[i]!] ?? 200
    // Findings come nearly in order; each loser is dropped when it meets a winner of its cluster.
    order.sort((a, b) => starts[a]! - starts[b]! || ends[b]! - ends[a]! || priority(b) - priority(a))
    const kept: number[] = []
    for (const i of order) {
      const last = kept.at(-1)
      if (last === undefined || starts[i]! >= ends[last]!) {
        kept.push(i)
        continue
      }
      const longer = ends[i]! - starts[i]! - (ends[last]! - starts[last]!)
      if (longer > 0 || (longer === 0 && priority(i) > priority(last))) {
        // What the loser covers alone must not stay: the winner takes its start.
        starts[i] = Math.min(starts[i]!, starts[last]!)
        kept[kept.length - 1] = i
      } else if (ends[i]! > ends[last]!) ends[last] = ends[i]!
    }
    const triples = kept.map(i => [starts[i]!, ends[i]!, detectors[i]!] as const)
    triples.forEach(([start, end, detector], i) => {
      starts[i] = start
      ends[i] = end
      detectors[i] = detector
    })
    this.count = triples.length
  }

  /** Whether they are in order and apart already, as most are. */
  #isSettled(): boolean {
    for (let i = 1; i < this.count; i++) if (this.starts[i]! < this.ends[i - 1]!) return false
    return true
  }

  #grow(): void {
    const size = this.starts.length * 2
    const grown = { starts: new Int32Array(size), ends: new Int32Array(size), detectors: new Int16Array(size) }
    grown.starts.set(this.starts)
    grown.ends.set(this.ends)
    grown.detectors.set(this.detectors)
    Object.assign(this, grown)
  }
}
