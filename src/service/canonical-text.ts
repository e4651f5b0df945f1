/** JSON with sorted keys, so that equal values have equal texts whatever order they were written in. */
export function canonicalText(value: unknown): string {
  if (value === null || value === undefined) return 'null'
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(',')}]`
  if (value instanceof Map) return canonicalText(Object.fromEntries(value))
  if (value instanceof Date) return JSON.stringify(value.toISOString())
  if (typeof value === 'bigint') return value.toString()
  if (typeof value === 'object') {
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonicalText(item)}`).join(',')}}`
  }
  return JSON.stringify(value)
}
