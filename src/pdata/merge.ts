import type { Signal } from './otlp-batch.ts'

const empty: Uint8Array = new Uint8Array(0)

/**
 * Whether two requests of that signal may simply follow each other. Profiles may not: their indices point into one
 * dictionary per request, and a second dictionary would shift them.
 */
export function isMergeable(signal: Signal): boolean {
  return signal !== 'profiles'
}

/**
 * Joins requests of one mergeable signal by copying them one after the other: repeated fields append. The empty request
 * is the unit and the operation is associative. A single non-empty part comes back as it is, without a copy.
 */
export function mergeRequests(parts: readonly Uint8Array[]): Uint8Array {
  let length = 0
  let filled = 0
  let last: Uint8Array = empty
  for (const part of parts) {
    if (part.length === 0) continue
    length += part.length
    filled++
    last = part
  }
  if (filled <= 1) return last
  const merged = new Uint8Array(length)
  let offset = 0
  for (const part of parts) {
    merged.set(part, offset)
    offset += part.length
  }
  return merged
}
