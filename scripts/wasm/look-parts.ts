import * as layout from '../../src/processors/redaction/scan/scan-layout.ts'
import { type Code, call, giveBack, i32, Locals, type ValueType, v128, when } from './assembler.ts'

// What the functions of the first look are put together from.

export const number = i32.const
export const at = (address: Code, offset: number): Code =>
  offset === 0 ? address : offset > 0 ? i32.add(address, number(offset)) : i32.sub(address, number(-offset))
export const byteAt = (address: Code, offset = 0): Code =>
  offset >= 0 ? i32.load8(address, offset) : i32.load8(at(address, offset))
export const bitsAt = (address: Code, offset = 0): Code => i32.load8(byteAt(address, offset), layout.bytesOffset)
export const has = (bits: Code, bit: number): Code => i32.and(bits, number(bit))
export const isByte = (byte: Code, character: string): Code => i32.eq(byte, number(character.charCodeAt(0)))
export const fold = (byte: Code): Code => i32.or(byte, number(0x20))
export const any = (...conditions: Code[]): Code => conditions.reduce((all, one) => i32.or(all, one))
export const all = (...conditions: Code[]): Code => conditions.reduce((before, one) => i32.and(before, one))
export const isTrue = (bits: Code): Code => i32.ne(bits, number(0))
export const between = (value: Code, low: number, high: number): Code =>
  i32.leU(i32.sub(value, number(low)), number(high - low))
export const keepIf = (condition: Code): Code => when(condition, giveBack(number(1)))
export const dropIf = (condition: Code): Code => when(condition, giveBack(number(0)))
export const word = (text: string): number => Buffer.from(text).readInt32LE(0)

interface Names {
  readonly own: Locals
  readonly get: (name: string) => Code
  readonly set: Set
}

export function locals(names: readonly string[], vectors: readonly string[] = []): Names {
  const own = new Locals({ p: 'i32' })
  const declare = (type: ValueType) => (name: string) => own.declare(name, type)
  names.forEach(declare('i32'))
  vectors.forEach(declare('v128'))
  return { own, get: name => own.get(name), set: (name, value) => own.set(name, value) }
}
type Set = (name: string, value: Code) => Code

export const hash16 = (value: Code): Code => i32.shrU(i32.mul(value, number(layout.hashFactor | 0)), number(16))
export const bitIn = (table: number, index: Code): Code =>
  i32.and(i32.shrU(i32.load8(i32.shrU(index, number(3)), table), i32.and(index, number(7))), number(1))

/** The upper bits of the sum of the products of the four words of a vector. */
export const placeOf = (bytes: Code, shift: number): Code =>
  i32.shrU(
    [0, 1, 2, 3]
      .map(word => i32.mul(v128.lane32(bytes, word), number(layout.nameFactor(word))))
      .reduce((sum, one) => i32.add(sum, one)),
    number(shift),
  )
/** Where the context `bytes` may be remembered. */
export const contextPlace = (bytes: Code): Code => i32.shl(placeOf(bytes, layout.contextPlaceShift), number(4))

/** The length of the name that ends before an address, where the scanner was told that it means nothing; otherwise 0. */
export const knownNameLength = (address: Code): Code => call(6, address)
