import type { AttributeWriter } from '../../pdata/attribute-writer.ts'
import { linkAttributes, linkSpanId, linkTraceId, spanLinks } from '../../pdata/otlp-fields.ts'
import { isZero } from '../../wire/is-zero.ts'
import type { WireWriter } from '../../wire/wire-writer.ts'

const keyRefType = Buffer.from('opentracing.ref_type')
const typeNames = [Buffer.from('child_of'), Buffer.from('follows_from')] as const
const childOf = 0

/** Bytes of one reference: type, trace id, span id. */
const referenceSize = 25
const traceIdAt = 1
const spanIdAt = 17

/** The references of a span: one of them may be its parent, the others are links. */
export class JaegerReferences {
  bytes = new Uint8Array(referenceSize * 8)
  #count = 0

  clear(): void {
    this.#count = 0
  }

  /** Room for a reference's trace id (16 bytes) and span id (8 bytes) at the returned offset of `bytes`; its type is before. */
  add(type: number): number {
    const start = this.#count++ * referenceSize
    if (start + referenceSize > this.bytes.length) {
      const grown = new Uint8Array(this.bytes.length * 2)
      grown.set(this.bytes)
      this.bytes = grown
    }
    this.bytes.fill(0, start, start + referenceSize)
    this.bytes[start] = type
    return start + traceIdAt
  }

  /**
   * Without a parent id in `ids` (trace id, span id, parent span id), the first reference to a span of the same trace is the
   * parent, a child-of before others.
   */
  inferParent(ids: Uint8Array): void {
    let found = -1
    for (let i = 0; i < this.#count; i++) {
      const start = i * referenceSize
      if (!this.#isInTrace(start, ids)) continue
      if (this.bytes[start] === childOf) {
        found = start
        break
      }
      if (found < 0) found = start
    }
    if (found >= 0) ids.set(this.bytes.subarray(found + spanIdAt, found + referenceSize), 24)
  }

  /** Writes a link for each but the parent. */
  writeLinks(writer: WireWriter, attributes: AttributeWriter, ids: Uint8Array): void {
    const { bytes } = this
    for (let i = 0; i < this.#count; i++) {
      const start = i * referenceSize
      if (this.#isParent(start, ids)) continue
      const spanId = start + spanIdAt
      const end = start + referenceSize
      const mark = writer.open(spanLinks)
      if (!isZero(bytes, start + traceIdAt, spanId)) writer.bytesField(linkTraceId, bytes, start + traceIdAt, spanId)
      if (!isZero(bytes, spanId, end)) writer.bytesField(linkSpanId, bytes, spanId, end)
      const name = typeNames[bytes[start] === childOf ? 0 : 1]
      attributes.begin(writer, linkAttributes, true)
      attributes.string(keyRefType, 0, keyRefType.length, name, 0, name.length)
      writer.close(mark)
    }
  }

  #isInTrace(reference: number, ids: Uint8Array): boolean {
    for (let i = 0; i < 16; i++) if (this.bytes[reference + traceIdAt + i] !== ids[i]) return false
    return true
  }

  #isParent(reference: number, ids: Uint8Array): boolean {
    if (this.bytes[reference] !== childOf || !this.#isInTrace(reference, ids)) return false
    for (let i = 0; i < 8; i++) if (this.bytes[reference + spanIdAt + i] !== ids[24 + i]) return false
    return true
  }
}
