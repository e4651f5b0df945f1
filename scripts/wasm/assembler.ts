/** WebAssembly as nested byte lists: an expression is the bytes that leave its value on the stack. */
export type Code = readonly number[]

function unsignedLeb(value: number): number[] {
  const out: number[] = []
  let rest = value >>> 0
  while (rest >= 128) {
    out.push((rest & 127) | 128)
    rest >>>= 7
  }
  out.push(rest)
  return out
}

function signedLeb(value: bigint): number[] {
  const out: number[] = []
  let rest = value
  while (true) {
    const byte = Number(rest & 127n)
    rest >>= 7n
    const isLast = (rest === 0n && (byte & 64) === 0) || (rest === -1n && (byte & 64) !== 0)
    out.push(isLast ? byte : byte | 128)
    if (isLast) return out
  }
}

const valueTypes = { i32: 0x7f, i64: 0x7e, v128: 0x7b } as const
export type ValueType = keyof typeof valueTypes

const plain = (opcode: number) => (left: Code, right: Code) => [...left, ...right, opcode]
const simd = (opcode: number, ...operands: Code[]) => [...operands.flat(), 0xfd, ...unsignedLeb(opcode)]

export const i32 = {
  const: (value: number): Code => [0x41, ...signedLeb(BigInt(value))],
  add: plain(0x6a),
  sub: plain(0x6b),
  mul: plain(0x6c),
  and: plain(0x71),
  or: plain(0x72),
  xor: plain(0x73),
  shl: plain(0x74),
  shrU: plain(0x76),
  eq: plain(0x46),
  ne: plain(0x47),
  ltU: plain(0x49),
  gtU: plain(0x4b),
  leU: plain(0x4d),
  geU: plain(0x4f),
  isZero: (value: Code): Code => [...value, 0x45],
  clz: (value: Code): Code => [...value, 0x67],
  ctz: (value: Code): Code => [...value, 0x68],
  popcnt: (value: Code): Code => [...value, 0x69],
  wrap: (value: Code): Code => [...value, 0xa7],
  load8: (address: Code, offset = 0): Code => [...address, 0x2d, 0, ...unsignedLeb(offset)],
  load16: (address: Code, offset = 0): Code => [...address, 0x2f, 0, ...unsignedLeb(offset)],
  load: (address: Code, offset = 0): Code => [...address, 0x28, 0, ...unsignedLeb(offset)],
  store: (address: Code, value: Code, offset = 0): Code => [...address, ...value, 0x36, 2, ...unsignedLeb(offset)],
}

export const i64 = {
  const: (value: bigint): Code => [0x42, ...signedLeb(value)],
  and: plain(0x83),
  or: plain(0x84),
  xor: plain(0x85),
  sub: plain(0x7d),
  shl: plain(0x86),
  shrU: plain(0x88),
  eqz: (value: Code): Code => [...value, 0x50],
  ctz: (value: Code): Code => [...value, 0x7a],
  popcnt: (value: Code): Code => [...value, 0x7b],
  isNotZero: (value: Code): Code => [...value, 0x50, 0x45],
  extendU: (value: Code): Code => [...value, 0xad],
  load: (address: Code, offset = 0): Code => [...address, 0x29, 3, ...unsignedLeb(offset)],
  store: (address: Code, value: Code, offset = 0): Code => [...address, ...value, 0x37, 3, ...unsignedLeb(offset)],
}

export const v128 = {
  const: (bytes: readonly number[]): Code => [0xfd, 0x0c, ...bytes],
  splat: (byte: number): Code => [0xfd, 0x0c, ...new Array<number>(16).fill(byte)],
  load: (address: Code, offset = 0): Code => [...address, 0xfd, 0, 0, ...unsignedLeb(offset)],
  store: (address: Code, value: Code, offset = 0): Code => [...address, ...value, 0xfd, 11, 0, ...unsignedLeb(offset)],
  and: (left: Code, right: Code) => simd(0x4e, left, right),
  or: (left: Code, right: Code) => simd(0x50, left, right),
  add8: (left: Code, right: Code) => simd(0x6e, left, right),
  sub8: (left: Code, right: Code) => simd(0x71, left, right),
  xor: (left: Code, right: Code) => simd(0x51, left, right),
  ltS8: (left: Code, right: Code) => simd(0x25, left, right),
  ltU8: (left: Code, right: Code) => simd(0x26, left, right),
  eq32: (left: Code, right: Code) => simd(0x37, left, right),
  eq8: (left: Code, right: Code) => simd(0x23, left, right),
  anyTrue: (value: Code) => simd(0x53, value),
  allTrue8: (value: Code) => simd(0x63, value),
  lane32: (value: Code, lane: number): Code => [...value, 0xfd, 0x1b, lane],
  bitmask8: (value: Code) => simd(0x64, value),
  bitmask32: (value: Code) => simd(0xa4, value),
  /** Signed numbers of half the width, the nearest where they do not fit: those of `left`, then those of `right`. */
  narrow16: (left: Code, right: Code) => simd(0x65, left, right),
  narrow32: (left: Code, right: Code) => simd(0x85, left, right),
  swizzle: (table: Code, index: Code) => simd(0x100, table, index),
  addSaturatedU8: (left: Code, right: Code) => simd(0x70, left, right),
  shl16: (value: Code, count: number) => simd(0x8b, value, i32.const(count)),
  shrU16: (value: Code, count: number) => simd(0x8d, value, i32.const(count)),
  /** Bytes `from` to `from + 15` of the 32 that `low` and `high` make. */
  window: (low: Code, high: Code, from: number): Code => [
    ...low,
    ...high,
    0xfd,
    0x0d,
    ...Array.from({ length: 16 }, (_, i) => from + i),
  ],
}

/** Named locals of one function; parameters first. */
export class Locals {
  readonly #indexes = new Map<string, number>()
  readonly #types: ValueType[] = []
  readonly #parameterCount: number

  constructor(parameters: Readonly<Record<string, ValueType>>) {
    for (const [name, type] of Object.entries(parameters)) this.declare(name, type)
    this.#parameterCount = this.#types.length
  }

  declare(name: string, type: ValueType): void {
    if (this.#indexes.has(name)) throw new Error(`local ${name} is there already`)
    this.#indexes.set(name, this.#types.length)
    this.#types.push(type)
  }

  get(name: string): Code {
    return [0x20, ...this.#index(name)]
  }

  set(name: string, value: Code): Code {
    return [...value, 0x21, ...this.#index(name)]
  }

  parameters(): number[] {
    return this.#types.slice(0, this.#parameterCount).map(type => valueTypes[type])
  }

  declarations(): number[] {
    const own = this.#types.slice(this.#parameterCount)
    return [...unsignedLeb(own.length), ...own.flatMap(type => [1, valueTypes[type]])]
  }

  #index(name: string): number[] {
    const index = this.#indexes.get(name)
    if (index === undefined) throw new Error(`no local ${name}`)
    return unsignedLeb(index)
  }
}

/** Runs `body` until `condition`, looked at first, is zero. */
export function whileLoop(condition: Code, body: Code): Code {
  return [0x02, 0x40, 0x03, 0x40, ...condition, 0x45, 0x0d, 1, ...body, 0x0c, 0, 0x0b, 0x0b]
}

/** Runs `body` where `condition` is not zero. */
export const when = (condition: Code, body: Code): Code => [...condition, 0x04, 0x40, ...body, 0x0b]
/** The first value where `condition` is not zero, otherwise the second; both i32. */
export const choose = (condition: Code, yes: Code, no: Code): Code => [
  ...condition,
  0x04,
  valueTypes.i32,
  ...yes,
  0x05,
  ...no,
  0x0b,
]
/** The same without a jump: both are computed. */
export const select = (condition: Code, yes: Code, no: Code): Code => [...yes, ...no, ...condition, 0x1b]
export const giveBack = (value: Code): Code => [...value, 0x0f]
/** Calls the function of that index in its module. */
export const call = (index: number, ...values: Code[]): Code => [...values.flat(), 0x10, ...unsignedLeb(index)]

/** A function that returns an i32. */
export interface FunctionSettings {
  readonly locals: Locals
  readonly body: Code
}

export interface ModuleSettings {
  readonly memoryPages: number
  /** Under this name the first function is exported. */
  readonly functionName: string
  readonly functions: readonly FunctionSettings[]
}

/** A module with one memory and some functions, of which the first is exported, like the memory. */
export function assembleModule({ memoryPages, functionName, functions }: ModuleSettings): Uint8Array {
  const text = (name: string) => [name.length, ...Buffer.from(name)]
  const section = (id: number, content: Code) => [id, ...unsignedLeb(content.length), ...content]
  const list = (parts: readonly Code[]) => [...unsignedLeb(parts.length), ...parts.flat()]
  const typeOf = ({ locals }: FunctionSettings) => {
    const parameters = locals.parameters()
    return [0x60, parameters.length, ...parameters, 1, valueTypes.i32]
  }
  const codeOf = ({ locals, body }: FunctionSettings) => {
    const code = [...locals.declarations(), ...body, 0x0b]
    return [...unsignedLeb(code.length), ...code]
  }
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, list(functions.map(typeOf))),
    ...section(3, list(functions.map((_, i) => unsignedLeb(i)))),
    ...section(5, [1, 0x00, ...unsignedLeb(memoryPages)]),
    ...section(7, [2, ...text('memory'), 2, 0, ...text(functionName), 0, 0]),
    ...section(10, list(functions.map(codeOf))),
  ])
}
