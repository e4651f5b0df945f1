import { copyBytes } from '../wire/copy-bytes.ts'

const entriesMax = 4096
const keyBytesMax = 256

interface Entry<T> {
  readonly key: Uint8Array
  readonly value: T
}

/**
 * Remembers one answer for each short piece of bytes, without making text of it. Full, it forgets everything: what is
 * asked again is soon known again.
 */
export class BytesMemo<T> {
  readonly #byHash = new Map<number, Entry<T>[]>()
  #size = 0

  get(bytes: Uint8Array, start: number, end: number): T | undefined {
    const entries = this.#byHash.get(hash(bytes, start, end))
    if (entries === undefined) return undefined
    for (let i = 0; i < entries.length; i++) if (equal(entries[i]!.key, bytes, start, end)) return entries[i]!.value
    return undefined
  }

  /** Longer pieces than 256 bytes are not remembered. */
  set(bytes: Uint8Array, start: number, end: number, value: T): void {
    if (end - start > keyBytesMax) return
    if (this.#size >= entriesMax) {
      this.#byHash.clear()
      this.#size = 0
    }
    const key = hash(bytes, start, end)
    const entry = { key: copyBytes(bytes, start, end), value }
    const entries = this.#byHash.get(key)
    if (entries === undefined) this.#byHash.set(key, [entry])
    else entries.push(entry)
    this.#size++
  }
}

function hash(bytes: Uint8Array, start: number, end: number): number {
  let mixed = end - start
  for (let i = start; i < end; i++) mixed = (Math.imul(mixed, 31) + bytes[i]!) | 0
  return mixed
}

function equal(own: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (own.length !== end - start) return false
  for (let i = 0; i < own.length; i++) if (own[i] !== bytes[start + i]) return false
  return true
}
