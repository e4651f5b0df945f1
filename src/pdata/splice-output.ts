import { copyRange } from '../wire/copy-bytes.ts'
import { putVarint } from '../wire/wire-writer.ts'
import { copyWords, wordCopyMax, wordCopySlack } from '../wire/word-copy.ts'

/** A buffer that one huge request left behind is given back after it. */
const keptBytesMax = 8 << 20
/** Room for the unforeseen beside what the last request took, in bytes and as a share. */
const spareBytes = 1024
const spareShare = 1 / 32
/** What is written is handed on in the buffer that it was written to, unless more than this share of that is unused. */
const unusedShareMax = 1 / 8
const emptyBytes: Uint8Array = new Uint8Array(0)
const emptyView: DataView = new DataView(new ArrayBuffer(0))

/**
 * What a splice writes: ranges of its source and new bytes, one behind the other. They are written to where they stay: how
 * much longer or shorter the last request became tells how large a buffer to take.
 */
export class SpliceOutput {
  length = 0
  #bytes: Uint8Array = emptyBytes
  #view: DataView = emptyView
  #source: Uint8Array = emptyBytes
  #sourceView: DataView = emptyView
  /** Bytes written for each byte of the last source that was changed. */
  #ratio = 1

  begin(source: Uint8Array, view: DataView): void {
    this.#source = source
    this.#sourceView = view
    this.length = 0
    // Left behind by a larger request: what is written into it could not be handed on in it, and would be copied once more.
    if (!this.#isFilledBy(this.#expectedBytes)) this.#forget()
  }

  get #expectedBytes(): number {
    return Math.ceil(this.#source.length * this.#ratio * (1 + spareShare)) + spareBytes
  }

  /** Makes room for that many bytes; what is said to have room does not look for it. */
  ensure(moreBytes: number): void {
    const needed = this.length + moreBytes + wordCopySlack
    if (needed <= this.#bytes.length) return
    // No more than may stay unused.
    const spare = this.length === 0 ? 0 : needed * unusedShareMax
    // Memory that is not cleared first, and not of Node's pool: nobody is shown what is not written here.
    const { buffer } = Buffer.allocUnsafeSlow(Math.max(this.#expectedBytes, Math.ceil(needed + spare)))
    const grown = new Uint8Array(buffer)
    grown.set(this.#bytes.subarray(0, this.length))
    this.#bytes = grown
    this.#view = new DataView(buffer)
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

  /** All that was written, as an array that nobody else has, and at the start of a buffer that nobody else uses. */
  finish(): Uint8Array {
    const { length } = this
    this.#ratio = length / this.#source.length
    if (this.#isFilledBy(length)) {
      const out = new Uint8Array(this.#bytes.buffer, 0, length)
      this.#forget()
      return out
    }
    const out = new Uint8Array(Buffer.allocUnsafeSlow(length).buffer)
    copyRange(this.#bytes, out, 0, 0, length)
    return out
  }

  /** Whether the buffer may be handed on with so many bytes in it. */
  #isFilledBy(length: number): boolean {
    const room = this.#bytes.length
    return room - length <= room * unusedShareMax + spareBytes
  }

  release(): void {
    this.#source = emptyBytes
    this.#sourceView = emptyView
    if (this.#bytes.length > keptBytesMax) this.#forget()
  }

  #forget(): void {
    this.#bytes = emptyBytes
    this.#view = emptyView
  }
}
