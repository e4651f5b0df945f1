export type PlainAttributes = Readonly<Record<string, string | number | boolean>>

/** Attributes as the oracle encodes them: whole numbers as int, others as double. */
export function keyValues(attributes: PlainAttributes) {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: anyValue(value) }))
}

function anyValue(value: string | number | boolean) {
  if (typeof value === 'string') return { stringValue: value }
  if (typeof value === 'boolean') return { boolValue: value }
  return Number.isInteger(value) ? { intValue: value } : { doubleValue: value }
}
