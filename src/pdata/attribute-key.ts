import type { PlacedConstant } from './placed-constant.ts'

/** A key to look for, encoded once: finding it among a record's attributes compares integers, and bytes only on a hit. */
export class AttributeKey implements PlacedConstant {
  readonly text: string
  readonly bytes: Uint8Array
  readonly hash: number
  /** The bytes four at a time, little-endian, the last four overlapping; empty for shorter keys. */
  readonly #words: Int32Array
  /** Where the key stands in the workspace of the current run. */
  generation = -1
  offset = 0

  constructor(text: string) {
    this.text = text
    this.bytes = new TextEncoder().encode(text)
    this.hash = hashKey(this.bytes, 0, this.bytes.length)
    this.#words = wordsOf(this.bytes)
  }

  /** The same over a view of the bytes; a key of twenty bytes takes five comparisons. */
  equalsIn(view: DataView, start: number, end: number): boolean {
    const length = end - start
    const { bytes } = this
    if (length !== bytes.length) return false
    if (length < 4) {
      for (let i = 0; i < length; i++) if (view.getUint8(start + i) !== bytes[i]) return false
      return true
    }
    const words = this.#words
    const last = words.length - 1
    for (let i = 0; i < last; i++) if (view.getInt32(start + i * 4, true) !== words[i]) return false
    return view.getInt32(end - 4, true) === words[last]
  }

  equals(bytes: Uint8Array, start: number, end: number): boolean {
    const own = this.bytes
    if (end - start !== own.length) return false
    for (let i = 0; i < own.length; i++) if (bytes[start + i] !== own[i]) return false
    return true
  }
}

function wordsOf(bytes: Uint8Array): Int32Array {
  const { length } = bytes
  if (length < 4) return new Int32Array(0)
  const view = new DataView(bytes.buffer, bytes.byteOffset, length)
  return Int32Array.from({ length: Math.ceil(length / 4) }, (_, i) => view.getInt32(Math.min(i * 4, length - 4), true))
}

/** Spreads the length of a key over its hash. */
export const hashLengthFactor = 0x9e3779b1 | 0

/**
 * Length and last four bytes of a key in one integer, which is one read where four can be read at once: reading every byte
 * would cost more than the walk itself, and keys that agree in all of that are told apart by their bytes.
 */
export function hashKey(bytes: Uint8Array, start: number, end: number): number {
  let word = 0
  for (let i = Math.max(start, end - 4), shift = 32 - 8 * Math.min(4, end - start); i < end; i++, shift += 8) {
    word |= bytes[i]! << shift
  }
  return word ^ Math.imul(end - start, hashLengthFactor)
}

/** The same over a view of the bytes. */
export function hashKeyIn(view: DataView, start: number, end: number): number {
  const length = end - start
  if (length >= 4) return view.getInt32(end - 4, true) ^ Math.imul(length, hashLengthFactor)
  let word = 0
  for (let i = start, shift = 32 - 8 * length; i < end; i++, shift += 8) word |= view.getUint8(i) << shift
  return word ^ Math.imul(length, hashLengthFactor)
}
