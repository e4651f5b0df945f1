import { AttributeKey } from '../pdata/attribute-key.ts'
import type { AttributeList } from '../pdata/attribute-list.ts'
import type { EncodedValue } from '../pdata/constant-attribute.ts'
import { encodeValue } from '../pdata/value.ts'
import { EvaluationError, OttlDuration, OttlId, OttlList, OttlTime, type OttlValue, typeName } from './ottl-value.ts'

/** The value as an `AnyValue`. Throws `EvaluationError` for times, durations, ids and lists of messages, which OTLP has no form for. */
export function encodeForOtlp(value: OttlValue): EncodedValue {
  return encodeValue(toPlain(value))
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
