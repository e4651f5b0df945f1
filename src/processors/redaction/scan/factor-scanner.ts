import { type Factor, placesMax, shareOf } from '../../../processor-helper/pattern-factors.ts'
import * as layout from './factor-layout.ts'
import { factorModule } from './factor-module.generated.ts'
import { webAssembly } from './web-assembly.ts'

type FindFunction = (length: number, base: number) => number

let compiled: object | undefined
const bucketsMax = 8

/** Finds where one of some factors ends, as sets of halves of bytes have them: it may find more, never less. */
export interface FactorScanner {
  /** Writes the ascending offsets of last bytes to `found`, which it may replace by a longer one; how many there are is `count`. */
  find(bytes: Uint8Array): void
  readonly found: Uint32Array
  readonly count: number
}

/**
 * The tables of both scanners: by place in a factor, four of them, 16 entries by the low half of a byte and 16 by the
 * high one. A factor ends at the last place; before a short one anything may stand. Factors in excess of eight share
 * their bucket with that to which they add least.
 */
export function factorTables(factors: readonly Factor[]): Uint8Array {
  const anything = new Uint8Array(256).fill(1)
  const buckets = factors.map(({ places }) => [
    ...Array.from({ length: placesMax - places.length }, () => anything),
    ...places.map(rectangle),
  ])
  while (buckets.length > bucketsMax) {
    const last = buckets.pop()!
    const joined = buckets.map(bucket => bucket.map((set, place) => union(set, last[place]!)))
    const added = joined.map((bucket, i) => shareOf(bucket) - shareOf(buckets[i]!))
    const least = added.indexOf(Math.min(...added))
    buckets[least] = joined[least]!
  }
  const tables = new Uint8Array(32 * placesMax)
  buckets.forEach((bucket, b) => {
    bucket.forEach((set, place) => {
      for (let byte = 0; byte < 256; byte++) {
        if (set[byte] === 0) continue
        tables[32 * place + (byte & 15)]! |= 1 << b
        tables[32 * place + 16 + (byte >> 4)]! |= 1 << b
      }
    })
  })
  return tables
}

/** The set with all bytes whose halves are halves of its members. */
function rectangle(set: Uint8Array): Uint8Array {
  const lows = new Set<number>()
  const highs = new Set<number>()
  for (let byte = 0; byte < 256; byte++) {
    if (set[byte] === 0) continue
    lows.add(byte & 15)
    highs.add(byte >> 4)
  }
  return Uint8Array.from({ length: 256 }, (_, byte) => (lows.has(byte & 15) && highs.has(byte >> 4) ? 1 : 0))
}

const union = (a: Uint8Array, b: Uint8Array): Uint8Array => rectangle(a.map((has, byte) => has | b[byte]!))

/** In WebAssembly SIMD: 64 bytes a step. Each instance has its own memory. */
export class WasmFactorScanner implements FactorScanner {
  readonly #find: FindFunction
  readonly #memory: Uint8Array
  readonly #output: Uint32Array
  found = new Uint32Array(256)
  count = 0

  constructor(tables: Uint8Array) {
    compiled ??= new webAssembly.Module(Buffer.from(factorModule, 'base64'))
    const { memory, find } = new webAssembly.Instance(compiled).exports as {
      memory: { readonly buffer: ArrayBuffer }
      find: FindFunction
    }
    this.#find = find
    this.#memory = new Uint8Array(memory.buffer)
    this.#output = new Uint32Array(memory.buffer, layout.outputOffset)
    this.#memory.set(tables, layout.tablesOffset)
  }

  find(bytes: Uint8Array): void {
    const { inputOffset, pieceBytes } = layout
    const memory = this.#memory
    memory.fill(0, inputOffset - 16, inputOffset)
    this.count = 0
    for (let offset = 0; offset < bytes.length; offset += pieceBytes) {
      const pieceEnd = Math.min(bytes.length, offset + pieceBytes)
      const length = pieceEnd - offset
      memory.set(length === bytes.length ? bytes : bytes.subarray(offset, pieceEnd), inputOffset)
      if (pieceEnd === bytes.length) memory.fill(0, inputOffset + length, inputOffset + length + 64)
      this.#take(this.#find(length, offset), bytes.length)
      memory.copyWithin(inputOffset - 16, inputOffset + pieceBytes - 16, inputOffset + pieceBytes)
    }
  }

  #take(count: number, end: number): void {
    if (this.count + count > this.found.length) {
      const grown = new Uint32Array(Math.max(this.count + count, this.found.length * 2))
      grown.set(this.found.subarray(0, this.count))
      this.found = grown
    }
    // Zeros behind the end may be part of a factor.
    for (let i = 0; i < count && this.#output[i]! < end; i++) this.found[this.count++] = this.#output[i]!
  }
}

/** Without WebAssembly: the same offsets, byte by byte. */
export class PlainFactorScanner implements FactorScanner {
  readonly #places: readonly Uint8Array[]
  found = new Uint32Array(256)
  count = 0

  constructor(tables: Uint8Array) {
    this.#places = Array.from({ length: placesMax }, (_, place) =>
      Uint8Array.from(
        { length: 256 },
        (_, byte) => tables[32 * place + (byte & 15)]! & tables[32 * place + 16 + (byte >> 4)]!,
      ),
    )
  }

  find(bytes: Uint8Array): void {
    const [place0, place1, place2, place3] = this.#places as [Uint8Array, Uint8Array, Uint8Array, Uint8Array]
    let before1 = 0
    let before2 = 0
    let before3 = 0
    this.count = 0
    for (let offset = 0; offset < bytes.length; offset++) {
      const byte = bytes[offset]!
      if ((place3[byte]! & place2[before1]! & place1[before2]! & place0[before3]!) !== 0) {
        if (this.count === this.found.length) {
          const grown = new Uint32Array(this.count * 2)
          grown.set(this.found)
          this.found = grown
        }
        this.found[this.count++] = offset
      }
      before3 = before2
      before2 = before1
      before1 = byte
    }
  }
}

/** The fastest scanner that this process can have. */
export function createFactorScanner(tables: Uint8Array): FactorScanner {
  try {
    return new WasmFactorScanner(tables)
  } catch {
    // No WebAssembly or no SIMD here: slower, with the same result.
    return new PlainFactorScanner(tables)
  }
}
