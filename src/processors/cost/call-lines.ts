// What tables of calls have in common whose places are shared by a few calls each.

/** Of words that name a scope beside something else, such as the span that has met a call: half of the hash of its name. */
export const scopeMask = 0xffff

/** Which of so many lines, a power of two, the calls with this key share. */
export function lineNumber(key: number, linesMax: number): number {
  const value = Math.imul(key, 0x9e3779b1)
  return (value ^ (value >>> 15)) & (linesMax - 1)
}

/**
 * Whether the noted call, who has met which stands at `at` (0 for none), is met by that span; notes it if it is the first. A span
 * that is sent again meets it again; a span of another scope is around both.
 */
export function isMet(words: Int32Array, at: number, met: number): boolean {
  const known = words[at]!
  if (known === 0) words[at] = met
  return known === 0 || known === met || ((known ^ met) & scopeMask) !== 0
}
