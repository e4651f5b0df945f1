import { crc32 } from 'node:zlib'
import { checksumOf, polynomialBytesMin } from './payload-check.ts'
import type { ReadMemory } from './read-memory.ts'

/**
 * One record in a segment, little-endian:
 *
 * | offset | bytes | what |
 * | --- | --- | --- |
 * | 0 | 4 | magic `SLR1` |
 * | 4 | 2 | version: 1, or 2 where the checksum is of the payload's polynomial |
 * | 6 | 2 | kind, free for the owner of the log |
 * | 8 | 4 | bytes of the payload |
 * | 12 | 4 | CRC-32 of the header without this field, then of the payload, or of its 16 bytes of polynomial |
 * | 16 | 8 | sequence |
 * | 24 | 8 | calendar time of the append, milliseconds |
 * | 32 | 4 | items in the payload |
 * | 36 | 4 | room that it takes in its queue, in units of the owner |
 *
 * Both checksums are native: CRC-32C in JavaScript makes 0.4 GB/s (docs/decisions/durability.md).
 */
export const recordHeaderBytes = 40
const versionOfCrc = 1
const versionOfPolynomial = 2
const magic = 0x31524c53
const magicBytes = Buffer.from('SLR1')

export interface LogRecord {
  readonly sequence: number
  readonly kind: number
  readonly wallMs: number
  readonly itemCount: number
  readonly units: number
  readonly payload: Uint8Array
  /** Of a record that was read: to be released when the payload is not needed any more, or left to the collector. */
  readonly memory?: ReadMemory
  /** What the writer's caller wants to find again when the record is written; not stored. */
  readonly context?: unknown
}

export function encodeRecordHeader(record: LogRecord): Uint8Array {
  const header = new Uint8Array(recordHeaderBytes)
  const view = new DataView(header.buffer)
  fillHeader(view, 0, record)
  view.setUint32(12, checksumOf(header, record.payload, isPolynomial(record.payload)), true)
  return header
}

/** The whole of a small record, below `polynomialBytesMin`, at an offset of `bytes`, whose `view` has the same memory; gives the offset behind it. */
export function encodeRecordInto(bytes: Uint8Array, view: DataView, offset: number, record: LogRecord): number {
  const end = offset + recordHeaderBytes + record.payload.length
  fillHeader(view, offset, record)
  bytes.set(record.payload, offset + recordHeaderBytes)
  // In one piece with its payload the rest of the header needs no call of its own.
  const crc = crc32(bytes.subarray(offset + 16, end), crc32(bytes.subarray(offset, offset + 12)))
  view.setUint32(offset + 12, crc, true)
  return end
}

function fillHeader(view: DataView, offset: number, record: LogRecord): void {
  view.setUint32(offset, magic, true)
  view.setUint16(offset + 4, isPolynomial(record.payload) ? versionOfPolynomial : versionOfCrc, true)
  view.setUint16(offset + 6, record.kind, true)
  view.setUint32(offset + 8, record.payload.length, true)
  view.setUint32(offset + 16, record.sequence % 0x1_0000_0000, true)
  view.setUint32(offset + 20, Math.floor(record.sequence / 0x1_0000_0000), true)
  view.setFloat64(offset + 24, record.wallMs, true)
  view.setUint32(offset + 32, record.itemCount, true)
  view.setUint32(offset + 36, record.units, true)
}

function isPolynomial(payload: Uint8Array): boolean {
  return payload.length >= polynomialBytesMin
}

export interface ParsedHeader {
  readonly version: number
  readonly length: number
  readonly sequence: number
  readonly itemCount: number
}

/** The header at `offset`, undefined where none can stand: wrong magic, unknown version, cut off. */
export function parseHeader(bytes: Uint8Array, offset: number): ParsedHeader | undefined {
  if (offset + recordHeaderBytes > bytes.length) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, recordHeaderBytes)
  if (view.getUint32(0, true) !== magic) return undefined
  const version = view.getUint16(4, true)
  if (version !== versionOfCrc && version !== versionOfPolynomial) return undefined
  return {
    version,
    length: view.getUint32(8, true),
    sequence: Number(view.getBigUint64(16, true)),
    itemCount: view.getUint32(32, true),
  }
}

/** The record at `offset` if all of it is there and its checksum is right. Its payload is a view. */
export function parseRecord(bytes: Uint8Array, offset: number): LogRecord | undefined {
  const parsed = parseHeader(bytes, offset)
  if (parsed === undefined) return undefined
  const start = offset + recordHeaderBytes
  if (start + parsed.length > bytes.length) return undefined
  const header = bytes.subarray(offset, start)
  const payload = bytes.subarray(start, start + parsed.length)
  const view = new DataView(header.buffer, header.byteOffset, recordHeaderBytes)
  if (view.getUint32(12, true) !== checksumOf(header, payload, parsed.version === versionOfPolynomial)) return undefined
  return {
    sequence: parsed.sequence,
    kind: view.getUint16(6, true),
    wallMs: view.getFloat64(24, true),
    itemCount: parsed.itemCount,
    units: view.getUint32(36, true),
    payload,
  }
}

/** Where the next record may begin, from `offset` on; -1 where no magic is left. */
export function findMagic(bytes: Uint8Array, offset: number): number {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).indexOf(magicBytes, offset)
}
