import { AttributeKey } from '../pdata/attribute-key.ts'
import type { AttributeList } from '../pdata/attribute-list.ts'
import type { EncodedValue } from '../pdata/constant-attribute.ts'
import { anyString } from '../pdata/otlp-fields.ts'
import { encodeValue } from '../pdata/value.ts'
import { wireBytes } from '../wire/wire-type.ts'
import { EvaluationError, OttlDuration, OttlId, OttlList, OttlTime, type OttlValue, typeName } from './value.ts'

/** The value as an `AnyValue`. Throws `EvaluationError` for times, durations, ids and lists of messages, which OTLP has no form for. */
export function encodeForOtlp(value: OttlValue): EncodedValue {
  return encodeValue(toPlain(value))
}

/** Gives the attribute with that key the value, or adds it. Throws as `encodeForOtlp` does. */
export function writeAttribute(attributes: AttributeList, key: AttributeKey, value: OttlValue): void {
  attributes.set(key, encodeForNow(value))
}

/** Gives the attribute at that index the value. */
export function writeAttributeAt(attributes: AttributeList, index: number, value: OttlValue): void {
  attributes.setValue(index, encodeForNow(value))
}

/** Only for who copies it before the next call. */
function encodeForNow(value: OttlValue): EncodedValue {
  return typeof value === 'string' ? encodeText(value) : encodeForOtlp(value)
}

const shortMax = 127
const stringTag = (anyString << 3) | wireBytes
/** Memory that is used again, one for each length: a view of its own would cost more than to write the text. */
const shortTexts: Uint8Array[] = []

/** Short ASCII text by hand: 40 ns where a writer takes 300. */
function encodeText(text: string): EncodedValue {
  const { length } = text
  if (length > shortMax) return encodeValue(text)
  let bytes = shortTexts[length]
  if (bytes === undefined) {
    bytes = new Uint8Array(length + 2)
    bytes[0] = stringTag
    bytes[1] = length
    shortTexts[length] = bytes
  }
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i)
    if (code > 127) return encodeValue(text)
    bytes[i + 2] = code
  }
  return bytes
}

/** The value itself, after a look that OTLP can hold it. */
export function toPlain(value: OttlValue): OttlValue {
  if (typeof value !== 'object') return value
  const isForeign =
    value instanceof OttlTime || value instanceof OttlDuration || value instanceof OttlId || value instanceof OttlList
  if (isForeign) throw new EvaluationError(`a ${typeName(value)} cannot be written: make text or a number of it`)
  if (Array.isArray(value)) for (const item of value as OttlValue[]) toPlain(item)
  else if (value instanceof Map) for (const item of (value as Map<string, OttlValue>).values()) toPlain(item)
  return value
}

export function asMap(value: OttlValue): Map<string, OttlValue> {
  if (value instanceof Map) return value as Map<string, OttlValue>
  throw new EvaluationError(`expected map, found ${typeName(value)}`)
}

/** Makes the attributes those of the map. */
export function setMap(attributes: AttributeList, value: OttlValue): void {
  const members = asMap(value)
  const encoded = [...members].map(([key, member]) => [new AttributeKey(key), encodeForOtlp(member)] as const)
  for (let i = 0; i < attributes.size; i++) {
    if (!attributes.isRemoved(i) && !members.has(attributes.keyText(i))) attributes.removeAt(i)
  }
  for (const [key, bytes] of encoded) attributes.set(key, bytes)
}

/**
 * What becomes of a value when another is written at keys inside of it: maps get members that they lack, nil becomes the
 * map or list that the key asks for. Lists do not grow. The original is left as it was.
 */
export function withValueAt(current: OttlValue, keys: readonly OttlValue[], value: OttlValue): OttlValue {
  const [key, ...rest] = keys
  if (keys.length === 0) return value
  if (typeof key === 'string' && (current === undefined || current instanceof Map)) {
    const members = (current ?? new Map()) as Map<string, OttlValue>
    return new Map(members).set(key, withValueAt(members.get(key), rest, value))
  }
  if (typeof key === 'bigint' && current === undefined) {
    if (key < 0n || key > 10_000n) throw new EvaluationError(`index ${key} is out of range`)
    return [...new Array<OttlValue>(Number(key)).fill(undefined), withValueAt(undefined, rest, value)]
  }
  if (typeof key === 'bigint' && Array.isArray(current)) {
    if (key < 0n || key >= BigInt(current.length)) throw new EvaluationError(`index ${key} is out of range`)
    return (current as OttlValue[]).with(Number(key), withValueAt(current[Number(key)], rest, value))
  }
  throw new EvaluationError(`cannot look for a ${typeName(key)} key in a ${typeName(current)}`)
}
