import { FieldCursor } from '../wire/field-cursor.ts'
import { wireBytes } from '../wire/wire-type.ts'
import type { AttributeKey } from './attribute-key.ts'
import * as otlp from './otlp-fields.ts'
import { fieldNumbersMax, spanType } from './schema.ts'

// Numbers of this file's own: see attribute-rows.ts.
/** Of the first two bytes of a field: a tag of one byte of a length-delimited field, and a length below 128. */
const shortMask = 0x8087
const shortBytes = 2
/** Of the first four bytes of an attribute: its own tag and short length, its key's tag and short length. */
const openingMask = 0x80ff80ff | 0
const opening = 0x000a004a
/** Of a value's first two bytes: its tag and a short length. */
const valueMask = 0x80ff
const valueTag = 0x12
const attributeTag = 0x4a
const spanTag = 0x12
const traceStateTag = 0x1a
/** A tag with the length of an id behind it, as words. */
const wholeTraceId = 0x100a
const wholeSpanId = 0x0812
/** Two ids with their tags and lengths. */
const idsLength = 28
const kindTag = 0x30
const startTag = 0x39
const endTag = 0x41

/** The two bytes of the tag of a span's flags. */
const flagsTag = 0x0185
const flagsBit = 1 << 16
/** Bits by field number: what may stand in a span once. */
const singularFields = 0x1ffff & ~(1 << 9) & ~(1 << 11) & ~(1 << 13)
const idBits = (1 << 1) | (1 << 2)
/** In place of a field number: the attribute was found. */
const watchedBit = 1 << 30

/** Columns of one span. */
const fieldStart = 0
const valueStart = 1
const fieldEnd = 2
const traceId = 3 // 0 where there is none of 16 bytes
const stateField = 4 // the tracestate's field, its payload and its end; all 0 where there is none
const stateStart = 5
const stateEnd = 6
const watchedStart = 7 // the value of the first attribute with the key; 0 where no attribute has it
const watchedEnd = 8
const columns = 9
/** Columns of a scope or a resource group. */
const groupColumns = 5
/** A table that one huge request left behind is given back. */
const keptRowsMax = 65536

/**
 * Where the spans of a request stand, and in each the few things that a sampler asks for: trace id, tracestate and the
 * value of one attribute. One pass that notes nothing else.
 *
 * It knows the shapes that encoders write. Where it meets another one that could mean something (a field that should stand
 * once and stands twice, an attribute whose key may come in pieces) it gives up, and the caller walks through views.
 */
export class SpanIndex {
  readonly #key: AttributeKey
  readonly #keyLength: number
  readonly #requestCursor = new FieldCursor()
  readonly #groupCursor = new FieldCursor()
  readonly #scopeCursor = new FieldCursor()
  readonly #cursor = new FieldCursor()
  request: Uint8Array = emptyBytes
  view: DataView = emptyView
  #rows = new Int32Array(512 * columns)
  /** Field start, value start, end, first child, end of children. */
  scopes: Int32Array = new Int32Array(16 * groupColumns)
  groups: Int32Array = new Int32Array(4 * groupColumns)
  spanCount = 0
  scopeCount = 0
  groupCount = 0

  /** `key` is the attribute whose values are noted. */
  constructor(key: AttributeKey) {
    this.#key = key
    this.#keyLength = key.bytes.length
  }

  /** Reads a valid request; false where it is not sure what something means. Throws `WireError` where it is malformed. */
  read(request: Uint8Array): boolean {
    this.request = request
    this.view = new DataView(request.buffer, request.byteOffset, request.length)
    this.spanCount = 0
    this.scopeCount = 0
    this.groupCount = 0
    const cursor = this.#requestCursor.reset(request, 0, request.length)
    while (cursor.next()) {
      if (cursor.fieldNumber !== otlp.requestResources || cursor.wireType !== wireBytes) continue
      const first = this.scopeCount
      if (!this.#group(cursor)) return false
      this.groups = noteGroup(this.groups, this.groupCount++, cursor, first, this.scopeCount)
    }
    return true
  }

  /** Forgets the request, and memory beyond the ordinary. */
  release(): void {
    this.request = emptyBytes
    this.view = emptyView
    if (this.#rows.length > keptRowsMax * columns) this.#rows = new Int32Array(512 * columns)
  }

  fieldStart(span: number): number {
    return this.#rows[span * columns + fieldStart]!
  }
  valueStart(span: number): number {
    return this.#rows[span * columns + valueStart]!
  }
  fieldEnd(span: number): number {
    return this.#rows[span * columns + fieldEnd]!
  }
  /** Offset of the 16 bytes; 0 where the span has none of that length. */
  traceIdStart(span: number): number {
    return this.#rows[span * columns + traceId]!
  }
  /** Where the field of the tracestate stands; 0 where the span has none. */
  stateField(span: number): number {
    return this.#rows[span * columns + stateField]!
  }
  stateStart(span: number): number {
    return this.#rows[span * columns + stateStart]!
  }
  stateEnd(span: number): number {
    return this.#rows[span * columns + stateEnd]!
  }
  /** Where the `AnyValue` of the attribute begins; 0 where no attribute has the key. */
  watchedStart(span: number): number {
    return this.#rows[span * columns + watchedStart]!
  }
  watchedEnd(span: number): number {
    return this.#rows[span * columns + watchedEnd]!
  }

  #group(field: FieldCursor): boolean {
    const cursor = this.#groupCursor.reset(this.request, field.valueStart, field.fieldEnd)
    while (cursor.next()) {
      if (cursor.fieldNumber !== otlp.groupScopes || cursor.wireType !== wireBytes) continue
      const first = this.spanCount
      if (!this.#scope(cursor.valueStart, cursor.fieldEnd)) return false
      this.scopes = noteGroup(this.scopes, this.scopeCount++, cursor, first, this.spanCount)
    }
    return true
  }

  #scope(start: number, end: number): boolean {
    const { request } = this
    let offset = start
    while (offset < end) {
      // Spans with a tag of one byte and a length of one or two; anything else is for the careful cursor.
      if (request[offset] === spanTag && offset + 2 < end) {
        let value = offset + 2
        let length = request[offset + 1]!
        let isShort = true
        if (length > 127) {
          const high = request[value++]!
          isShort = high < 128
          length = (length & 127) | (high << 7)
        }
        if (isShort && value + length <= end) {
          if (!this.#span(offset, value, value + length)) return false
          offset = value + length
          continue
        }
      }
      const cursor = this.#scopeCursor.reset(request, offset, end)
      cursor.next()
      offset = cursor.fieldEnd
      if (cursor.fieldNumber !== otlp.scopeGroupRecords || cursor.wireType !== wireBytes) continue
      if (!this.#span(cursor.fieldStart, cursor.valueStart, offset)) return false
    }
    return true
  }

  #span(field: number, start: number, end: number): boolean {
    const { view } = this
    const key = this.#key
    const keyLength = this.#keyLength
    const at = this.#open(field, start, end)
    const rows = this.#rows
    let offset = start
    let seen = 0
    if (
      start + idsLength <= end &&
      view.getUint16(start, true) === wholeTraceId &&
      view.getUint16(start + 18, true) === wholeSpanId
    ) {
      rows[at + traceId] = start + 2
      seen = idBits
      offset = start + idsLength
    }
    // Four bytes are read at once; what ends with fewer is for the careful cursor.
    const last = end - 4
    while (offset <= last) {
      let word = view.getInt32(offset, true)
      while ((word & openingMask) === opening) {
        const next = offset + 2 + ((word >>> 8) & 127)
        const keyTo = offset + 4 + (word >>> 24)
        if (keyTo + 2 > next || next > end) break
        const second = view.getUint16(keyTo, true)
        if ((second & valueMask) !== valueTag || keyTo + 2 + (second >>> 8) !== next) break
        if (word >>> 24 === keyLength && (seen & watchedBit) === 0 && key.equalsIn(view, offset + 4, keyTo)) {
          seen |= watchedBit
          rows[at + watchedStart] = keyTo + 2
          rows[at + watchedEnd] = next
        }
        offset = next
        if (next > last) break
        word = view.getInt32(next, true)
      }
      if (offset > last) break
      const tag = word & 255
      let bit = 1 << (tag >>> 3)
      if (tag === startTag || tag === endTag) offset += 9
      else if (tag === kindTag && (word & 0x8000) === 0) offset += 2
      else if (tag > traceStateTag && tag !== attributeTag && (word & shortMask) === shortBytes) {
        offset += 2 + ((word >>> 8) & 127)
      } else if ((word & 0xffff) === flagsTag) {
        bit = flagsBit
        offset += 6
      } else {
        bit = this.#other(at, offset, end)
        if (bit < 0) return false
        offset = this.#cursor.fieldEnd
      }
      if ((seen & bit & singularFields) !== 0) return false
      seen |= bit
    }
    while (offset < end) {
      const bit = this.#other(at, offset, end)
      if (bit < 0 || (seen & bit & singularFields) !== 0) return false
      seen |= bit
      offset = this.#cursor.fieldEnd
    }
    return offset === end
  }

  /** Reads the field at `offset` with care. Returns its bit, 0 for unknown fields, -1 where the walk has to look. */
  #other(at: number, offset: number, end: number): number {
    const rows = this.#rows
    const cursor = this.#cursor.reset(this.request, offset, end)
    cursor.next()
    const { fieldNumber } = cursor
    if (fieldNumber >= fieldNumbersMax || spanType.wireTypes[fieldNumber] !== cursor.wireType) return 0
    if (fieldNumber === otlp.spanTraceId) {
      if (cursor.valueLength === 16) rows[at + traceId] = cursor.valueStart
    } else if (fieldNumber === otlp.spanTraceState) {
      rows[at + stateField] = cursor.fieldStart
      rows[at + stateStart] = cursor.valueStart
      rows[at + stateEnd] = cursor.fieldEnd
    } else if (fieldNumber === otlp.spanAttributes && this.#mayBeWatched(cursor)) return -1
    return 1 << fieldNumber
  }

  /** Whether the attribute under the cursor has the key, or more keys than one. */
  #mayBeWatched(field: FieldCursor): boolean {
    const cursor = innerCursor.reset(field.bytes, field.valueStart, field.fieldEnd)
    let keyCount = 0
    while (cursor.next()) {
      if (cursor.fieldNumber !== otlp.keyValueKey) continue
      if (keyCount++ > 0 || this.#key.equals(cursor.bytes, cursor.valueStart, cursor.fieldEnd)) return true
    }
    return false
  }

  #open(field: number, start: number, end: number): number {
    const at = this.spanCount++ * columns
    if (at + columns > this.#rows.length) {
      const grown = new Int32Array(this.#rows.length * 2)
      grown.set(this.#rows)
      this.#rows = grown
    }
    const rows = this.#rows
    rows[at + fieldStart] = field
    rows[at + valueStart] = start
    rows[at + fieldEnd] = end
    rows[at + traceId] = 0
    rows[at + stateField] = 0
    rows[at + watchedStart] = 0
    return at
  }
}

function noteGroup(
  rows: Int32Array,
  index: number,
  { fieldStart, valueStart, fieldEnd }: FieldCursor,
  first: number,
  end: number,
): Int32Array {
  const at = index * groupColumns
  let table = rows
  if (at + groupColumns > table.length) {
    table = new Int32Array(rows.length * 2)
    table.set(rows)
  }
  table[at] = fieldStart
  table[at + 1] = valueStart
  table[at + 2] = fieldEnd
  table[at + 3] = first
  table[at + 4] = end
  return table
}

const emptyBytes: Uint8Array = new Uint8Array(0)
const emptyView: DataView = new DataView(new ArrayBuffer(0))
const innerCursor = new FieldCursor()
