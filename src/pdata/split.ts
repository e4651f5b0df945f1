import { FieldCursor } from '../wire/field-cursor.ts'
import { wireBytes } from '../wire/wire-type.ts'
import { fieldLength, WireWriter } from '../wire/wire-writer.ts'
import { countItems, countPoints, isMetricData } from './count.ts'
import type { Signal } from './otlp-batch.ts'
import * as otlp from './otlp-fields.ts'
import { defaultWalkBudget, type WalkBudget } from './walk-budget.ts'

export interface SplitLimits {
  /** Most items in one part; absent or 0 means no limit. */
  readonly itemsMax?: number
  /** Most bytes in one part; absent or 0 means no limit. A single item that needs more stays alone in its part. */
  readonly bytesMax?: number
}

export interface SplitPart {
  readonly bytes: Uint8Array
  readonly itemCount: number
}

/** A request is split wherever it was accepted before: what arrives here was already within the receiver's budget. */
const noBudget: WalkBudget = {
  ...defaultWalkBudget,
  itemsMax: Number.MAX_SAFE_INTEGER,
  elementsMax: Number.MAX_SAFE_INTEGER,
}

/**
 * Cuts a request into parts that keep to the limits, in order. Each part repeats the resource, scope and metric around
 * its items, so every part is a complete request, and all parts merged say the same as the whole. Fields may stand in
 * any order; fields that nobody knows travel with the message that they stand in. A request within the limits comes
 * back as the same bytes.
 */
export function splitRequest(
  signal: Signal,
  bytes: Uint8Array,
  limits: SplitLimits,
  itemCount: number = countItems(signal, bytes, noBudget),
): SplitPart[] {
  const itemsMax = limits.itemsMax || Number.MAX_SAFE_INTEGER
  const bytesMax = limits.bytesMax || Number.MAX_SAFE_INTEGER
  if (itemCount <= itemsMax && bytes.length <= bytesMax) return [{ bytes, itemCount }]
  const splitter = new Splitter(bytes, itemsMax, bytesMax, signal === 'metrics')
  splitter.request()
  const parts = splitter.finish()
  return parts.length > 0 ? parts : [{ bytes, itemCount }]
}

/** A message that is open around the current item: its field number in the parent, and its fields but for the children. */
class Container {
  fieldNumber = 0
  /** Offsets of the ranges that every part repeats: start, end, start, end. */
  readonly header: number[] = []
  headerBytes = 0
  /** Whether the current part has this container's header already. */
  isWritten = false
  /** Bytes of the container's content in the current part. */
  contentBytes = 0
  /** Where the writer opened it. */
  mark = 0
}

const levelRequest = 0
const levelGroup = 1
const levelScope = 2
const levelMetric = 3
const levelData = 4

class Splitter {
  readonly #bytes: Uint8Array
  readonly #itemsMax: number
  readonly #bytesMax: number
  readonly #isMetrics: boolean
  readonly #levels = [new Container(), new Container(), new Container(), new Container(), new Container()]
  readonly #writer: WireWriter
  readonly #parts: SplitPart[] = []
  #items = 0
  /** Whether the current part holds anything beside headers. */
  #hasContent = false

  constructor(bytes: Uint8Array, itemsMax: number, bytesMax: number, isMetrics: boolean) {
    this.#bytes = bytes
    this.#itemsMax = itemsMax
    this.#bytesMax = bytesMax
    this.#isMetrics = isMetrics
    this.#writer = new WireWriter(Math.min(bytes.length, bytesMax) + 1024)
  }

  request(): void {
    const bytes = this.#bytes
    this.#enter(levelRequest, 0, 0, bytes.length, otlp.requestResources)
    const cursor = new FieldCursor(bytes)
    while (cursor.next()) {
      if (isChild(cursor, otlp.requestResources)) this.#group(cursor)
    }
  }

  finish(): SplitPart[] {
    if (this.#hasContent) this.#closePart()
    return this.#parts
  }

  #group(field: FieldCursor): void {
    const children = this.#enter(levelGroup, field.fieldNumber, field.valueStart, field.fieldEnd, otlp.groupScopes)
    if (children === 0) this.#add(levelRequest, field.fieldStart, field.fieldEnd, 0)
    const cursor = new FieldCursor(this.#bytes, field.valueStart, field.fieldEnd)
    while (cursor.next()) {
      if (isChild(cursor, otlp.groupScopes)) this.#scope(cursor)
    }
    this.#leave(levelGroup)
  }

  #scope(field: FieldCursor): void {
    const children = this.#enter(
      levelScope,
      field.fieldNumber,
      field.valueStart,
      field.fieldEnd,
      otlp.scopeGroupRecords,
    )
    if (children === 0) this.#add(levelGroup, field.fieldStart, field.fieldEnd, 0)
    const cursor = new FieldCursor(this.#bytes, field.valueStart, field.fieldEnd)
    while (cursor.next()) {
      if (!isChild(cursor, otlp.scopeGroupRecords)) continue
      if (this.#isMetrics) this.#metric(cursor)
      else this.#add(levelScope, cursor.fieldStart, cursor.fieldEnd, 1)
    }
    this.#leave(levelScope)
  }

  #metric(field: FieldCursor): void {
    const { fieldStart, valueStart, fieldEnd } = field
    const points = countPoints(this.#bytes, valueStart, fieldEnd)
    const fits =
      this.#items + points <= this.#itemsMax && this.#sizeWith(levelScope, fieldEnd - fieldStart) <= this.#bytesMax
    const dataField = fits || points <= 1 ? 0 : soleDataField(this.#bytes, valueStart, fieldEnd)
    if (dataField === 0) {
      this.#add(levelScope, fieldStart, fieldEnd, points)
      return
    }
    this.#enter(levelMetric, field.fieldNumber, valueStart, fieldEnd, dataField)
    const metric = new FieldCursor(this.#bytes, valueStart, fieldEnd)
    while (metric.next()) {
      if (metric.fieldNumber !== dataField) continue
      this.#enter(levelData, dataField, metric.valueStart, metric.fieldEnd, otlp.dataPoints)
      const data = new FieldCursor(this.#bytes, metric.valueStart, metric.fieldEnd)
      while (data.next()) {
        if (isChild(data, otlp.dataPoints)) this.#add(levelData, data.fieldStart, data.fieldEnd, 1)
      }
      this.#leave(levelData)
    }
    this.#leave(levelMetric)
  }

  /** Notes the header ranges of the message that is entered. Returns how many children it has. */
  #enter(level: number, fieldNumber: number, start: number, end: number, childField: number): number {
    const container = this.#levels[level]!
    const { header } = container
    container.fieldNumber = fieldNumber
    container.isWritten = false
    container.contentBytes = 0
    container.headerBytes = 0
    header.length = 0
    let children = 0
    const cursor = new FieldCursor(this.#bytes, start, end)
    while (cursor.next()) {
      if (isChild(cursor, childField)) {
        children++
        continue
      }
      if (header.length > 0 && header[header.length - 1] === cursor.fieldStart)
        header[header.length - 1] = cursor.fieldEnd
      else header.push(cursor.fieldStart, cursor.fieldEnd)
      container.headerBytes += cursor.fieldEnd - cursor.fieldStart
    }
    return children
  }

  #leave(level: number): void {
    const container = this.#levels[level]!
    if (!container.isWritten) return
    this.#writer.close(container.mark)
    const parent = this.#levels[level - 1]!
    parent.contentBytes += fieldLength(container.fieldNumber, container.contentBytes)
    container.isWritten = false
  }

  /** Writes one field with `items` items into the message that is open at `level`, in a new part if need be. */
  #add(level: number, start: number, end: number, items: number): void {
    const length = end - start
    const isOver = this.#items + items > this.#itemsMax || this.#sizeWith(level, length) > this.#bytesMax
    if (isOver && this.#hasContent) this.#closePart()
    for (let i = 0; i <= level; i++) {
      const container = this.#levels[i]!
      if (container.isWritten) continue
      if (i > 0) container.mark = this.#writer.open(container.fieldNumber)
      for (let j = 0; j < container.header.length; j += 2) {
        this.#writer.raw(this.#bytes, container.header[j]!, container.header[j + 1]!)
      }
      container.contentBytes = container.headerBytes
      container.isWritten = true
    }
    this.#writer.raw(this.#bytes, start, end)
    this.#levels[level]!.contentBytes += length
    this.#items += items
    this.#hasContent = true
  }

  /** Bytes of the current part if a field of `length` bytes joined the message that is open at `level`. */
  #sizeWith(level: number, length: number): number {
    let size = length
    for (let i = level; i >= 0; i--) {
      const container = this.#levels[i]!
      size += container.isWritten ? container.contentBytes : container.headerBytes
      if (i > 0) size = fieldLength(container.fieldNumber, size)
    }
    return size
  }

  #closePart(): void {
    const levels = this.#levels
    for (let i = levels.length - 1; i > 0; i--) {
      const container = levels[i]!
      if (container.isWritten) this.#writer.close(container.mark)
    }
    for (const container of levels) {
      container.isWritten = false
      container.contentBytes = 0
    }
    this.#parts.push({ bytes: this.#writer.finish(), itemCount: this.#items })
    this.#writer.reset()
    this.#items = 0
    this.#hasContent = false
  }
}

function isChild(cursor: FieldCursor, childField: number): boolean {
  return cursor.fieldNumber === childField && cursor.wireType === wireBytes
}

/**
 * The one field that holds the metric's data. 0 where there are several, as split sub-messages or as two kinds that claim
 * the oneof: what they mean together is the reader's to say, so such a metric is not taken apart.
 */
function soleDataField(bytes: Uint8Array, start: number, end: number): number {
  let sole = 0
  const cursor = new FieldCursor(bytes, start, end)
  while (cursor.next()) {
    if (!isMetricData(cursor.fieldNumber)) continue
    if (sole !== 0 || cursor.wireType !== wireBytes) return 0
    sole = cursor.fieldNumber
  }
  return sole
}
