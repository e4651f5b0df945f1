/** Hundredths of a millisecond. */
export const ticksPerMs = 100
const ticksWrap = 0x1_0000_0000 - (0x1_0000_0000 % ticksPerMs)

/** In 32 bits: the difference of two is right where they are less than five hours apart, but for a moment twice a day. */
export function ticksOf(milliseconds: number): number {
  const ticks = Math.round(milliseconds * ticksPerMs)
  // What is left of a division of doubles takes thirty times as long; up to 2^53 this is exactly the same.
  return (ticks - Math.floor(ticks / ticksWrap) * ticksWrap) | 0
}

/** Where both ends of two spans are whole milliseconds nobody has measured them. */
export function isPartOfMs(ticks: number): boolean {
  return (ticks >>> 0) % ticksPerMs !== 0
}
