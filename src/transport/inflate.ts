import {
  gunzip,
  gunzipSync,
  inflate as inflateAsync,
  inflateSync,
  constants as zlibConstants,
  zstdDecompress,
  zstdDecompressSync,
} from 'node:zlib'
import { InflateError } from './inflate-error.ts'
import { decodeLz4Frames, lz4FramesLength } from './lz4.ts'
import {
  decodeSnappyElements,
  decodeSnappyFramed,
  isSnappyFramed,
  snappyBlockLength,
  snappyFramedLength,
} from './snappy.ts'

/**
 * `deflate` is the zlib format, as HTTP means it. `snappy` is a block or framed, told apart by the first bytes. `lz4` is
 * its frame format.
 */
export type ContentEncoding = 'identity' | 'gzip' | 'deflate' | 'zstd' | 'snappy' | 'lz4'

const encodingNames: ReadonlyMap<string, ContentEncoding> = new Map([
  ['', 'identity'],
  ['identity', 'identity'],
  ['none', 'identity'],
  ['gzip', 'gzip'],
  ['x-gzip', 'gzip'],
  ['deflate', 'deflate'],
  ['zlib', 'deflate'],
  ['zstd', 'zstd'],
  ['snappy', 'snappy'],
  ['x-snappy-framed', 'snappy'],
  ['lz4', 'lz4'],
])

/** Undefined for what nobody here can read, and for several encodings on top of each other. */
export function contentEncoding(name: string): ContentEncoding | undefined {
  return encodingNames.get(name) ?? encodingNames.get(name.trim().toLowerCase())
}

export interface InflateLimits {
  readonly bytesMax: number
  /** Bytes out for each byte in, counted once more than `ratioFreeBytes` come out. */
  readonly ratioMax: number
  readonly ratioFreeBytes: number
}

export const defaultInflateLimits: InflateLimits = Object.freeze({
  bytesMax: 16 * 1024 * 1024,
  ratioMax: 200,
  ratioFreeBytes: 1024 * 1024,
})

/** Asks for room for `moreBytes` before they are allocated. What was granted is taken back by whoever owns it. */
export interface Reservation {
  reserve(moreBytes: number): boolean
  /** The same, after waiting a moment for room where there is none. */
  reserveSoon(moreBytes: number): Promise<boolean>
}

/** RFC 9659: a decoder may refuse windows above 8 MiB, which zstd would allocate before the first byte comes out. */
const zstdWindowLogMax = 23
/** Above this many bytes out the work goes to libuv's threads: 256 KiB take about half a millisecond. */
const inlineBytesMax = 256 * 1024

/**
 * Takes one layer of compression off, within the limits, and without allocating more than `reservation` granted. The
 * size that the bytes claim for themselves is only a first guess: where it proves too small, more is reserved and the
 * work starts again, so that a lie costs the liar's request a constant factor and no memory. Where there is no room for
 * what comes out, the compressed bytes wait a moment for it.
 *
 * Small bodies come back at once, large ones as a promise. Throws or rejects with `InflateError`.
 */
export function inflate(
  encoding: ContentEncoding,
  bytes: Uint8Array,
  limits: InflateLimits,
  reservation: Reservation,
): Uint8Array | Promise<Uint8Array> {
  if (encoding === 'identity') return bytes
  const bytesMax = outputBytesMax(bytes.length, limits)
  if (encoding === 'snappy') return inflateSnappy(bytes, bytesMax, reservation)
  if (encoding === 'lz4') return inflateLz4(bytes, bytesMax, reservation)
  const roomBytes = Math.min(bytesMax, Math.max(64, claimedLength(encoding, bytes)))
  return withRoom(reservation, roomBytes, () => inflateInto(encoding, bytes, roomBytes, bytesMax, reservation))
}

/** Takes the work up once there is room for `moreBytes`: mostly at once. */
function withRoom(
  reservation: Reservation,
  moreBytes: number,
  work: () => Uint8Array | Promise<Uint8Array>,
): Uint8Array | Promise<Uint8Array> {
  if (reservation.reserve(moreBytes)) return work()
  return reservation.reserveSoon(moreBytes).then(isReserved => {
    if (isReserved) return work()
    throw new InflateError('not_admitted', 'no room for the decompressed request')
  })
}

/** Small bodies at once, large ones off the thread; `roomBytes` are reserved. */
function inflateInto(
  encoding: ZlibEncoding,
  bytes: Uint8Array,
  roomBytes: number,
  bytesMax: number,
  reservation: Reservation,
): Uint8Array | Promise<Uint8Array> {
  const intoMore = () => {
    if (roomBytes >= bytesMax) throw tooLarge(bytesMax)
    const nextBytes = Math.min(bytesMax, roomBytes * 4)
    const work = () => inflateInto(encoding, bytes, nextBytes, bytesMax, reservation)
    return withRoom(reservation, nextBytes - roomBytes, work)
  }
  if (roomBytes <= inlineBytesMax) return inflateOnce(encoding, bytes, roomBytes) ?? intoMore()
  return inflateOnceAsync(encoding, bytes, roomBytes).then(out => out ?? intoMore())
}

function outputBytesMax(inputBytes: number, limits: InflateLimits): number {
  return Math.min(limits.bytesMax, Math.max(limits.ratioFreeBytes, inputBytes * limits.ratioMax))
}

function tooLarge(bytesMax: number): InflateError {
  return new InflateError('too_large', `decompressed request is larger than ${bytesMax} bytes`)
}

type ZlibEncoding = 'gzip' | 'deflate' | 'zstd'

/** What the compressed bytes say of their length: gzip's last four bytes, zstd's frame header. */
function claimedLength(encoding: ZlibEncoding, bytes: Uint8Array): number {
  const guess = bytes.length * 4
  if (encoding === 'gzip' && bytes.length >= 18) {
    const at = bytes.length - 4
    const claimed = (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0
    return claimed >= bytes.length ? claimed : guess
  }
  if (encoding === 'zstd') return zstdContentLength(bytes) ?? guess
  return guess
}

/** RFC 8878 section 3.1.1.1: the frame content size, if the first frame has one. */
function zstdContentLength(bytes: Uint8Array): number | undefined {
  if (bytes.length < 18) return undefined
  const descriptor = bytes[4]!
  const isSingleSegment = (descriptor & 32) !== 0
  const dictionaryIdBytes = [0, 1, 2, 4][descriptor & 3]!
  const at = 5 + (isSingleSegment ? 0 : 1) + dictionaryIdBytes
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  switch (descriptor >>> 6) {
    case 0:
      return isSingleSegment ? bytes[at]! : undefined
    case 1:
      return view.getUint16(at, true) + 256
    case 2:
      return view.getUint32(at, true)
    default:
      return Math.min(Number.MAX_SAFE_INTEGER, Number(view.getBigUint64(at < bytes.length - 8 ? at : 0, true)))
  }
}

/** What zlib returns with `info: true`. */
interface Inflated {
  readonly buffer: Uint8Array
  readonly engine: { readonly bytesWritten: number }
}

/** Of a body that zlib made, so many bytes of its memory may stay unused. */
export const spareBytes = 1

function zlibSettings(encoding: ZlibEncoding, roomBytes: number) {
  // Where the output fills its room to the last byte, Node takes as much memory again, for nothing.
  const common = { info: true, maxOutputLength: roomBytes, chunkSize: Math.max(64, roomBytes + spareBytes) }
  if (encoding !== 'zstd') return common
  return { ...common, params: { [zlibConstants.ZSTD_d_windowLogMax]: zstdWindowLogMax } }
}

const syncFunctions = { gzip: gunzipSync, deflate: inflateSync, zstd: zstdDecompressSync }
type ZlibCallback = (error: Error | null, result: unknown) => void
type ZlibAsync = (bytes: Uint8Array, settings: object, callback: ZlibCallback) => void
const asyncFunctions: Record<ZlibEncoding, ZlibAsync> = { gzip: gunzip, deflate: inflateAsync, zstd: zstdDecompress }

/** Undefined where `roomBytes` are not enough. */
function inflateOnce(encoding: ZlibEncoding, bytes: Uint8Array, roomBytes: number): Uint8Array | undefined {
  try {
    const result = syncFunctions[encoding](bytes, zlibSettings(encoding, roomBytes)) as unknown as Inflated
    return allConsumed(encoding, bytes, result, roomBytes)
  } catch (error) {
    return refusedUnlessTooSmall(encoding, error)
  }
}

function inflateOnceAsync(
  encoding: ZlibEncoding,
  bytes: Uint8Array,
  roomBytes: number,
): Promise<Uint8Array | undefined> {
  return new Promise((resolve, reject) => {
    asyncFunctions[encoding](bytes, zlibSettings(encoding, roomBytes), (error, result) => {
      try {
        if (error !== null) resolve(refusedUnlessTooSmall(encoding, error))
        else resolve(allConsumed(encoding, bytes, result as Inflated, roomBytes))
      } catch (refusal) {
        reject(refusal)
      }
    })
  })
}

/** zlib stops at the end of the stream and would let anything follow it; gzip may be padded with zeros. */
function allConsumed(encoding: ZlibEncoding, bytes: Uint8Array, result: Inflated, roomBytes: number): Uint8Array {
  for (let i = result.engine.bytesWritten; i < bytes.length; i++) {
    if (bytes[i] !== 0 || encoding !== 'gzip') {
      throw new InflateError('malformed', `${encoding}: ${bytes.length - i} bytes after the end`)
    }
  }
  const { buffer } = result
  // A claim far above the truth must not keep its memory.
  if (roomBytes > 65_536 && buffer.length * 2 < roomBytes) return Uint8Array.from(buffer)
  // Not the Buffer that zlib returns: what of a request is sliced off and kept must be a copy.
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length)
}

function refusedUnlessTooSmall(encoding: ZlibEncoding, error: unknown): undefined {
  if (error instanceof InflateError) throw error
  const { code, message } = error as NodeJS.ErrnoException
  if (code === 'ERR_BUFFER_TOO_LARGE') return undefined
  if (code === 'ZSTD_error_frameParameter_windowTooLarge') {
    throw new InflateError('too_large', `zstd: the window is larger than ${2 ** zstdWindowLogMax} bytes`, error)
  }
  throw new InflateError('malformed', `${encoding}: ${message}`, error)
}

function inflateSnappy(
  bytes: Uint8Array,
  bytesMax: number,
  reservation: Reservation,
): Uint8Array | Promise<Uint8Array> {
  const framed = isSnappyFramed(bytes)
  const block = framed ? undefined : snappyBlockLength(bytes)
  const length = block === undefined ? snappyFramedLength(bytes) : block.length
  if (length > bytesMax) throw tooLarge(bytesMax)
  return withRoom(reservation, length, () => {
    const out = new Uint8Array(length)
    if (block === undefined) decodeSnappyFramed(bytes, out)
    else decodeSnappyElements(bytes, block.start, bytes.length, out)
    return out
  })
}

function inflateLz4(bytes: Uint8Array, bytesMax: number, reservation: Reservation): Uint8Array | Promise<Uint8Array> {
  const length = lz4FramesLength(bytes, bytesMax)
  if (length < 0) throw tooLarge(bytesMax)
  return withRoom(reservation, length, () => {
    const out = new Uint8Array(length)
    decodeLz4Frames(bytes, out)
    return out
  })
}
