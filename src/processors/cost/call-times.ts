/** Hundredths of a millisecond. */
export const ticksPerMs = 100
const ticksWrap = 0x1_0000_0000 - (0x1_0000_0000 % ticksPerMs)

/** In 32 bits: the difference of two is right where they are less than five hours apart, but for a moment twice a day. */
export function ticksOf(milliseconds: number): number {
  return (Math.round(milliseconds * ticksPerMs) % ticksWrap) | 0
}

/** Where both ends of two spans are whole milliseconds nobody has measured them. */
export function isPartOfMs(ticks: number): boolean {
  return (ticks >>> 0) % ticksPerMs !== 0
}
