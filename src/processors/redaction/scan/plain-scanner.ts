import type { CandidateScanner, Candidates } from './candidates.ts'
import * as layout from './scan-layout.ts'

const percent = 0x25

/** The scanner without WebAssembly: the same candidates, byte by byte. */
export class PlainScanner implements CandidateScanner {
  readonly #classes = new Uint8Array(256)
  /** Buckets by place in the literal and byte. */
  readonly #places = [0, 1, 2, 3].map(() => new Uint8Array(256))

  constructor(tables: Uint8Array) {
    const low = layout.nibbleTable('low')
    const high = layout.nibbleTable('high')
    for (let byte = 0; byte < 256; byte++) {
      this.#classes[byte] = low[byte & 15]! & high[byte >> 4]!
      for (let place = 0; place < 4; place++)
        this.#places[place]![byte] = tables[place * 32 + (byte & 15)]! & tables[place * 32 + 16 + (byte >> 4)]!
    }
  }

  look(bytes: Uint8Array, into: Candidates): void {
    this.#run(bytes, 0, bytes.length, into, true)
  }

  /** Nothing is left out here. */
  ruleOut(): void {}

  scan(bytes: Uint8Array, start: number, end: number, into: Candidates): void {
    this.#run(bytes, start, end, into, false)
  }

  /** No literal ends in `%`, whatever its buckets. */
  #run(bytes: Uint8Array, start: number, end: number, into: Candidates, hasPercents: boolean): void {
    const classes = this.#classes
    const [place0, place1, place2, place3] = this.#places as [Uint8Array, Uint8Array, Uint8Array, Uint8Array]
    const { classDigit, classSeparator, classTokenMin, classTrigger, digitRunMin, tokenRunMin } = layout
    let before1 = 0
    let before2 = 0
    let before3 = 0
    let class1 = 0
    let class2 = 0
    let digitRun = 0
    let tokenRun = 0
    for (let offset = start; offset <= end; offset++) {
      const byte = offset < end ? bytes[offset]! : 0
      const class0 = classes[byte]!
      const isBridge = (class1 & classSeparator) !== 0 && (class2 & class0 & classDigit) !== 0
      digitRun = (class1 & classDigit) !== 0 || isBridge ? digitRun + 1 : 0
      tokenRun = class0 >= classTokenMin ? tokenRun + 1 : 0
      const isLiteral = (place3[byte]! & place2[before1]! & place1[before2]! & place0[before3]!) !== 0
      const kind = (digitRun === digitRunMin ? 1 : 0) | (tokenRun === tokenRunMin ? 2 : 0)
      const isSign = (class0 & classTrigger) !== 0
      if (kind !== 0 || (byte === percent ? hasPercents : isLiteral || isSign)) into.push(offset, kind)
      before3 = before2
      before2 = before1
      before1 = byte
      class2 = class1
      class1 = class0
    }
  }
}
