import { Http1Error } from './head-fields.ts'

const sizeLineBytesMax = 256
const cr = 13
const lf = 10

// What the next byte is part of.
const inSize = 0
const inExtension = 1
const afterSize = 2 // the LF of a size line
const inChunk = 3
const afterChunk = 4 // CR
const afterChunkCr = 5 // LF
const inTrailer = 6
const done = 7

/** Decodes `Transfer-Encoding: chunked` (RFC 9112, section 7.1) as it arrives. Extensions and trailers are dropped. */
export class ChunkedReader {
  readonly #trailerBytesMax: number
  readonly #onData: (bytes: Uint8Array, start: number, end: number) => void
  #state = inSize
  #size = 0
  #digitCount = 0
  #lineBytes = 0
  #trailerBytes = 0
  /** The current trailer line is empty so far; the byte before was CR. */
  #isLineEmpty = true
  #sawCr = false

  constructor(trailerBytesMax: number, onData: (bytes: Uint8Array, start: number, end: number) => void) {
    this.#trailerBytesMax = trailerBytesMax
    this.#onData = onData
  }

  get isDone(): boolean {
    return this.#state === done
  }

  /** Takes bytes up to the end of the body; returns the offset behind what it took. Throws `Http1Error`. */
  push(bytes: Uint8Array, start: number, end: number): number {
    let offset = start
    while (offset < end && this.#state !== done) {
      if (this.#state === inChunk) {
        const take = Math.min(this.#size, end - offset)
        this.#onData(bytes, offset, offset + take)
        offset += take
        this.#size -= take
        if (this.#size === 0) this.#state = afterChunk
      } else {
        this.#step(bytes[offset++]!)
      }
    }
    return offset
  }

  #step(byte: number): void {
    switch (this.#state) {
      case inSize:
        this.#stepSize(byte)
        break
      case inExtension:
        if (byte === cr) this.#state = afterSize
        else if (byte < 0x20 && byte !== 9) throw new Http1Error(400, 'a malformed chunk extension')
        else if (++this.#lineBytes > sizeLineBytesMax) throw new Http1Error(400, 'a long chunk extension')
        break
      case afterSize:
        this.#expect(byte, lf)
        this.#state = this.#size === 0 ? inTrailer : inChunk
        break
      case afterChunk:
        this.#expect(byte, cr)
        this.#state = afterChunkCr
        break
      case afterChunkCr:
        this.#expect(byte, lf)
        this.#state = inSize
        this.#digitCount = 0
        this.#lineBytes = 0
        break
      default:
        this.#stepTrailer(byte)
    }
  }

  #stepSize(byte: number): void {
    const digit = hexDigit(byte)
    if (digit >= 0) {
      if (++this.#digitCount > 8) throw new Http1Error(400, 'a chunk size of too many digits')
      this.#size = this.#size * 16 + digit
    } else if (this.#digitCount === 0) {
      throw new Http1Error(400, 'a malformed chunk size')
    } else if (byte === cr) {
      this.#state = afterSize
    } else if (byte === 0x3b) {
      this.#state = inExtension
    } else {
      throw new Http1Error(400, 'a malformed chunk size')
    }
  }

  #stepTrailer(byte: number): void {
    if (++this.#trailerBytes > this.#trailerBytesMax) throw new Http1Error(431, 'long trailers')
    if (this.#sawCr) {
      this.#expect(byte, lf)
      this.#sawCr = false
      if (this.#isLineEmpty) this.#state = done
      this.#isLineEmpty = true
    } else if (byte === cr) {
      this.#sawCr = true
    } else if ((byte < 0x20 && byte !== 9) || byte === 0x7f || (this.#isLineEmpty && (byte === 0x20 || byte === 9))) {
      throw new Http1Error(400, 'a malformed trailer')
    } else {
      this.#isLineEmpty = false
    }
  }

  #expect(byte: number, expected: number): void {
    if (byte !== expected) throw new Http1Error(400, 'a malformed chunk')
  }
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30
  const letter = byte | 0x20
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1
}
