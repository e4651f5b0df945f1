import { copyRange } from '../wire/copy-bytes.ts'

const noBytes: Uint8Array = new Uint8Array(0)
/** Memory for what is announced, as a multiple of what has come of it: the first 16 KiB get room for most requests. */
const trust = 16
const trustedBytesMax = 512 * 1024

/** Small bodies share memory, as allocations of Node do; larger ones have their own, so that it can be given back. */
const poolBytes = 64 * 1024
const pooledBytesMax = poolBytes / 4
let pool = new ArrayBuffer(0)
let pooledBytes = 0

/**
 * Memory that nobody has written to. Not a Buffer: its `slice` would be a view of memory that is given back one day, and
 * whoever takes a request for any other Uint8Array would keep that.
 */
function allocate(length: number): Uint8Array {
  if (length > pooledBytesMax) return new Uint8Array(Buffer.allocUnsafeSlow(length).buffer)
  if (pooledBytes + length > pool.byteLength) {
    pool = Buffer.allocUnsafeSlow(poolBytes).buffer
    pooledBytes = 0
  }
  const bytes = new Uint8Array(pool, pooledBytes, length)
  // The next one begins where words can be read at once.
  pooledBytes = (pooledBytes + length + 7) & ~7
  return bytes
}

/**
 * From here on what is nobody's is given back by hand. Below, the allocator would give pages back to the kernel and take them
 * again for the next request: requests of 350 KB cost up to half as much again.
 */
const handedBackBytesMin = 1024 * 1024

/** Memory that is nobody else's is given back at once: V8 would find it in its next full collection only. */
function letGo(bytes: Uint8Array): void {
  if (bytes.length >= handedBackBytesMin) (bytes.buffer as ArrayBuffer).transfer(0)
}

/** The first `length` bytes, in memory of just that size where it is large. */
function cutTo(length: number, bytes: Uint8Array): Uint8Array {
  if (bytes.length === length) return bytes
  if (bytes.length < handedBackBytesMin) return bytes.subarray(0, length)
  return new Uint8Array((bytes.buffer as ArrayBuffer).transfer(length))
}

/**
 * A request's body while it arrives. Memory follows what has come, not what was announced; a body that comes in one
 * piece is copied once, one of known length is never moved.
 */
export class BodyBuffer {
  length = 0
  #bytes = noBytes

  /** Makes room for all of it: its length is known, and admitted. */
  reserve(length: number): void {
    this.#bytes = allocate(length)
  }

  /** Copies a piece in. `expectedLength` is what the whole is thought to have, or 0. */
  append(bytes: Uint8Array, start: number, end: number, expectedLength: number): void {
    const length = this.length + end - start
    if (length > this.#bytes.length) this.#grow(length, expectedLength)
    if (end - start < 32) for (let i = start, to = this.length; i < end; i++) this.#bytes[to++] = bytes[i]!
    else copyRange(bytes, this.#bytes, this.length, start, end)
    this.length = length
  }

  /** Hands the body over; this buffer is empty afterwards. */
  take(): Uint8Array {
    const bytes = cutTo(this.length, this.#bytes)
    this.#bytes = noBytes
    this.length = 0
    return bytes
  }

  /** Forgets what came: nobody else has seen it. */
  drop(): void {
    letGo(this.#bytes)
    this.#bytes = noBytes
    this.length = 0
  }

  #grow(needed: number, expectedLength: number): void {
    const room = Math.max(needed * 2, Math.min(needed * trust, trustedBytesMax))
    let capacity = needed
    if (expectedLength > needed) capacity = Math.min(expectedLength, room)
    else if (this.length > 0) capacity = needed * 2
    const grown = allocate(capacity)
    if (this.length > 0) copyRange(this.#bytes, grown, 0, 0, this.length)
    letGo(this.#bytes)
    this.#bytes = grown
  }
}
