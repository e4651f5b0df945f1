import type { Signal } from '../../pdata/otlp-batch.ts'
import { fieldNumbersMax, type MessageType, requestTypes } from '../../pdata/schema.ts'
import { FieldCursor } from '../../wire/field-cursor.ts'
import { wireBytes } from '../../wire/wire-type.ts'
import { putVarint, varintLength } from '../../wire/wire-writer.ts'

/** A range of a text or bytes field, and what takes its place. */
export interface Splice {
  readonly start: number
  readonly end: number
  readonly replacement: Uint8Array
}

const emptyBytes: Uint8Array = new Uint8Array(0)
/** Shorter ranges are copied here: a call of native code costs more. */
const loopMax = 24

/**
 * Writes a request anew with ranges of its fields replaced and the lengths around them put right. It goes into the
 * messages that hold one only; everything between is copied whole. Nothing but ranges may change: for records or attributes
 * that go there is the walk.
 */
export class RangeSplice {
  readonly #type: MessageType
  readonly #cursors: FieldCursor[] = []
  #bytes: Uint8Array = emptyBytes
  #splices: readonly Splice[] = []
  /** The next splice to come to. */
  #at = 0
  /** What is written in place of source ranges, in order: start, end, and a length or, below zero, `~index` of a splice. */
  #changes = new Int32Array(256)
  #changeCount = 0

  constructor(signal: Signal) {
    this.#type = requestTypes[signal]
  }

  /** The request with its splices made; undefined where they overlap, are out of order, or lie in no field that the schema knows. */
  run(bytes: Uint8Array, splices: readonly Splice[]): Uint8Array | undefined {
    for (let i = 1; i < splices.length; i++) if (splices[i]!.start < splices[i - 1]!.end) return undefined
    this.#bytes = bytes
    this.#splices = splices
    this.#at = 0
    this.#changeCount = 0
    const delta = this.#message(this.#type, 0, bytes.length, 0)
    const made = this.#at === splices.length ? this.#write(bytes.length + delta) : undefined
    this.#bytes = emptyBytes
    this.#splices = []
    return made
  }

  /** By how much the message in `[start, end)` grows. */
  #message(type: MessageType, start: number, end: number, depth: number): number {
    const splices = this.#splices
    let delta = 0
    const cursor = (this.#cursors[depth] ??= new FieldCursor()).reset(this.#bytes, start, end)
    while (this.#at < splices.length && splices[this.#at]!.end <= end && cursor.next()) {
      const { valueStart, fieldEnd, fieldNumber } = cursor
      const next = this.#at < splices.length ? splices[this.#at]! : undefined
      if (next === undefined || next.start >= fieldEnd) continue
      if (cursor.wireType !== wireBytes || next.start < valueStart || fieldNumber >= fieldNumbersMax) return delta
      const lengthStart = behindTag(this.#bytes, cursor.fieldStart)
      const change = this.#push(lengthStart, valueStart, 0)
      const child = type.children[fieldNumber]
      const grown = child === undefined ? this.#text(fieldEnd) : this.#message(child, valueStart, fieldEnd, depth + 1)
      const length = fieldEnd - valueStart + grown
      this.#changes[change + 2] = length
      // A length may stand there in more bytes than it needs.
      delta += grown + varintLength(length) - (valueStart - lengthStart)
    }
    return delta
  }

  #text(end: number): number {
    const splices = this.#splices
    let delta = 0
    for (; this.#at < splices.length && splices[this.#at]!.end <= end; this.#at++) {
      const { start, end: to, replacement } = splices[this.#at]!
      this.#push(start, to, ~this.#at)
      delta += replacement.length - (to - start)
    }
    return delta
  }

  #push(start: number, end: number, what: number): number {
    if (this.#changeCount + 3 > this.#changes.length) {
      const grown = new Int32Array(this.#changes.length * 2)
      grown.set(this.#changes)
      this.#changes = grown
    }
    const at = this.#changeCount
    this.#changes[at] = start
    this.#changes[at + 1] = end
    this.#changes[at + 2] = what
    this.#changeCount += 3
    return at
  }

  #write(size: number): Uint8Array {
    const bytes = this.#bytes
    const source = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    // Memory that is not cleared first: every byte of it is written below.
    const out = Buffer.allocUnsafeSlow(size)
    const changes = this.#changes
    let from = 0
    let at = 0
    for (let i = 0; i < this.#changeCount; i += 3) {
      const start = changes[i]!
      at = copy(source, from, start, out, at)
      from = changes[i + 1]!
      const what = changes[i + 2]!
      if (what < 0) {
        const { replacement } = this.#splices[~what]!
        for (let k = 0; k < replacement.length; k++) out[at++] = replacement[k]!
      } else at = putVarint(out, at, what)
    }
    copy(source, from, bytes.length, out, at)
    return new Uint8Array(out.buffer)
  }
}

function copy(source: Buffer, from: number, to: number, out: Buffer, at: number): number {
  if (to - from > loopMax) source.copy(out, at, from, to)
  else for (let i = from; i < to; i++) out[at + i - from] = source[i]!
  return at + to - from
}

function behindTag(bytes: Uint8Array, fieldStart: number): number {
  let at = fieldStart
  while (bytes[at]! >= 128) at++
  return at + 1
}
