/** Milliseconds per unit of a Go duration. Both spellings of the micro sign are in use. */
const unitMs: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
}

const part = /(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/y

/** Go counts nanoseconds in 63 bits: whole hours of the longest duration. */
export const durationMsMax = 2_562_047 * 3_600_000

/** A Go duration such as `1h30m` or `200ms` in milliseconds; undefined where the text is none. `0` needs no unit. */
export function parseDurationMs(text: string): number | undefined {
  const sign = text.startsWith('-') ? -1 : 1
  const body = text.startsWith('-') || text.startsWith('+') ? text.slice(1) : text
  if (body === '0') return 0
  if (body === '') return undefined
  let totalMs = 0
  part.lastIndex = 0
  while (part.lastIndex < body.length) {
    const match = part.exec(body)
    if (match === null) return undefined
    totalMs += Number(match[1]) * (unitMs[match[2] ?? ''] ?? Number.NaN)
  }
  return sign * totalMs
}

/** Milliseconds as a person would write them: `1m30s`, `200ms`. */
export function formatDurationMs(durationMs: number): string {
  if (durationMs === 0) return '0s'
  if (durationMs < 0) return `-${formatDurationMs(-durationMs)}`
  if (durationMs < 1e-3) return `${Math.round(durationMs * 1e6)}ns`
  if (durationMs < 1) return `${durationMs * 1000}us`
  if (durationMs < 1000 || !Number.isInteger(durationMs / 100)) return `${durationMs}ms`
  const hours = Math.floor(durationMs / 3_600_000)
  const minutes = Math.floor((durationMs % 3_600_000) / 60_000)
  const seconds = (durationMs % 60_000) / 1000
  return `${hours > 0 ? `${hours}h` : ''}${minutes > 0 ? `${minutes}m` : ''}${seconds > 0 ? `${seconds}s` : ''}`
}
