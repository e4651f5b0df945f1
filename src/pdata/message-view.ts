import { FieldCursor, readFixed64, readVarint64 } from '../wire/field-cursor.ts'
import { WireError } from '../wire/wire-error.ts'
import { wireFixed32, wireFixed64, wireVarint } from '../wire/wire-type.ts'
import type { AttributeKey } from './attribute-key.ts'
import { AttributeList } from './attribute-list.ts'
import { ChangeList } from './change-list.ts'
import { readMilliseconds } from './milliseconds.ts'
import { writeNormalized } from './normalize.ts'
import { fieldNumbersMax, formBytes, formFixed64, formVarint, isRepeatedKind, type MessageType } from './schema.ts'
import { readText } from './text.ts'
import type { Workspace } from './workspace.ts'

const slotStart = 0
const slotEnd = 1
const slotValue = 2
const slotValueEnd = 3
const slotColumns = 4

/**
 * One message of a request, read in place: a resource, a span, an event. The same object is pointed at one message after
 * the other. Its fields are indexed when somebody first asks; edits are noted, seen by every later read, and written when
 * the walk leaves the message.
 *
 * One class for all message types, so that the walk's calls stay monomorphic; `SpanView` and its kin give it names.
 */
export class MessageView {
  readonly workspace: Workspace
  type: MessageType
  /** Payload of the message in `workspace.bytes`. */
  start = 0
  end = 0
  /** The whole field in the parent, tag included; both -1 where the parent has none. */
  fieldStart = -1
  fieldEnd = -1
  readonly #attributes: AttributeList
  #isIndexed = false
  /** Whether `[start, end)` is a copy without repeated singular fields; the original stood at the source offsets. */
  #isNormalized = false
  #isRewritten = false
  #sourceStart = 0
  #sourceEnd = 0
  /** Bit per field number: the message has it. */
  #present = 0
  /** Bit per field number: an edit replaced or removed it. */
  #changed = 0
  /** Columns by field number: where the field and its payload stand. */
  readonly #slots = new Int32Array(fieldNumbersMax * slotColumns)
  /** Where a changed field's new bytes are. */
  readonly #newStarts = new Int32Array(fieldNumbersMax)
  readonly #newEnds = new Int32Array(fieldNumbersMax)
  /** Repeated children that were changed or removed. */
  readonly children = new ChangeList()

  constructor(workspace: Workspace, type: MessageType) {
    this.workspace = workspace
    this.type = type
    this.#attributes = new AttributeList(workspace)
  }

  /** Points the view at the message in `bytes[start, end)`, whose field in the parent is `[fieldStart, fieldEnd)`. */
  reset(start: number, end: number, fieldStart = -1, fieldEnd = -1): void {
    this.start = start
    this.end = end
    this.fieldStart = fieldStart
    this.fieldEnd = fieldEnd
    this.#isIndexed = false
    this.#isNormalized = false
    this.#isRewritten = false
    this.#changed = 0
    this.#attributes.isDirty = false
    this.children.clear()
  }

  /** All bytes of the walk, which edits may move: asked for again after each. */
  get bytes(): Uint8Array {
    return this.workspace.bytes
  }

  /** Whether any edit was made since `reset`. */
  get isDirty(): boolean {
    return this.#changed !== 0 || this.#attributes.isDirty || this.children.size > 0 || this.#isRewritten
  }

  get attributes(): AttributeList {
    const attributes = this.#attributes
    // Whoever asks for attributes first has them read in the same pass.
    if (!this.#isIndexed) this.#index(true)
    else if (!attributes.isParsed) attributes.parse()
    return attributes
  }

  /** Whether no attribute has that key, as far as that can be told without reading them all: see `AttributeList.lacks`. */
  lacksAttribute(key: AttributeKey): boolean {
    if (this.#isIndexed) return this.#attributes.lacks(key)
    this.#index(false, key)
    return this.#attributes.isWatchedAbsent
  }

  has(field: number): boolean {
    if (!this.#isIndexed) this.#index()
    return (this.#present & (1 << field)) !== 0
  }

  /** Offset of the field's payload, or of its number; meaningless where `has` is false. */
  valueStart(field: number): number {
    return this.has(field) ? this.#slots[field * slotColumns + slotValue]! : 0
  }
  valueEnd(field: number): number {
    return this.has(field) ? this.#slots[field * slotColumns + slotValueEnd]! : 0
  }

  /** Offset of a payload of exactly that many bytes; 0 where the field is absent or of another length. */
  payloadOf(field: number, length: number): number {
    if (!this.has(field)) return 0
    const start = this.#slots[field * slotColumns + slotValue]!
    return this.#slots[field * slotColumns + slotValueEnd]! - start === length ? start : 0
  }

  text(field: number): string {
    return this.has(field)
      ? readText(
          this.workspace.bytes,
          this.#slots[field * slotColumns + slotValue]!,
          this.#slots[field * slotColumns + slotValueEnd]!,
        )
      : ''
  }

  /** A varint's low 32 bits; 0 where absent. */
  uint32(field: number): number {
    if (!this.has(field)) return 0
    const first = this.workspace.bytes[this.#slots[field * slotColumns + slotValue]!]!
    if (first < 128) return first
    return Number(this.varint64(field) & 0xffffffffn)
  }

  varint64(field: number): bigint {
    if (!this.has(field)) return 0n
    return readVarint64(
      this.workspace.bytes,
      this.#slots[field * slotColumns + slotValue]!,
      this.#slots[field * slotColumns + slotValueEnd]!,
    )
  }

  /** Raw bits of a fixed64, unsigned; 0 where absent. */
  fixed64(field: number): bigint {
    return this.has(field) ? readFixed64(this.workspace.bytes, this.#slots[field * slotColumns + slotValue]!) : 0n
  }

  /** A time in nanoseconds since the Unix epoch as milliseconds, exact to the microsecond; 0 where absent. */
  milliseconds(field: number): number {
    const start = this.valueStart(field)
    if (this.valueEnd(field) - start !== 8) return 0
    return readMilliseconds(this.workspace.bytes, start)
  }

  fixed32(field: number): number {
    if (!this.has(field)) return 0
    const start = this.#slots[field * slotColumns + slotValue]!
    const { bytes } = this.workspace
    return (bytes[start]! | (bytes[start + 1]! << 8) | (bytes[start + 2]! << 16) | (bytes[start + 3]! << 24)) >>> 0
  }

  double(field: number): number {
    if (!this.has(field)) return 0
    const start = this.#slots[field * slotColumns + slotValue]!
    for (let i = 0; i < 8; i++) doubleBytes[i] = this.workspace.bytes[start + i]!
    return doubleValue[0]!
  }

  setText(field: number, text: string): void {
    this.setBytes(field, textEncoder.encode(text))
  }

  /** Replaces a length-delimited field by these payload bytes. */
  setBytes(field: number, payload: Uint8Array): void {
    if (!this.#isIndexed) this.#index()
    const { workspace } = this
    const start = workspace.length
    workspace.header(field, payload.length)
    const valueStart = workspace.length
    workspace.raw(payload)
    this.#replace(field, start, valueStart)
  }

  /** Replaces a length-delimited field by the payload that stands in `bytes[start, end)` of the workspace. */
  setRange(field: number, start: number, end: number): void {
    if (!this.#isIndexed) this.#index()
    const { workspace } = this
    const newStart = workspace.length
    workspace.header(field, end - start)
    const valueStart = workspace.length
    workspace.copy(start, end)
    this.#replace(field, newStart, valueStart)
  }

  /** Replaces a singular child by its edited form. Ranges that wait inside it follow to where it stands then. */
  setChild(field: number, child: MessageView): void {
    if (!this.#isIndexed) this.#index()
    const { workspace } = this
    const start = child.writePayload()
    const end = workspace.length
    const newStart = end
    workspace.header(field, end - start)
    const valueStart = workspace.length
    workspace.relocateIfFollowed(start, end)
    this.#replace(field, newStart, valueStart)
  }

  setVarint(field: number, value: number): void {
    if (!this.#isIndexed) this.#index()
    const { workspace } = this
    const start = workspace.length
    workspace.varint((field << 3) | wireVarint)
    const valueStart = workspace.length
    workspace.varint(value)
    this.#replace(field, start, valueStart)
  }

  /** Replaces a fixed64, sfixed64 or double field by its raw bits. */
  setFixed64(field: number, bits: bigint): void {
    if (!this.#isIndexed) this.#index()
    const { workspace } = this
    const start = workspace.length
    workspace.varint((field << 3) | wireFixed64)
    const valueStart = workspace.length
    let rest = BigInt.asUintN(64, bits)
    for (let i = 0; i < 8; i++) {
      workspace.byte(Number(rest & 255n))
      rest >>= 8n
    }
    this.#replace(field, start, valueStart)
  }

  setFixed32(field: number, value: number): void {
    if (!this.#isIndexed) this.#index()
    const { workspace } = this
    const start = workspace.length
    workspace.varint((field << 3) | wireFixed32)
    const valueStart = workspace.length
    for (let shift = 0; shift < 32; shift += 8) workspace.byte((value >>> shift) & 255)
    this.#replace(field, start, valueStart)
  }

  /** Removes a singular field. */
  clear(field: number): void {
    if (!this.has(field)) return
    this.#present &= ~(1 << field)
    this.#changed |= 1 << field
    this.#newStarts[field] = 0
    this.#newEnds[field] = 0
  }

  /**
   * Replaces `bytes[start, end)` of the workspace, which must lie inside one text or bytes payload of this message, at any
   * depth. Reads see it once the processor's hook has returned. Ranges must not overlap.
   */
  replaceRange(start: number, end: number, replacement: Uint8Array): void {
    this.workspace.ranges.add(start, end, replacement)
  }

  /** Where the byte that stood at `offset` of the request is now; it may have been copied since. */
  locate(offset: number): number {
    return this.workspace.ranges.locate(offset)
  }

  /** Where a range lies in a piece that protobuf overrides, the copy without that piece goes out. */
  dropOverriddenRanges(): void {
    const { ranges } = this.workspace
    if (!this.#isNormalized || !ranges.isIn(this.#sourceStart, this.#sourceEnd)) return
    ranges.discard(this.#sourceStart, this.#sourceEnd)
    this.#isRewritten = true
  }

  /** Lists the message's payload, edits applied, in the workspace. Returns its length. */
  emit(): number {
    const { workspace } = this
    const before = workspace.emittedBytes
    if (!this.isDirty) {
      workspace.emit(this.start, this.end)
      return workspace.emittedBytes - before
    }
    if (this.#changed === 0 && this.children.size === 0) {
      if (this.#attributes.isDirty) this.#attributes.emit(this.start, this.end)
      else workspace.emit(this.start, this.end)
      return workspace.emittedBytes - before
    }
    if (this.#emitOneChange()) return workspace.emittedBytes - before
    const changes = this.#changes()
    let from = this.start
    let firstNew = 0
    const { entries, size } = changes
    // Entries without a place of their own (inserted) sort first; they go where the first change leaves room.
    while (firstNew < size && entries[firstNew * 4]! < 0) firstNew++
    let isInserted = firstNew === 0
    for (let i = firstNew; i < size; i++) {
      const at = i * 4
      workspace.emit(from, entries[at]!)
      workspace.emit(entries[at + 2]!, entries[at + 3]!)
      from = entries[at + 1]!
      if (!isInserted) {
        for (let j = 0; j < firstNew; j++) workspace.emit(entries[j * 4 + 2]!, entries[j * 4 + 3]!)
        isInserted = true
      }
    }
    workspace.emit(from, this.end)
    if (!isInserted) for (let j = 0; j < firstNew; j++) workspace.emit(entries[j * 4 + 2]!, entries[j * 4 + 3]!)
    return workspace.emittedBytes - before
  }

  /** Lists the payload where one singular field is all that was edited; false where more was. */
  #emitOneChange(): boolean {
    const changed = this.#changed
    if ((changed & (changed - 1)) !== 0 || this.#attributes.isDirty || this.children.size > 0) return false
    const { workspace } = this
    const field = 31 - Math.clz32(changed)
    const start = this.#slots[field * slotColumns + slotStart]!
    workspace.emit(this.start, start < 0 ? this.end : start)
    workspace.emit(this.#newStarts[field]!, this.#newEnds[field]!)
    if (start >= 0) workspace.emit(this.#slots[field * slotColumns + slotEnd]!, this.end)
    return true
  }

  /** Lists the whole field: tag, length, payload. */
  emitField(fieldNumber: number): void {
    const mark = this.workspace.openHeader()
    this.workspace.closeHeader(mark, fieldNumber, this.emit())
  }

  /** Writes the whole field behind the workspace's material, for a parent to point at. Returns where it begins. */
  writeField(fieldNumber: number): number {
    const { workspace } = this
    workspace.seal()
    const { rangeCount, emittedBytes } = workspace
    this.emitField(fieldNumber)
    const start = workspace.length
    workspace.gather(rangeCount)
    workspace.rollBack(rangeCount, emittedBytes)
    return start
  }

  /** Writes the payload behind the workspace's material. Returns where it begins. */
  writePayload(): number {
    const { workspace } = this
    workspace.seal()
    const { rangeCount, emittedBytes } = workspace
    this.emit()
    const start = workspace.length
    workspace.gather(rangeCount)
    workspace.rollBack(rangeCount, emittedBytes)
    return start
  }

  #changes(): ChangeList {
    const changes = scratchChanges
    changes.clear()
    if (this.#attributes.isDirty) this.#attributes.collect(changes)
    changes.addAll(this.children)
    if (this.#changed !== 0) {
      for (let field = 1; field < fieldNumbersMax; field++) {
        if ((this.#changed & (1 << field)) === 0) continue
        changes.add(
          this.#slots[field * slotColumns + slotStart]!,
          this.#slots[field * slotColumns + slotEnd]!,
          this.#newStarts[field]!,
          this.#newEnds[field]!,
        )
      }
    }
    changes.sort()
    return changes
  }

  #replace(field: number, start: number, valueStart: number): void {
    const bit = 1 << field
    if ((this.#present & bit) === 0 && (this.#changed & bit) === 0) {
      this.#slots[field * slotColumns + slotStart] = -1
      this.#slots[field * slotColumns + slotEnd] = -1
    }
    this.#present |= bit
    this.#changed |= bit
    this.#slots[field * slotColumns + slotValue] = valueStart
    this.#slots[field * slotColumns + slotValueEnd] = this.workspace.length
    this.#newStarts[field] = start
    this.#newEnds[field] = this.workspace.length
  }

  /**
   * One pass over the top level: attributes go to their list, read at once where `readsAttributes` or looked through for
   * the key `watched`; singular fields go to the table by number.
   */
  #index(readsAttributes = false, watched?: AttributeKey): void {
    this.#isIndexed = true
    const { type, end } = this
    const { attributesField, attributesTag, forms, wireTypes, kinds } = type
    const { bytes } = this.workspace
    const attributes = this.#attributes
    attributes.reset(attributesField)
    if (readsAttributes) attributes.beginRead()
    const slots = this.#slots
    let present = 0
    let offset = this.start
    while (offset < end) {
      const start = offset
      const tag = bytes[start]!
      if (tag === attributesTag) {
        if (readsAttributes) {
          offset = attributes.readRow(bytes, start, end, tag)
          if (offset > start) attributes.add(start, offset)
        } else if (watched === undefined) offset = attributes.addRow(bytes, start, end, tag)
        else offset = attributes.watchRow(watched, bytes, start, end, tag)
        if (offset > start) continue
      }
      // Known fields with a tag of one byte, and one byte of length or number: anything else is for the careful cursor,
      // and so is what ends with the buffer, where there is no byte to compare.
      const form = forms[tag]!
      const second = bytes[start + 1]!
      let fieldNumber = tag >>> 3
      let valueStart = start + 1
      if (form === formFixed64) offset = start + 9
      else if (form === formVarint && second < 128) offset = start + 2
      else if (form === formBytes && second < 128) {
        valueStart = start + 2
        offset = valueStart + second
      } else {
        slowCursor.reset(bytes, start, end).next()
        offset = slowCursor.fieldEnd
        fieldNumber = slowCursor.fieldNumber
        valueStart = slowCursor.valueStart
        if (fieldNumber >= fieldNumbersMax || wireTypes[fieldNumber] !== slowCursor.wireType) continue
      }
      if (offset > end) throw new WireError('field runs past its message', start)
      if (fieldNumber === attributesField) {
        if (readsAttributes) attributes.readOther(start)
        attributes.add(start, offset)
        attributes.isWatchedAbsent = false
        continue
      }
      const bit = 1 << fieldNumber
      if ((present & bit) !== 0 && !isRepeatedKind(kinds[fieldNumber]!)) {
        this.#normalize(readsAttributes, watched)
        return
      }
      present |= bit
      const slot = fieldNumber * slotColumns
      slots[slot + slotStart] = start
      slots[slot + slotEnd] = offset
      slots[slot + slotValue] = valueStart
      slots[slot + slotValueEnd] = offset
    }
    if (readsAttributes) attributes.finishRead()
    this.#present = present
  }

  /** A singular field stands here more than once: reads the message as protobuf would, from a rewritten copy. */
  #normalize(readsAttributes: boolean, watched: AttributeKey | undefined): void {
    const { workspace } = this
    const start = workspace.length
    writeNormalized(workspace, this.type, this.start, this.end)
    this.#isNormalized = true
    this.#sourceStart = this.start
    this.#sourceEnd = this.end
    this.start = start
    this.end = workspace.length
    this.#index(readsAttributes, watched)
  }
}

const textEncoder = new TextEncoder()
const slowCursor = new FieldCursor()
const scratchChanges = new ChangeList()
const doubleBytes = new Uint8Array(8)
const doubleValue = new Float64Array(doubleBytes.buffer)
