import { InflateError } from './inflate-error.ts'

/**
 * Snappy, block and framed.
 *
 * Source: https://github.com/google/snappy/blob/main/format_description.txt and framing_format.txt
 */

/** The length that a block declares, and the offset of its first element. Refused before anything is allocated. */
export function snappyBlockLength(block: Uint8Array): { length: number; start: number } {
  let length = 0
  let shift = 0
  let offset = 0
  while (true) {
    const byte = block[offset]
    if (byte === undefined || shift > 28) throw new InflateError('malformed', 'snappy: the declared length is cut off')
    offset++
    length += (byte & 127) * 2 ** shift
    if (byte < 128) break
    shift += 7
  }
  if (length > 0xffffffff) throw new InflateError('malformed', 'snappy: the declared length is above 2^32')
  return { length, start: offset }
}

/** Decodes the block in `block[start, end)` into all of `out`, whose length is what the block declared. */
export function decodeSnappyElements(block: Uint8Array, start: number, end: number, out: Uint8Array): void {
  let offset = start
  let written = 0
  while (offset < end) {
    const tag = block[offset++]!
    const kind = tag & 3
    let length = (tag >>> 2) + 1
    if (kind === 0) {
      if (length > 60) {
        const lengthBytes = length - 60
        if (offset + lengthBytes > end) throw cutOff()
        length = 1
        for (let i = 0; i < lengthBytes; i++) length += block[offset + i]! * 2 ** (8 * i)
        offset += lengthBytes
      }
      if (offset + length > end || written + length > out.length) throw cutOff()
      out.set(block.subarray(offset, offset + length), written)
      offset += length
      written += length
      continue
    }
    let distance: number
    if (kind === 1) {
      if (offset >= end) throw cutOff()
      length = ((tag >>> 2) & 7) + 4
      distance = ((tag >>> 5) << 8) | block[offset]!
      offset += 1
    } else if (kind === 2) {
      if (offset + 2 > end) throw cutOff()
      distance = block[offset]! | (block[offset + 1]! << 8)
      offset += 2
    } else {
      if (offset + 4 > end) throw cutOff()
      distance =
        (block[offset]! | (block[offset + 1]! << 8) | (block[offset + 2]! << 16) | (block[offset + 3]! << 24)) >>> 0
      offset += 4
    }
    if (distance === 0 || distance > written)
      throw new InflateError('malformed', 'snappy: a copy from before the start')
    if (written + length > out.length) throw cutOff()
    if (distance >= length) out.copyWithin(written, written - distance, written - distance + length)
    else for (let i = 0; i < length; i++) out[written + i] = out[written + i - distance]!
    written += length
  }
  if (written !== out.length) throw cutOff()
}

function cutOff(): InflateError {
  return new InflateError('malformed', 'snappy: the elements do not add up to the declared length')
}

const chunkBytesMax = 65_536
const streamIdentifier = Uint8Array.of(0xff, 6, 0, 0, 0x73, 0x4e, 0x61, 0x50, 0x70, 0x59)

/** Whether the bytes begin as the framing format does; a block cannot by its first byte and a plausible length. */
export function isSnappyFramed(bytes: Uint8Array): boolean {
  return bytes.length >= streamIdentifier.length && streamIdentifier.every((byte, i) => bytes[i] === byte)
}

/** The sum of what the frames declare, walked without decoding. */
export function snappyFramedLength(bytes: Uint8Array): number {
  let total = 0
  walkFrames(bytes, (compressed, start, end) => {
    total += compressed ? snappyBlockLength(bytes.subarray(start, end)).length : end - start
  })
  return total
}

export function decodeSnappyFramed(bytes: Uint8Array, out: Uint8Array): void {
  let written = 0
  walkFrames(bytes, (compressed, start, end, checksum) => {
    let length = end - start
    if (compressed) {
      const block = bytes.subarray(start, end)
      const declared = snappyBlockLength(block)
      length = declared.length
      decodeSnappyElements(block, declared.start, block.length, out.subarray(written, written + length))
    } else {
      out.set(bytes.subarray(start, end), written)
    }
    if (maskedCrc32c(out.subarray(written, written + length)) !== checksum) {
      throw new InflateError('malformed', 'snappy: a checksum does not match')
    }
    written += length
  })
}

function walkFrames(
  bytes: Uint8Array,
  data: (compressed: boolean, start: number, end: number, checksum: number) => void,
): void {
  if (!isSnappyFramed(bytes)) throw new InflateError('malformed', 'snappy: no stream identifier')
  let offset = 0
  while (offset < bytes.length) {
    if (offset + 4 > bytes.length) throw new InflateError('malformed', 'snappy: a frame is cut off')
    const type = bytes[offset]!
    const length = bytes[offset + 1]! | (bytes[offset + 2]! << 8) | (bytes[offset + 3]! << 16)
    const start = offset + 4
    const end = start + length
    if (end > bytes.length) throw new InflateError('malformed', 'snappy: a frame is cut off')
    if (type === 0 || type === 1) {
      if (length < 4) throw new InflateError('malformed', 'snappy: a frame has no checksum')
      const checksum =
        (bytes[start]! | (bytes[start + 1]! << 8) | (bytes[start + 2]! << 16) | (bytes[start + 3]! << 24)) >>> 0
      const size = type === 0 ? snappyBlockLength(bytes.subarray(start + 4, end)).length : length - 4
      if (size > chunkBytesMax) throw new InflateError('malformed', 'snappy: a frame holds more than 64 KiB')
      data(type === 0, start + 4, end, checksum)
    } else if (type === 0xff) {
      if (!isSnappyFramed(bytes.subarray(offset))) throw new InflateError('malformed', 'snappy: another identifier')
    } else if (type < 0x80) {
      throw new InflateError('malformed', `snappy: frame type ${type} may not be skipped`)
    }
    offset = end
  }
}

const hashBits = 14
const hashTable = new Int32Array(1 << hashBits)

/** One block of the whole input: greedy matches of four bytes or more within 64 KiB. */
export function encodeSnappyBlock(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(8 + bytes.length + Math.ceil(bytes.length / 6))
  let written = 0
  let rest = bytes.length
  while (rest >= 128) {
    out[written++] = (rest & 127) | 128
    rest = Math.floor(rest / 128)
  }
  out[written++] = rest
  for (let start = 0; start < bytes.length; start += chunkBytesMax) {
    written = encodeElements(bytes, start, Math.min(bytes.length, start + chunkBytesMax), out, written)
  }
  return out.subarray(0, written)
}

function encodeElements(bytes: Uint8Array, start: number, end: number, out: Uint8Array, at: number): number {
  // Entries from an earlier call may point anywhere: the four bytes are compared and the range is checked before use.
  hashTable.fill(-1)
  let written = at
  let literalStart = start
  let offset = start
  while (offset + 4 <= end) {
    const word = read32(bytes, offset)
    const slot = Math.imul(word, 0x1e35a7bd) >>> (32 - hashBits)
    const candidate = hashTable[slot]!
    hashTable[slot] = offset
    if (candidate < start || read32(bytes, candidate) !== word) {
      offset += 1 + ((offset - literalStart) >> 5)
      continue
    }
    let length = 4
    while (offset + length < end && bytes[candidate + length] === bytes[offset + length]) length++
    written = writeLiteral(bytes, literalStart, offset, out, written)
    const distance = offset - candidate
    for (let left = length; left > 0; left -= 64) {
      out[written++] = ((Math.min(64, left) - 1) << 2) | 2
      out[written++] = distance & 255
      out[written++] = distance >>> 8
    }
    offset += length
    literalStart = offset
  }
  return writeLiteral(bytes, literalStart, end, out, written)
}

function writeLiteral(bytes: Uint8Array, start: number, end: number, out: Uint8Array, at: number): number {
  const length = end - start
  if (length === 0) return at
  let written = at
  if (length <= 60) {
    out[written++] = (length - 1) << 2
  } else {
    const wide = length - 1 > 255
    out[written++] = (wide ? 61 : 60) << 2
    out[written++] = (length - 1) & 255
    if (wide) out[written++] = (length - 1) >>> 8
  }
  out.set(bytes.subarray(start, end), written)
  return written + length
}

function read32(bytes: Uint8Array, offset: number): number {
  return bytes[offset]! | (bytes[offset + 1]! << 8) | (bytes[offset + 2]! << 16) | (bytes[offset + 3]! << 24)
}

export function encodeSnappyFramed(bytes: Uint8Array): Uint8Array {
  const pieces: Uint8Array[] = [streamIdentifier]
  for (let start = 0; start < bytes.length; start += chunkBytesMax) {
    const chunk = bytes.subarray(start, start + chunkBytesMax)
    const block = encodeSnappyBlock(chunk)
    const length = block.length + 4
    const checksum = maskedCrc32c(chunk)
    pieces.push(
      Uint8Array.of(
        0,
        length & 255,
        (length >>> 8) & 255,
        length >>> 16,
        checksum & 255,
        (checksum >>> 8) & 255,
        (checksum >>> 16) & 255,
        checksum >>> 24,
      ),
      block,
    )
  }
  return Buffer.concat(pieces)
}

const crcTable = new Uint32Array(256)
for (let i = 0; i < 256; i++) {
  let crc = i
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
  crcTable[i] = crc >>> 0
}

/** CRC-32C, rotated and offset as the framing format asks. */
function maskedCrc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (let i = 0; i < bytes.length; i++) crc = (crc >>> 8) ^ crcTable[(crc ^ bytes[i]!) & 255]!
  crc = (crc ^ 0xffffffff) >>> 0
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0
}
