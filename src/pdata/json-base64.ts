import type { JsonReader } from '../wire/json-reader.ts'
import { WireWriter } from '../wire/wire-writer.ts'

/** Values of base64 digits by byte, standard and URL-safe; -1 for anything else. */
const values = new Int8Array(256).fill(-1)
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
for (let i = 0; i < alphabet.length; i++) values[alphabet.charCodeAt(i)] = i
values['-'.charCodeAt(0)] = 62
values['_'.charCodeAt(0)] = 63

const padding = 0x3d

/**
 * Appends the bytes that the reader's last string holds in base64: standard or URL-safe, with or without padding.
 * Throws `JsonError` where it is neither.
 */
export function writeBase64(reader: JsonReader, writer: WireWriter): void {
  if (!reader.stringHasEscapes) {
    writeDecoded(reader, reader.bytes, reader.stringStart, reader.stringEnd, writer)
    return
  }
  // Some encoders escape the slash.
  const plain = new WireWriter(reader.stringEnd - reader.stringStart)
  reader.copyString(plain)
  writeDecoded(reader, plain.view(), 0, plain.length, writer)
}

function writeDecoded(reader: JsonReader, text: Uint8Array, start: number, end: number, writer: WireWriter): void {
  let stop = end
  if (stop > start && text[stop - 1] === padding) stop--
  if (stop > start && text[stop - 1] === padding) stop--
  const digits = stop - start
  if (digits % 4 === 1 || (stop < end && (end - start) % 4 !== 0))
    throw reader.error('base64 is cut off', reader.stringStart)
  let bits = 0
  let held = 0
  for (let offset = start; offset < stop; offset++) {
    const value = values[text[offset]!]!
    if (value < 0) throw reader.error('a character that base64 does not have', reader.stringStart)
    bits = ((bits << 6) | value) & 0xffff
    held += 6
    if (held >= 8) {
      held -= 8
      writer.byte((bits >>> held) & 255)
    }
  }
}
