import { copyRange } from '../wire/copy-bytes.ts'
import { WireError } from '../wire/wire-error.ts'
import { wireBytes } from '../wire/wire-type.ts'
import { putVarint, varintLength } from '../wire/wire-writer.ts'
import { copyWords, wordCopyMax, wordCopySlack } from '../wire/word-copy.ts'
import type { PlacedConstant } from './placed-constant.ts'
import { RangeEdits } from './range-edits.ts'

const emptyBytes: Uint8Array = new Uint8Array(0)
const emptyView: DataView = new DataView(new ArrayBuffer(0))
/** A buffer that one huge request left behind is given back after the run. */
const keptBytesMax = 8 << 20
/** Below this, a byte loop beats `set`. */
const rawLoopMax = 48
/** In place of a range's start: what follows is the length of a message, by whose field number the start is less. */
const header = -1
/** Room for the tag and the length of one message whose length is not known yet. */
const headerBytesMax = 10

/**
 * The memory of one walk: the request, and behind it everything that edits made. All offsets of all views are offsets into
 * `bytes`, so nobody needs to know whether a value is original or new. What goes out is a list of ranges of `bytes`
 * (`emit`), which `assemble` copies in one pass.
 */
export class Workspace {
  /** The request itself until the first edit, then a buffer of our own with the request at the same offsets. */
  bytes: Uint8Array = new Uint8Array(0)
  /** Bytes of the request; offsets from here on are new material. */
  sourceLength = 0
  /** End of the used part of `bytes`. */
  length = 0
  /** Replacements of bytes inside text and bytes fields, waiting for the walk to come by. */
  readonly ranges = new RangeEdits()
  /** Bytes that `emit` has listed. */
  emittedBytes = 0
  #isOwned = false
  #slab: Uint8Array = emptyBytes
  #slabView: DataView = emptyView
  /** Over `bytes`. */
  view: DataView = new DataView(new ArrayBuffer(0))
  /** Differs for every run of every workspace: tells whether a constant stands in this buffer already. */
  #generation = 0
  #ranges = new Int32Array(256)
  #rangeCount = 0
  /** Index of the first range that `emit` may still lengthen. */
  #openFrom = 0

  reset(source: Uint8Array): void {
    this.bytes = source
    this.view = new DataView(source.buffer, source.byteOffset, source.length)
    this.#generation = ++generations
    this.sourceLength = source.length
    this.length = source.length
    this.#isOwned = false
    this.emittedBytes = 0
    this.#rangeCount = 0
    this.#openFrom = 0
    this.ranges.reset(source.length)
  }

  /** Forgets the request, and memory beyond the ordinary. */
  release(): void {
    this.bytes = emptyBytes
    this.view = emptyView
    this.sourceLength = 0
    this.length = 0
    this.#isOwned = false
    this.ranges.reset(0)
    if (this.#slab.length <= keptBytesMax) return
    this.#slab = emptyBytes
    this.#slabView = emptyView
  }

  /** Makes room for that many bytes of new material behind `length`. `bytes` may be another array afterwards. */
  ensure(moreBytes: number): void {
    const needed = this.length + moreBytes + wordCopySlack
    if (this.#isOwned && needed <= this.bytes.length) return
    this.#own(needed)
  }

  #own(needed: number): void {
    if (needed > 0x7fffffff) throw new WireError('edits need more memory than there is', -1, 'budget')
    if (this.#slab.length < needed) {
      this.#slab = new Uint8Array(Math.max(needed + (needed >>> 1), 65536))
      this.#slabView = new DataView(this.#slab.buffer)
    }
    if (this.bytes !== this.#slab) this.#slab.set(this.bytes.subarray(0, this.length))
    this.bytes = this.#slab
    this.view = this.#slabView
    this.#isOwned = true
  }

  byte(value: number): void {
    this.ensure(1)
    this.bytes[this.length++] = value
  }

  varint(value: number): void {
    this.ensure(5)
    this.length = putVarint(this.bytes, this.length, value)
  }

  /** Appends bytes from outside. */
  raw(source: Uint8Array): void {
    const { length } = source
    this.ensure(length)
    if (length > rawLoopMax) this.bytes.set(source, this.length)
    else {
      const { bytes } = this
      const start = this.length
      for (let i = 0; i < length; i++) bytes[start + i] = source[i]!
    }
    this.length += length
  }

  /** Appends a copy of `bytes[start, end)`. */
  copy(start: number, end: number): void {
    const length = end - start
    this.ensure(length)
    if (length > wordCopyMax) this.bytes.copyWithin(this.length, start, end)
    else copyWords(this.view, start, this.view, this.length, length)
    this.length += length
  }

  /** Offset of a constant's bytes, which are copied behind the request once in a run. */
  place(constant: PlacedConstant): number {
    if (constant.generation !== this.#generation) {
      const offset = this.length
      this.raw(constant.bytes)
      constant.generation = this.#generation
      constant.offset = offset
    }
    return constant.offset
  }

  /** Appends a copy of `bytes[start, end)` that stands for it from now on: replaced ranges follow. */
  relocate(start: number, end: number): void {
    const target = this.length
    this.copy(start, end)
    this.ranges.moved(start, end, target)
  }

  relocateIfFollowed(start: number, end: number): void {
    if (this.ranges.followsEdits) this.relocate(start, end)
    else this.copy(start, end)
  }

  /** Appends the tag and length of a message or string. */
  header(fieldNumber: number, length: number): void {
    this.ensure(headerBytesMax)
    const { bytes } = this
    if (fieldNumber < 16 && length < 128) {
      bytes[this.length] = (fieldNumber << 3) | 2
      bytes[this.length + 1] = length
      this.length += 2
      return
    }
    const offset = putVarint(bytes, this.length, (fieldNumber << 3) | 2)
    this.length = putVarint(bytes, offset, length)
  }

  /** Lists `bytes[start, end)` as the next part of what goes out. */
  emit(start: number, end: number): void {
    if (start >= end) return
    this.emittedBytes += end - start
    const last = this.#rangeCount - 1
    if (last >= this.#openFrom && this.#ranges[last * 2 + 1] === start) this.#ranges[last * 2 + 1] = end
    else this.#push(start, end)
  }

  /**
   * Lists a header whose length is known later. It takes no memory here, so that a request which only loses records is
   * never copied. Returns the mark that `closeHeader` takes.
   */
  openHeader(): number {
    this.#push(header, 0)
    this.#openFrom = this.#rangeCount
    return this.#rangeCount - 1
  }

  closeHeader(mark: number, fieldNumber: number, length: number): void {
    this.#ranges[mark * 2] = header - fieldNumber
    this.#ranges[mark * 2 + 1] = length
    this.emittedBytes += varintLength((fieldNumber << 3) | wireBytes) + varintLength(length)
  }

  /** Ranges listed so far, for `rollBack`. */
  get rangeCount(): number {
    return this.#rangeCount
  }

  /** Keeps `emit` from lengthening what is listed so far, so that `rollBack` can return to this point. */
  seal(): void {
    this.#openFrom = this.#rangeCount
  }

  /** Takes back everything that was listed since `rangeCount` and `emittedBytes` had these values, when `seal` was called. */
  rollBack(rangeCount: number, emittedBytes: number): void {
    this.#rangeCount = rangeCount
    this.#openFrom = rangeCount
    this.emittedBytes = emittedBytes
  }

  /** Copies what was listed since `fromRange` behind `length`, as one range that starts at the old `length`. */
  gather(fromRange: number): void {
    for (let i = fromRange; i < this.#rangeCount; i++) {
      const start = this.#ranges[i * 2]!
      const end = this.#ranges[i * 2 + 1]!
      if (start < 0) this.header(header - start, end)
      else this.relocateIfFollowed(start, end)
    }
  }

  /** Everything listed, as one array of exactly that size. */
  assemble(): Uint8Array {
    const total = this.emittedBytes
    // Memory that is not cleared first: every byte of it is written below.
    const out = new Uint8Array(Buffer.allocUnsafeSlow(total).buffer)
    const outView = new DataView(out.buffer)
    const { bytes } = this
    const view = this.view
    const ranges = this.#ranges
    const safeEnd = Math.min(total, total - wordCopySlack)
    let offset = 0
    for (let i = 0; i < this.#rangeCount * 2; i += 2) {
      const start = ranges[i]!
      if (start < 0) {
        offset = putVarint(out, offset, ((header - start) << 3) | wireBytes)
        offset = putVarint(out, offset, ranges[i + 1]!)
        continue
      }
      const length = ranges[i + 1]! - start
      if (length > wordCopyMax) copyRange(bytes, out, offset, start, start + length)
      else if (offset + length <= safeEnd && start + length + wordCopySlack <= bytes.length) {
        copyWords(view, start, outView, offset, length)
      } else for (let j = 0; j < length; j++) out[offset + j] = bytes[start + j]!
      offset += length
    }
    return out
  }

  #push(start: number, end: number): void {
    const index = this.#rangeCount * 2
    if (index + 2 > this.#ranges.length) {
      const grown = new Int32Array(this.#ranges.length * 2)
      grown.set(this.#ranges)
      this.#ranges = grown
    }
    this.#ranges[index] = start
    this.#ranges[index + 1] = end
    this.#rangeCount++
  }
}

let generations = 0
