import { copyBytes } from '../wire/copy-bytes.ts'
import { FieldCursor, readFixed64, readVarint64 } from '../wire/field-cursor.ts'
import { WireError } from '../wire/wire-error.ts'
import { wireBytes, wireFixed64, wireVarint } from '../wire/wire-type.ts'
import { WireWriter } from '../wire/wire-writer.ts'
import type { EncodedValue } from './constant-attribute.ts'
import * as otlp from './otlp-fields.ts'
import { readText } from './text.ts'

/** Kinds of `AnyValue`: the field numbers of its members, and 0 where none is set. */
export const valueEmpty = 0
export const valueString = otlp.anyString
export const valueBool = otlp.anyBool
export const valueInt = otlp.anyInt
export const valueDouble = otlp.anyDouble
export const valueArray = otlp.anyArray
export const valueMap = otlp.anyKvlist
export const valueBytes = otlp.anyBytes

/** Levels that values may nest. */
export const valueDepthMax = 64

const wireTypeByKind = [255, wireBytes, wireVarint, wireVarint, wireFixed64, wireBytes, wireBytes, wireBytes]
const doubleView = new DataView(new ArrayBuffer(8))

/** Reads one `AnyValue` in place; point it at the next with `reset`. */
export class ValueReader {
  bytes: Uint8Array = new Uint8Array(0)
  kind = valueEmpty
  /** Text, bytes, list payload or number of the value. */
  start = 0
  end = 0
  readonly #cursor = new FieldCursor()

  /** Points the reader at the `AnyValue` payload in `bytes[start, end)`. */
  reset(bytes: Uint8Array, start: number, end: number): this {
    this.bytes = bytes
    const tag = start < end ? bytes[start]! : 0
    if (tag === 0x0a && start + 1 < end && bytes[start + 1]! < 128 && start + 2 + bytes[start + 1]! === end) {
      this.kind = valueString
      this.start = start + 2
      this.end = end
      return this
    }
    this.kind = valueEmpty
    this.start = end
    this.end = end
    // A oneof: the last member on the wire counts. (Several lists in one value would merge; nobody writes that.)
    const cursor = this.#cursor.reset(bytes, start, end)
    while (cursor.next()) {
      if (cursor.fieldNumber > valueBytes || wireTypeByKind[cursor.fieldNumber] !== cursor.wireType) continue
      this.kind = cursor.fieldNumber
      this.start = cursor.valueStart
      this.end = cursor.fieldEnd
    }
    return this
  }

  /** The text of a string; empty for every other kind. */
  text(): string {
    return this.kind === valueString ? readText(this.bytes, this.start, this.end) : ''
  }

  int(): bigint {
    return this.kind === valueInt ? BigInt.asIntN(64, readVarint64(this.bytes, this.start, this.end)) : 0n
  }

  double(): number {
    if (this.kind !== valueDouble) return 0
    doubleView.setBigUint64(0, readFixed64(this.bytes, this.start), true)
    return doubleView.getFloat64(0, true)
  }

  bool(): boolean {
    return this.kind === valueBool && readVarint64(this.bytes, this.start, this.end) !== 0n
  }

  /** Int or double as a number; NaN for every other kind. Integers above 2^53 lose digits. */
  number(): number {
    if (this.kind === valueInt) return Number(this.int())
    return this.kind === valueDouble ? this.double() : Number.NaN
  }

  /** A copy of a bytes value. */
  copyBytes(): Uint8Array {
    return copyBytes(this.bytes, this.start, this.end)
  }

  /** The value as JavaScript: text, bigint, number, boolean, bytes, array, Map; undefined where empty. Allocates. */
  toJs(depth = 1): JsValue {
    switch (this.kind) {
      case valueString:
        return this.text()
      case valueBool:
        return this.bool()
      case valueInt:
        return this.int()
      case valueDouble:
        return this.double()
      case valueBytes:
        return this.copyBytes()
      case valueArray:
        return this.#list(depth)
      case valueMap:
        return this.#map(depth)
      default:
        return undefined
    }
  }

  #list(depth: number): JsValue[] {
    const list: JsValue[] = []
    const inner = new ValueReader()
    const cursor = new FieldCursor(this.bytes, this.start, this.end)
    while (cursor.next()) {
      if (!isMember(cursor)) continue
      checkDepth(depth, cursor.fieldStart)
      list.push(inner.reset(this.bytes, cursor.valueStart, cursor.fieldEnd).toJs(depth + 1))
    }
    return list
  }

  #map(depth: number): Map<string, JsValue> {
    const map = new Map<string, JsValue>()
    const inner = new ValueReader()
    const cursor = new FieldCursor(this.bytes, this.start, this.end)
    const member = new KeyValueReader()
    while (cursor.next()) {
      if (!isMember(cursor)) continue
      checkDepth(depth, cursor.fieldStart)
      member.reset(this.bytes, cursor.valueStart, cursor.fieldEnd)
      const key = readText(this.bytes, member.keyStart, member.keyEnd)
      map.set(key, inner.reset(this.bytes, member.valueStart, member.valueEnd).toJs(depth + 1))
    }
    return map
  }
}

export type JsValue = string | boolean | bigint | number | Uint8Array | undefined | JsValue[] | Map<string, JsValue>

/** Reads one `KeyValue` in place: a member of a map. */
export class KeyValueReader {
  keyStart = 0
  keyEnd = 0
  valueStart = 0
  valueEnd = 0
  readonly #cursor = new FieldCursor()

  reset(bytes: Uint8Array, start: number, end: number): this {
    this.keyStart = end
    this.keyEnd = end
    this.valueStart = end
    this.valueEnd = end
    const cursor = this.#cursor.reset(bytes, start, end)
    while (cursor.next()) {
      if (cursor.wireType !== wireBytes) continue
      if (cursor.fieldNumber === otlp.keyValueKey) {
        this.keyStart = cursor.valueStart
        this.keyEnd = cursor.fieldEnd
      } else if (cursor.fieldNumber === otlp.keyValueValue) {
        this.valueStart = cursor.valueStart
        this.valueEnd = cursor.fieldEnd
      }
    }
    return this
  }
}

/** Receives every leaf of a value, however deep. Offsets are into the bytes that were visited. */
export interface ValueVisitor {
  /** A string, bytes, number or bool. `[keyStart, keyEnd)` is the key of the nearest map around it, empty in none. */
  leaf(kind: number, start: number, end: number, keyStart: number, keyEnd: number): void
  /** A key of a nested map. */
  key?(start: number, end: number): void
}

/**
 * Walks the `AnyValue` in `bytes[start, end)` down to its leaves, every occurrence of every member: what a oneof hides
 * from other readers is visited too, so nothing stays unseen.
 */
export function visitValue(
  bytes: Uint8Array,
  start: number,
  end: number,
  visitor: ValueVisitor,
  keyStart = 0,
  keyEnd = 0,
  depth = 1,
): void {
  checkDepth(depth - 1, start)
  const cursor = new FieldCursor(bytes, start, end)
  while (cursor.next()) {
    const kind = cursor.fieldNumber
    if (kind > valueBytes || wireTypeByKind[kind] !== cursor.wireType) continue
    if (kind !== valueArray && kind !== valueMap) {
      visitor.leaf(kind, cursor.valueStart, cursor.fieldEnd, keyStart, keyEnd)
      continue
    }
    const list = new FieldCursor(bytes, cursor.valueStart, cursor.fieldEnd)
    const member = new KeyValueReader()
    while (list.next()) {
      if (!isMember(list)) continue
      if (kind === valueArray) visitValue(bytes, list.valueStart, list.fieldEnd, visitor, keyStart, keyEnd, depth + 1)
      else visitMember(bytes, list.valueStart, list.fieldEnd, visitor, member, depth + 1)
    }
  }
}

function visitMember(
  bytes: Uint8Array,
  start: number,
  end: number,
  visitor: ValueVisitor,
  member: KeyValueReader,
  depth: number,
): void {
  const { keyStart, keyEnd } = member.reset(bytes, start, end)
  const cursor = new FieldCursor(bytes, start, end)
  while (cursor.next()) {
    if (cursor.wireType !== wireBytes) continue
    if (cursor.fieldNumber === otlp.keyValueKey) visitor.key?.(cursor.valueStart, cursor.fieldEnd)
    else if (cursor.fieldNumber === otlp.keyValueValue) {
      visitValue(bytes, cursor.valueStart, cursor.fieldEnd, visitor, keyStart, keyEnd, depth)
    }
  }
}

function isMember(cursor: FieldCursor): boolean {
  return cursor.fieldNumber === otlp.listValues && cursor.wireType === wireBytes
}

function checkDepth(depth: number, offset: number): void {
  if (depth >= valueDepthMax) throw new WireError(`values nest deeper than ${valueDepthMax} levels`, offset)
}

export function encodeString(text: string): EncodedValue {
  const writer = new WireWriter(text.length + 8)
  writer.stringField(otlp.anyString, text)
  return writer.finish()
}

export function encodeBool(value: boolean): EncodedValue {
  return Uint8Array.of((otlp.anyBool << 3) | wireVarint, value ? 1 : 0)
}

export function encodeInt(value: bigint | number): EncodedValue {
  const writer = new WireWriter(16)
  writer.varint64Field(otlp.anyInt, BigInt(value))
  return writer.finish()
}

export function encodeDouble(value: number): EncodedValue {
  const writer = new WireWriter(16)
  writer.doubleField(otlp.anyDouble, value)
  return writer.finish()
}

/**
 * Encodes what a configuration or `toJs` holds: a bigint becomes an int, a number a double, even a whole one, lists arrays,
 * maps key-value lists, null the empty value.
 */
export function encodeValue(value: unknown): EncodedValue {
  const writer = new WireWriter(64)
  writeValue(writer, value, 1)
  return writer.finish()
}

function writeValue(writer: WireWriter, value: unknown, depth: number): void {
  checkDepth(depth - 1, -1)
  if (value === null || value === undefined) return
  if (typeof value === 'string') writer.stringField(otlp.anyString, value)
  else if (typeof value === 'boolean') writer.boolField(otlp.anyBool, value)
  else if (typeof value === 'bigint') writer.varint64Field(otlp.anyInt, value)
  else if (typeof value === 'number') writer.doubleField(otlp.anyDouble, value)
  else if (value instanceof Uint8Array) writer.bytesField(otlp.anyBytes, value)
  else if (Array.isArray(value)) {
    const list = writer.open(otlp.anyArray)
    for (const item of value) {
      const mark = writer.open(otlp.listValues)
      writeValue(writer, item, depth + 1)
      writer.close(mark)
    }
    writer.close(list)
  } else writeMap(writer, value as object, depth)
}

function writeMap(writer: WireWriter, value: object, depth: number): void {
  const list = writer.open(otlp.anyKvlist)
  const members = value instanceof Map ? value.entries() : Object.entries(value)
  for (const [key, item] of members) {
    const mark = writer.open(otlp.listValues)
    writer.stringField(otlp.keyValueKey, String(key))
    const valueMark = writer.open(otlp.keyValueValue)
    writeValue(writer, item, depth + 1)
    writer.close(valueMark)
    writer.close(mark)
  }
  writer.close(list)
}
