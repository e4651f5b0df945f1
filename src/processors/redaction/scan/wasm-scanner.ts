import type { CandidateScanner, Candidates } from './candidates.ts'
import { PlainScanner } from './plain-scanner.ts'
import * as layout from './scan-layout.ts'
import { scanModule } from './scan-module.generated.ts'
import { webAssembly } from './web-assembly.ts'

type ScanFunction = (length: number, base: number, mode: number) => number
/** Shorter ranges are copied here: native code for them costs more. */
const loopMax = 64

let compiled: object | undefined

/** The scanner in WebAssembly SIMD: 64 bytes a step. Not shared between threads; each instance has its own memory. */
export class WasmScanner implements CandidateScanner {
  readonly #scan: ScanFunction
  readonly #memory: Uint8Array
  readonly #found: Uint32Array
  readonly #runs: Uint32Array
  readonly #runsCount: Uint32Array

  readonly #hasLook: boolean
  readonly #name = new Uint8Array(16)

  /** `lookTables` is what the first look reads, without which `look` is `scan`. */
  constructor(tables: Uint8Array, lookTables?: Uint8Array) {
    compiled ??= new webAssembly.Module(Buffer.from(scanModule, 'base64'))
    const { memory, scan } = new webAssembly.Instance(compiled).exports as {
      memory: { readonly buffer: ArrayBuffer }
      scan: ScanFunction
    }
    this.#scan = scan
    this.#memory = new Uint8Array(memory.buffer)
    this.#found = new Uint32Array(memory.buffer, layout.outputOffset)
    this.#runs = new Uint32Array(memory.buffer, layout.runsOffset)
    this.#runsCount = new Uint32Array(memory.buffer, layout.runsCountOffset, 1)
    this.#memory.set(tables, layout.tablesOffset)
    this.#memory.set(layout.scanConstants(), layout.constantsOffset)
    this.#hasLook = lookTables !== undefined
    if (lookTables !== undefined) this.#memory.set(lookTables, layout.lettersOffset)
    this.#memory.fill(0xff, layout.nameMaskOffset + 16, layout.nameMaskOffset + 32)
  }

  look(bytes: Uint8Array, into: Candidates): void {
    this.#run(bytes, 0, bytes.length, into, this.#hasLook ? layout.modeLook : 0)
  }

  scan(bytes: Uint8Array, start: number, end: number, into: Candidates): void {
    this.#run(bytes, start, end, into, 0)
  }

  ruleOut(bytes: Uint8Array, start: number, end: number): void {
    const name = this.#name
    const { nameBytesMax, nameFactor, namePlaceShift, namesOffset } = layout
    if (end - start > nameBytesMax) return
    name.fill(0)
    for (let i = 1; i <= end - start; i++) name[16 - i] = bytes[end - i]!
    let sum = 0
    for (let word = 0; word < 4; word++) {
      const at = 4 * word
      const value = name[at]! | (name[at + 1]! << 8) | (name[at + 2]! << 16) | (name[at + 3]! << 24)
      sum = (sum + Math.imul(value, nameFactor(word))) | 0
    }
    // Each has two places: the one that was there before moves to the other.
    const place = namesOffset + 16 * (sum >>> namePlaceShift)
    const other = namesOffset + 16 * ((sum >>> namePlaceShift) ^ 1)
    this.#memory.copyWithin(other, place, place + 16)
    this.#memory.set(name, place)
  }

  #run(bytes: Uint8Array, start: number, end: number, into: Candidates, look: number): void {
    const { inputOffset, edgeBytes, pieceBytes, modeFirst, modeLast } = layout
    const memory = this.#memory
    let mode = look | modeFirst
    for (let offset = start; ; offset += pieceBytes) {
      const pieceEnd = Math.min(end, offset + pieceBytes)
      const isLast = pieceEnd === end
      const length = pieceEnd - offset
      if (length <= loopMax) for (let i = 0; i < length; i++) memory[inputOffset + i] = bytes[offset + i]!
      else memory.set(offset === 0 && pieceEnd === bytes.length ? bytes : bytes.subarray(offset, pieceEnd), inputOffset)
      const count = this.#scan(length, offset, isLast ? mode | modeLast : mode)
      this.#take(count, isLast ? end : Number.POSITIVE_INFINITY, into)
      if (isLast) return
      mode = look
      memory.copyWithin(inputOffset - edgeBytes, inputOffset + pieceBytes - edgeBytes, inputOffset + pieceBytes)
    }
  }

  /** Merges the list of symbols and literals with that of runs. */
  #take(count: number, lastOffset: number, into: Candidates): void {
    const runsCount = this.#runsCount[0]!
    into.ensure(count + runsCount)
    const found = this.#found
    const runs = this.#runs
    const { values } = into
    let kept = into.count
    let run = 0
    for (let i = 0; i < count; i++) {
      const value = found[i]!
      while (run < runsCount && runs[run]! < value) values[kept++] = runs[run++]!
      // The same place in both lists: the run's kind says it all.
      if (run < runsCount && runs[run]! >>> 2 === value >>> 2) continue
      values[kept++] = value
    }
    while (run < runsCount) values[kept++] = runs[run++]!
    // Zeros behind the end may look like the end of a literal.
    while (kept > into.count && values[kept - 1]! >>> 2 > lastOffset) kept--
    into.count = kept
  }
}

/** The fastest scanner that this process can have. */
export function createScanner(tables: Uint8Array, lookTables?: Uint8Array): CandidateScanner {
  try {
    return new WasmScanner(tables, lookTables)
  } catch {
    // No WebAssembly or no SIMD here (a hardened or old runtime): slower, with the same result.
    return new PlainScanner(tables)
  }
}
