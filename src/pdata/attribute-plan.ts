import type { EncodedValue } from './attribute-block.ts'
import type { AttributeKey } from './attribute-key.ts'

/** A value that is found out anew for every record. */
export class ValueSlot {
  value: EncodedValue

  constructor(value: EncodedValue) {
    this.value = value
  }
}

/**
 * One edit of a record's attributes by exact keys. What a list of these does to a record follows from which of the keys the
 * record has, and from nothing else.
 */
export interface AttributeEdit {
  /** `insert` acts where the key is absent, `update` where it is present, `upsert` in both cases. */
  readonly action: 'insert' | 'update' | 'upsert' | 'delete'
  readonly key: AttributeKey
  /** The value is that of this attribute, if the record has it. */
  readonly from?: AttributeKey | undefined
  /** The value otherwise; without one nothing happens. */
  readonly value?: EncodedValue | undefined
  /** Instead of a value: what stands in there when the record is written. */
  readonly slot?: ValueSlot
}

/** Where a value comes from: a constant, or the attribute with that number among the plan's keys, as it arrived. */
export type PlannedValue = EncodedValue | ValueSlot | number

/** What becomes of a record that has certain keys. */
export interface AttributePlan {
  /** By number of the key: what becomes of the attribute that the record has. */
  readonly fates: readonly ('kept' | 'removed' | { readonly value: PlannedValue })[]
  /** New attributes, in order. */
  readonly inserts: readonly { readonly key: number; readonly value: PlannedValue }[]
  /** Whether no edit found anything to do. */
  readonly changesNothing: boolean
}

interface Inserted {
  readonly key: number
  value: PlannedValue
  isRemoved: boolean
}

/** Every key that the edits name, once. */
export function keysOf(edits: readonly AttributeEdit[]): AttributeKey[] {
  const keys = new Map<string, AttributeKey>()
  for (const { key, from } of edits) {
    for (const named of from === undefined ? [key] : [from, key]) if (!keys.has(named.text)) keys.set(named.text, named)
  }
  return [...keys.values()]
}

/** Plays the edits on a record that has the keys whose bits are set in `present`, each of them once. */
export function planOf(edits: readonly AttributeEdit[], keys: readonly AttributeKey[], present: number): AttributePlan {
  const numbers = new Map(keys.map((key, i) => [key.text, i]))
  const fates: AttributePlan['fates'][number][] = keys.map(() => 'kept')
  const inserted: Inserted[] = []
  let isTouched = false
  const arrived = (key: number) => (present & (1 << key)) !== 0 && fates[key] !== 'removed'
  const added = (key: number) => inserted.find(entry => entry.key === key && !entry.isRemoved)
  const valueAt = (key: number): PlannedValue | undefined => {
    const fate = fates[key]
    if (arrived(key)) return typeof fate === 'object' ? fate.value : key
    return added(key)?.value
  }
  for (const {
    action,
    key: { text },
    from,
    value: fallback,
    slot,
  } of edits) {
    const key = numbers.get(text)!
    if (action === 'delete') {
      if (!arrived(key) && added(key) === undefined) continue
      isTouched = true
      if (arrived(key)) fates[key] = 'removed'
      for (const entry of inserted) if (entry.key === key) entry.isRemoved = true
      continue
    }
    const value = (from === undefined ? undefined : valueAt(numbers.get(from.text)!)) ?? fallback ?? slot
    const isPresent = arrived(key) || added(key) !== undefined
    if (value === undefined || (isPresent ? action === 'insert' : action === 'update')) continue
    isTouched = true
    if (arrived(key)) fates[key] = { value }
    else if (isPresent) added(key)!.value = value
    else inserted.push({ key, value, isRemoved: false })
  }
  const inserts = inserted.filter(({ isRemoved }) => !isRemoved).map(({ key, value }) => ({ key, value }))
  return { fates, inserts, changesNothing: !isTouched }
}
