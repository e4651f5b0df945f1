import { AttributeWriter } from '../../pdata/attribute-writer.ts'
import {
  linkAttributes,
  linkDroppedAttributesCount,
  linkSpanId,
  linkTraceId,
  linkTraceState,
  spanLinks,
} from '../../pdata/otlp-fields.ts'
import type { WireWriter } from '../../wire/wire-writer.ts'
import type { JsonAttributes } from './json-attributes.ts'

const prefix = Buffer.from('otlp.link.')
const bar = 0x7c

/** Tags `otlp.link.0` and so on, as OpenTelemetry's exporters write links. */
export function isLinkKey(key: Uint8Array, start: number, end: number): boolean {
  if (end - start <= prefix.length || end - start > prefix.length + 4) return false
  for (let i = 0; i < prefix.length; i++) if (key[start + i] !== prefix[i]) return false
  for (let i = start + prefix.length; i < end; i++) if (key[i]! < 0x30 || key[i]! > 0x39) return false
  return true
}

/** Turns `traceid|spanid|tracestate|{attributes}|dropped` into a link. */
export class LinkWriter {
  readonly #attributes = new AttributeWriter()
  readonly #jsonAttributes: JsonAttributes
  readonly #ids = new Uint8Array(24)

  constructor(jsonAttributes: JsonAttributes) {
    this.#jsonAttributes = jsonAttributes
  }

  begin(): void {
    this.#ids.fill(0)
  }

  /** False, and nothing written, where the text is not a link: then it is an attribute like any other. */
  write(writer: WireWriter, text: Uint8Array, start: number, end: number): boolean {
    const first = indexOfBar(text, start, end)
    const second = first < 0 ? -1 : indexOfBar(text, first + 1, end)
    const third = second < 0 ? -1 : indexOfBar(text, second + 1, end)
    const last = third < 0 ? -1 : lastIndexOfBar(text, start, end)
    if (third < 0 || last <= third) return false
    const hasTraceId = first > start
    const hasSpanId = second > first + 1
    if (hasTraceId && !readHex(text, start, first, this.#ids, 0, 16)) return false
    if (hasSpanId && !readHex(text, first + 1, second, this.#ids, 16, 8)) return false
    const dropped = Number(Buffer.from(text.subarray(last + 1, end)).toString('latin1'))
    if (last + 1 === end || !Number.isInteger(dropped) || dropped < 0 || dropped > 0xffffffff) return false
    if (!this.#jsonAttributes.isObject(text, third + 1, last)) return false
    const mark = writer.open(spanLinks)
    if (hasTraceId) writer.bytesField(linkTraceId, this.#ids, 0, 16)
    if (hasSpanId) writer.bytesField(linkSpanId, this.#ids, 16, 24)
    if (third > second + 1) writer.bytesField(linkTraceState, text, second + 1, third)
    this.#attributes.begin(writer, linkAttributes, false)
    this.#jsonAttributes.write(text, third + 1, last, this.#attributes)
    if (dropped > 0) writer.uint32Field(linkDroppedAttributesCount, dropped)
    writer.close(mark)
    return true
  }
}

/** The first bar in the range; -1 for none. */
export function indexOfBar(text: Uint8Array, start: number, end: number): number {
  for (let i = start; i < end; i++) if (text[i] === bar) return i
  return -1
}

export function lastIndexOfBar(text: Uint8Array, start: number, end: number): number {
  for (let i = end - 1; i >= start; i--) if (text[i] === bar) return i
  return -1
}

/** Hexadecimal of exactly `length` bytes into `target`; false for anything else. */
function readHex(
  text: Uint8Array,
  start: number,
  end: number,
  target: Uint8Array,
  at: number,
  length: number,
): boolean {
  if (end - start !== length * 2) return false
  for (let i = 0; i < length; i++) {
    const high = hexValue(text[start + 2 * i]!)
    const low = hexValue(text[start + 2 * i + 1]!)
    if (high < 0 || low < 0) return false
    target[at + i] = (high << 4) | low
  }
  return true
}

/** The value of a hexadecimal digit; -1 for anything else. */
function hexValue(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30
  const lower = byte | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1
}
