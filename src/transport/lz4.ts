import { InflateError } from './inflate-error.ts'

/**
 * LZ4 frames and blocks.
 *
 * Source: https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md and lz4_Block_format.md
 */
const frameMagic = 0x184d2204
const skippableMagic = 0x184d2a50
const minMatch = 4
/** The last match may not begin later than this before the end of a block, and its last bytes are literals. */
const matchStartMargin = 12
const lastLiterals = 5

interface Frame {
  readonly isBlockChecked: boolean
  readonly isContentChecked: boolean
  /** Offset of the first block. */
  readonly start: number
}

/** Bytes that come out of all frames, by walking their sequences without decoding. Stops with -1 above `bytesMax`. */
export function lz4FramesLength(bytes: Uint8Array, bytesMax: number): number {
  let total = 0
  walkFrames(
    bytes,
    (isCompressed, start, end) => {
      total += isCompressed ? blockLength(bytes, start, end) : end - start
      return total <= bytesMax
    },
    () => undefined,
  )
  return total <= bytesMax ? total : -1
}

/** Decodes all frames into all of `out`, whose length is what `lz4FramesLength` said, and checks their checksums. */
export function decodeLz4Frames(bytes: Uint8Array, out: Uint8Array): void {
  let written = 0
  let frameStart = 0
  walkFrames(
    bytes,
    (isCompressed, start, end) => {
      if (isCompressed) {
        written = decodeBlock(bytes, start, end, out, frameStart, written)
      } else {
        out.set(bytes.subarray(start, end), written)
        written += end - start
      }
      return true
    },
    checksum => {
      if (checksum !== undefined && xxh32(out, frameStart, written) !== checksum) {
        throw new InflateError('malformed', 'lz4: a checksum does not match')
      }
      frameStart = written
    },
  )
}

/** Calls `block` for each block until it returns false, and `frameEnd` with the content's checksum where there is one. */
function walkFrames(
  bytes: Uint8Array,
  block: (isCompressed: boolean, start: number, end: number) => boolean,
  frameEnd: (checksum: number | undefined) => void,
): void {
  let offset = 0
  if (bytes.length === 0) throw cutOff()
  while (offset < bytes.length) {
    const magic = word(bytes, offset)
    if ((magic & 0xfffffff0) >>> 0 === skippableMagic) {
      offset += 8 + word(bytes, offset + 4)
      if (offset > bytes.length) throw cutOff()
      continue
    }
    if (magic !== frameMagic) throw new InflateError('malformed', 'lz4: no frame')
    const frame = readFrameHeader(bytes, offset + 4)
    offset = frame.start
    while (true) {
      const size = word(bytes, offset)
      offset += 4
      if (size === 0) break
      const end = offset + (size & 0x7fffffff)
      const next = end + (frame.isBlockChecked ? 4 : 0)
      if (next > bytes.length) throw cutOff()
      if (frame.isBlockChecked && xxh32(bytes, offset, end) !== word(bytes, end)) {
        throw new InflateError('malformed', 'lz4: a checksum does not match')
      }
      if (!block(size <= 0x7fffffff, offset, end)) return
      offset = next
    }
    frameEnd(frame.isContentChecked ? word(bytes, offset) : undefined)
    if (frame.isContentChecked) offset += 4
  }
}

function readFrameHeader(bytes: Uint8Array, start: number): Frame {
  const flags = bytes[start]
  if (flags === undefined || bytes[start + 1] === undefined) throw cutOff()
  if (flags >>> 6 !== 1) throw new InflateError('malformed', 'lz4: an unknown version of frames')
  if ((flags & 1) !== 0) throw new InflateError('malformed', 'lz4: dictionaries are not supported')
  const end = start + 2 + ((flags & 8) !== 0 ? 8 : 0)
  if (end >= bytes.length) throw cutOff()
  if (((xxh32(bytes, start, end) >>> 8) & 255) !== bytes[end]) {
    throw new InflateError('malformed', 'lz4: the checksum of a frame header does not match')
  }
  return { isBlockChecked: (flags & 16) !== 0, isContentChecked: (flags & 4) !== 0, start: end + 1 }
}

/** How many bytes a block decodes to. */
function blockLength(bytes: Uint8Array, start: number, end: number): number {
  let offset = start
  let total = 0
  while (offset < end) {
    const token = bytes[offset++]!
    let literals = token >>> 4
    if (literals === 15) {
      let byte = 255
      while (byte === 255) {
        if (offset >= end) throw cutOff()
        byte = bytes[offset++]!
        literals += byte
      }
    }
    offset += literals
    total += literals
    if (offset >= end) break
    offset += 2
    let length = (token & 15) + minMatch
    if (length === 15 + minMatch) {
      let byte = 255
      while (byte === 255) {
        if (offset >= end) throw cutOff()
        byte = bytes[offset++]!
        length += byte
      }
    }
    total += length
  }
  if (offset !== end) throw cutOff()
  return total
}

/** Copies may reach back to `frameStart`: blocks of a frame may depend on those before. */
function decodeBlock(
  bytes: Uint8Array,
  start: number,
  end: number,
  out: Uint8Array,
  frameStart: number,
  at: number,
): number {
  let offset = start
  let written = at
  while (offset < end) {
    const token = bytes[offset++]!
    let literals = token >>> 4
    if (literals === 15) {
      let byte = 255
      while (byte === 255) {
        byte = bytes[offset++]!
        literals += byte
      }
    }
    out.set(bytes.subarray(offset, offset + literals), written)
    offset += literals
    written += literals
    if (offset >= end) break
    const distance = bytes[offset]! | (bytes[offset + 1]! << 8)
    offset += 2
    let length = (token & 15) + minMatch
    if (length === 15 + minMatch) {
      let byte = 255
      while (byte === 255) {
        byte = bytes[offset++]!
        length += byte
      }
    }
    if (distance === 0 || written - distance < frameStart) {
      throw new InflateError('malformed', 'lz4: a copy from before the start')
    }
    if (distance >= length) out.copyWithin(written, written - distance, written - distance + length)
    else for (let i = 0; i < length; i++) out[written + i] = out[written + i - distance]!
    written += length
  }
  return written
}

const blockBytesMax = 65_536
const hashBits = 13
const hashTable = new Int32Array(1 << hashBits)

/** One frame of independent blocks of 64 KiB, with the content's size and checksum. */
export function encodeLz4Frame(bytes: Uint8Array): Uint8Array {
  const blocks = Math.ceil(bytes.length / blockBytesMax)
  const out = new Uint8Array(32 + blocks * 4 + bytes.length + Math.ceil(bytes.length / 128))
  const view = new DataView(out.buffer)
  view.setUint32(0, frameMagic, true)
  // Version 1, independent blocks, content size, content checksum; blocks of at most 64 KiB.
  out[4] = 0x40 | 0x20 | 8 | 4
  out[5] = 4 << 4
  view.setBigUint64(6, BigInt(bytes.length), true)
  out[14] = (xxh32(out, 4, 14) >>> 8) & 255
  let written = 15
  for (let start = 0; start < bytes.length; start += blockBytesMax) {
    const end = Math.min(bytes.length, start + blockBytesMax)
    const blockEnd = encodeBlock(bytes, start, end, out, written + 4)
    if (blockEnd < 0) {
      view.setUint32(written, ((end - start) | 0x80000000) >>> 0, true)
      out.set(bytes.subarray(start, end), written + 4)
      written += 4 + end - start
    } else {
      view.setUint32(written, blockEnd - written - 4, true)
      written = blockEnd
    }
  }
  view.setUint32(written, 0, true)
  view.setUint32(written + 4, xxh32(bytes, 0, bytes.length), true)
  return out.subarray(0, written + 8)
}

/** The end of the block in `out`, or -1 where it would not get smaller. */
function encodeBlock(bytes: Uint8Array, start: number, end: number, out: Uint8Array, at: number): number {
  hashTable.fill(-1)
  const outEnd = at + (end - start) - 8
  let written = at
  let literalStart = start
  let offset = start
  while (offset + matchStartMargin < end) {
    const value = word(bytes, offset)
    const slot = Math.imul(value, 0x9e3779b1) >>> (32 - hashBits)
    const candidate = hashTable[slot]!
    hashTable[slot] = offset
    if (candidate < 0 || offset - candidate > 65_535 || word(bytes, candidate) !== value) {
      offset += 1 + ((offset - literalStart) >> 5)
      continue
    }
    let length = minMatch
    const matchEnd = end - lastLiterals
    while (offset + length < matchEnd && bytes[candidate + length] === bytes[offset + length]) length++
    const literals = offset - literalStart
    if (written + literals + literals / 255 + length / 255 + 8 > outEnd) return -1
    const token = written++
    written = writeLength(out, written, literals)
    out.set(bytes.subarray(literalStart, offset), written)
    written += literals
    const distance = offset - candidate
    out[written++] = distance & 255
    out[written++] = distance >>> 8
    written = writeLength(out, written, length - minMatch)
    out[token] = (Math.min(15, literals) << 4) | Math.min(15, length - minMatch)
    offset += length
    literalStart = offset
  }
  const literals = end - literalStart
  if (written + literals + literals / 255 + 2 > outEnd) return -1
  out[written++] = Math.min(15, literals) << 4
  written = writeLength(out, written, literals)
  out.set(bytes.subarray(literalStart, end), written)
  return written + literals
}

/** What of a length does not fit into the token's four bits. */
function writeLength(out: Uint8Array, at: number, length: number): number {
  if (length < 15) return at
  let written = at
  let rest = length - 15
  while (rest >= 255) {
    out[written++] = 255
    rest -= 255
  }
  out[written++] = rest
  return written
}

function word(bytes: Uint8Array, offset: number): number {
  if (offset + 4 > bytes.length) throw cutOff()
  return (bytes[offset]! | (bytes[offset + 1]! << 8) | (bytes[offset + 2]! << 16) | (bytes[offset + 3]! << 24)) >>> 0
}

function cutOff(): InflateError {
  return new InflateError('malformed', 'lz4: cut off')
}

const prime1 = 0x9e3779b1
const prime2 = 0x85ebca77
const prime3 = 0xc2b2ae3d
const prime4 = 0x27d4eb2f
const prime5 = 0x165667b1

/** xxHash of 32 bits, seed 0. Source: https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md */
function xxh32(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start
  let offset = start
  let hash: number
  if (length >= 16) {
    let a = (prime1 + prime2) | 0
    let b = prime2 | 0
    let c = 0
    let d = -prime1 | 0
    while (offset + 16 <= end) {
      a = round(a, word(bytes, offset))
      b = round(b, word(bytes, offset + 4))
      c = round(c, word(bytes, offset + 8))
      d = round(d, word(bytes, offset + 12))
      offset += 16
    }
    hash = (rotate(a, 1) + rotate(b, 7) + rotate(c, 12) + rotate(d, 18)) | 0
  } else {
    hash = prime5 | 0
  }
  hash = (hash + length) | 0
  for (; offset + 4 <= end; offset += 4) {
    hash = Math.imul(rotate((hash + Math.imul(word(bytes, offset), prime3)) | 0, 17), prime4)
  }
  for (; offset < end; offset++) {
    hash = Math.imul(rotate((hash + Math.imul(bytes[offset]!, prime5)) | 0, 11), prime1)
  }
  hash = Math.imul(hash ^ (hash >>> 15), prime2)
  hash = Math.imul(hash ^ (hash >>> 13), prime3)
  return (hash ^ (hash >>> 16)) >>> 0
}

function round(lane: number, value: number): number {
  return Math.imul(rotate((lane + Math.imul(value, prime2)) | 0, 13), prime1)
}

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits))
}
