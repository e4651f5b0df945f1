import { copyRange } from '../wire/copy-bytes.ts'
import { putVarint } from '../wire/wire-writer.ts'
import { copyWords, wordCopyMax, wordCopySlack } from '../wire/word-copy.ts'

/** A buffer that one huge request left behind is given back after it. */
const keptBytesMax = 8 << 20
const firstBytes = 65536
const emptyBytes: Uint8Array = new Uint8Array(0)
const emptyView: DataView = new DataView(new ArrayBuffer(0))

/** What a splice writes: ranges of its source and new bytes, one behind the other. Its memory is used again. */
export class SpliceOutput {
  length = 0
  #bytes: Uint8Array = new Uint8Array(0)
  #view: DataView = emptyView
  #source: Uint8Array = emptyBytes
  #sourceView: DataView = emptyView

  begin(source: Uint8Array, view: DataView): void {
    this.#source = source
    this.#sourceView = view
    this.length = 0
  }

  /** Makes room for that many bytes; what is said to have room does not look for it. */
  ensure(moreBytes: number): void {
    const needed = this.length + moreBytes + wordCopySlack
    if (needed <= this.#bytes.length) return
    const grown = new Uint8Array(Math.max(needed + (needed >>> 1), firstBytes))
    grown.set(this.#bytes.subarray(0, this.length))
    this.#bytes = grown
    this.#view = new DataView(grown.buffer)
  }

  /** Appends `[start, end)` of the source. Has room. */
  copy(start: number, end: number): void {
    const length = end - start
    const at = this.length
    const source = this.#source
    if (length > wordCopyMax) copyRange(source, this.#bytes, at, start, end)
    else if (end + wordCopySlack <= source.length) copyWords(this.#sourceView, start, this.#view, at, length)
    else for (let i = 0; i < length; i++) this.#bytes[at + i] = source[start + i]!
    this.length = at + length
  }

  /** Appends `[start, end)` of a view that may be read `wordCopySlack` bytes further. Has room. */
  constant(view: DataView, start: number, end: number): void {
    copyWords(view, start, this.#view, this.length, end - start)
    this.length += end - start
  }

  /** Appends a few bytes. Has room. */
  raw(bytes: Uint8Array): void {
    const target = this.#bytes
    const at = this.length
    for (let i = 0; i < bytes.length; i++) target[at + i] = bytes[i]!
    this.length = at + bytes.length
  }

  /** Writes a double over eight bytes that were appended, the first of them at `offset`. */
  double(offset: number, value: number): void {
    this.#view.setFloat64(offset, value, true)
  }

  /** Appends a tag of one byte and a length. Has room. */
  header(tag: number, length: number): void {
    this.#bytes[this.length] = tag
    this.length = putVarint(this.#bytes, this.length + 1, length)
  }

  /** Puts a header of `width` bytes in front of what was written since `start`, where `room` bytes were left for it. */
  closeHeader(start: number, room: number, tag: number, width: number): void {
    const content = start + room
    const { length } = this
    const shift = width - room
    if (shift !== 0) {
      this.ensure(shift)
      this.#bytes.copyWithin(content + shift, content, length)
    }
    this.length = start
    this.header(tag, length - content)
    this.length = length + shift
  }

  /** All that was written, as an array of its own, without hold on the source. */
  finish(): Uint8Array {
    // Memory that is not cleared first: every byte of it is written below.
    const out = new Uint8Array(Buffer.allocUnsafeSlow(this.length).buffer)
    copyRange(this.#bytes, out, 0, 0, this.length)
    return out
  }

  release(): void {
    this.#source = emptyBytes
    this.#sourceView = emptyView
    if (this.#bytes.length <= keptBytesMax) return
    this.#bytes = emptyBytes
    this.#view = emptyView
  }
}
