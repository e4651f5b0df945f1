import type { Detection } from './detection.ts'
import { dash, dot } from './number-run.ts'
import { isAlnum } from './text-bytes.ts'

/** Whether a sign joins the number to a name: `mobile-123456789`, `Phone@4524877`, `cache:phone:17`, `phone:123456789:seen`. */
export function isNamePart({ bytes, start, end }: Detection, from: number, to: number): boolean {
  const before = from - 1 > start ? bytes[from - 1]! : 0
  if ((before === dash || before === 0x40 || before === dot) && isAlnum(bytes[from - 2]!)) return true
  return before === 0x3a && isAlnum(bytes[from - 2]!) && to + 1 < end && bytes[to] === 0x3a && isAlnum(bytes[to + 1]!)
}
