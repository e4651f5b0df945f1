import type { PlacedConstant } from './workspace.ts'

/** A key to look for, encoded once: finding it among a record's attributes compares integers, and bytes only on a hit. */
export class AttributeKey implements PlacedConstant {
  readonly text: string
  readonly bytes: Uint8Array
  readonly hash: number
  /** Where the key stands in the workspace of the current run. */
  generation = -1
  offset = 0

  constructor(text: string) {
    this.text = text
    this.bytes = new TextEncoder().encode(text)
    this.hash = hashKey(this.bytes, 0, this.bytes.length)
  }

  equals(bytes: Uint8Array, start: number, end: number): boolean {
    const own = this.bytes
    if (end - start !== own.length) return false
    for (let i = 0; i < own.length; i++) if (bytes[start + i] !== own[i]) return false
    return true
  }
}

/**
 * Length and three bytes of a key in one integer: reading every byte would cost more than the walk itself, and keys that
 * agree in all four are told apart by their bytes.
 */
export function hashKey(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start
  if (length === 0) return 0
  return length ^ (bytes[start]! << 8) ^ (bytes[end - 1]! << 16) ^ (bytes[start + (length >> 1)]! << 24)
}
