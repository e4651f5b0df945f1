import type { Detection } from './detection.ts'
import { isAlnum, isDigit, isHex } from './text-bytes.ts'

export const groupsMax = 64
/** Digits of the groups under test, as values. */
export const digits = new Uint8Array(32)

export const space = 0x20
export const dash = 0x2d
export const dot = 0x2e
export const slash = 0x2f
export const plus = 0x2b
const percent = 0x25

/** A stretch of digits with single separators: its groups, and what may be in them. */
export class NumberRun {
  d!: Detection
  readonly starts = new Int32Array(groupsMax)
  readonly lengths = new Int32Array(groupsMax)
  /** The byte before each group; 0 for the first one of the run. */
  readonly separators = new Uint8Array(groupsMax)
  count = 0

  /** Reads groups from `at`; returns where the run ends or, when it is long, where to go on. */
  read(d: Detection, from: number): number {
    const { bytes, end } = d
    this.d = d
    this.count = 0
    let at = from
    let separator = 0
    while (this.count < groupsMax) {
      const start = at
      while (at < end && isDigit(bytes[at]!)) at++
      this.starts[this.count] = start
      this.lengths[this.count] = at - start
      this.separators[this.count++] = separator
      const length = separatorLength(bytes, at, end)
      if (length === 0) return at
      separator = length > 1 || bytes[at] === plus ? space : bytes[at]!
      at += length
    }
    return at
  }

  /** Collects the digits of `count` groups from `first` into `digits`; -1 where they are too many. */
  collect(first: number, count: number): number {
    const { bytes } = this.d
    let total = 0
    for (let g = first; g < first + count; g++) {
      if (total + this.lengths[g]! > digits.length) return -1
      for (let i = 0; i < this.lengths[g]!; i++) digits[total++] = bytes[this.starts[g]! + i]! - 0x30
    }
    return total
  }

  /** Whether a dash at `at` joins the groups to hex, as in a UUID; a word before a number is none. */
  #hangsOnHex(at: number, step: 1 | -1): boolean {
    const { bytes, start, end } = this.d
    if (at < start || at >= end || bytes[at] !== dash) return false
    let offset = at + step
    let hasDigit = false
    let isHexOnly = true
    while (offset >= start && offset < end && isAlnum(bytes[offset]!)) {
      if (isDigit(bytes[offset]!)) hasDigit = true
      else if (!isHex(bytes[offset]!)) isHexOnly = false
      offset += step
    }
    const length = Math.abs(offset - at) - 1
    return length >= 4 && isHexOnly && (hasDigit || length === 4 || length === 8)
  }

  endOf(group: number): number {
    return this.starts[group]! + this.lengths[group]!
  }

  /** Whether groups from `first` have these lengths. */
  hasLengths(first: number, lengths: readonly number[]): boolean {
    if (first + lengths.length > this.count) return false
    for (let i = 0; i < lengths.length; i++) if (this.lengths[first + i] !== lengths[i]) return false
    return true
  }

  /** The one separator between `count` groups from `first`, 0 where they differ. */
  separatorOf(first: number, count: number): number {
    const separator = this.separators[first + 1]!
    for (let g = first + 2; g < first + count; g++) if (this.separators[g] !== separator) return 0
    return separator
  }

  /** Whether two or three short groups with points between them are a version, as 6.9.95. */
  isVersion(first: number, count: number): boolean {
    // An object id: 1.3.6.1.4.1.8072
    if (count > 5 && this.separatorOf(first, count) === dot) return true
    if (count < 2 || count > 3) return false
    // 2025.7.14, 2024-193
    if (this.isYear(first))
      return this.lengths[first + 1]! <= (count === 2 ? 4 : 2) && (count === 2 || this.lengths[first + 2]! <= 2)
    for (let g = first; g < first + count; g++) {
      if (this.lengths[g]! > 3 || (g > first && this.separators[g] !== dot)) return false
    }
    return true
  }

  /** 2024-01-15, 15/01/2024, and 1435065584.128: a calendar date; or a time in seconds. */
  isDate(first: number): boolean {
    const { lengths, separators } = this
    const count = this.count - first
    if (count === 2 && lengths[first]! >= 8 && separators[first + 1] === dot) return true
    const digit = this.d.bytes[this.starts[first]!]!
    // A time stands behind it: 2009-07-20 22:59.
    if (count > 3 && this.hasLengths(first, [4, 2, 2]) && this.separatorOf(first, 3) !== space && this.isDay(first))
      return true
    return (
      (lengths[first] === 4 && lengths[first + 1] === 2 && lengths[first + 2] === 2 && digit !== 0x30 && count === 3) ||
      (lengths[first]! <= 2 && lengths[first + 1]! <= 2 && lengths[first + 2] === 4 && separators[first + 1] !== space)
    )
  }

  /** Whether a group is a year of these times. */
  isYear(group: number): boolean {
    const { bytes } = this.d
    const at = this.starts[group]!
    const century = bytes[at]! * 10 + bytes[at + 1]! - 0x30 * 11
    return this.lengths[group] === 4 && (century === 19 || century === 20)
  }

  /** Whether three groups are a year of these times, a month and a day. */
  isDay(first: number): boolean {
    return this.isYear(first) && this.isMonth(first + 1) && this.d.bytes[this.starts[first + 2]!]! <= 0x33
  }

  /** Whether a group is the two digits of a month. */
  isMonth(group: number): boolean {
    const { bytes } = this.d
    const at = this.starts[group]!
    return this.lengths[group] === 2 && (bytes[at] === 0x30 || (bytes[at] === 0x31 && bytes[at + 1]! <= 0x32))
  }

  /** Whether the run is a number with two decimals, as 222349.23. */
  isPrice(first: number): boolean {
    return this.count - first === 2 && this.separators[first + 1] === dot && this.lengths[first + 1]! <= 2
  }

  /** Whether the run goes on before or behind those groups in a way that makes them part of something else. */
  isChained(first: number, count: number): boolean {
    const inner = count > 1 ? this.separators[first + 1]! : 0
    const before = first > 0 ? this.separators[first]! : 0
    const behind = first + count < this.count ? this.separators[first + count]! : 0
    if (chains(before, inner) || chains(behind, inner)) return true
    const isDashed = inner === dash || inner === 0
    return (
      isDashed && (this.#hangsOnHex(this.starts[first]! - 1, -1) || this.#hangsOnHex(this.endOf(first + count - 1), 1))
    )
  }
}

/** `outer` joins a neighbour to groups that `inner` holds together. */
function chains(outer: number, inner: number): boolean {
  if (outer === 0 || outer === space) return false
  return outer === dot || outer === inner || outer === slash || (outer === dash && inner === 0)
}

/** Bytes of the separator between two digits at `at`: one, or three of `%20`; 0 where none stands there. */
function separatorLength(bytes: Uint8Array, at: number, end: number): number {
  if (at + 1 >= end) return 0
  const byte = bytes[at]!
  if (byte === percent) {
    return at + 3 < end && bytes[at + 1] === 0x32 && bytes[at + 2] === 0x30 && isDigit(bytes[at + 3]!) ? 3 : 0
  }
  return isBridge(byte) && isDigit(bytes[at + 1]!) ? 1 : 0
}

/** What the scanner reads over between two digits. */
export const isBridge = (byte: number) => isSeparator(byte) || byte === plus || byte === percent
export const isSeparator = (byte: number) => byte === space || byte === dash || byte === dot || byte === slash
export const run = new NumberRun()
