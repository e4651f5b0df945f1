/** A longer wait than this is not taken from anybody: it is a mistake, or meant to harm. */
const delayMsMax = 3_600_000

/**
 * `Retry-After` as milliseconds from now: seconds, or an HTTP date in any of its three forms. Undefined where it is
 * neither.
 *
 * Source: https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
 */
export function parseRetryAfter(value: string | undefined, wallMs: number): number | undefined {
  if (value === undefined) return undefined
  const text = value.trim()
  if (/^[0-9]{1,10}$/.test(text)) return Math.min(Number(text) * 1000, delayMsMax)
  // A date begins with the name of a day; Date.parse would make something of nearly everything else.
  if (!/^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)/.test(text)) return undefined
  // The oldest form, asctime, does not say that it is UTC.
  const atMs = Date.parse(text.endsWith('GMT') ? text : `${text} GMT`)
  return Number.isNaN(atMs) ? undefined : Math.min(Math.max(0, atMs - wallMs), delayMsMax)
}
