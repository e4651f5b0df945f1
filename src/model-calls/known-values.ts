/** Values of one attribute that are known at a time: models, providers and operations are few. */
const valuesMax = 16
/** The number of one of them takes so many bits. */
export const valueBits = 4
/** Fewer bytes fill no window, and more are no name. */
const windowBytes = 8
const attributeMax = 256
/** An attribute that has had so many values has a new one in every call. */
const changesMax = 256

/** A whole attribute with one value of a name, by its bytes. */
export interface KnownValue {
  /** Eight bytes each, one behind the other, the last overlapping. */
  readonly windows: BigInt64Array
  /** How many stand before the last one. */
  readonly lastWindow: number
  /** Bytes of the attribute's field, tag included, and of those before its value. */
  readonly length: number
  readonly valueAt: number
  /** Among the values of its attribute. */
  readonly number: number
  /** What follows of it alone. */
  readonly remark: string
}

/** What one attribute of a shape says in the calls that came lately, key and value compared at once. */
export class KnownValues {
  readonly #values: KnownValue[] = []
  /** The one that came last: the next call mostly says the same. */
  #last: KnownValue | undefined
  #changes = 0

  /** The value whose attribute stands at `offset`; undefined where it is another one or would end behind `end`. */
  find(view: DataView, offset: number, end: number): KnownValue | undefined {
    const last = this.#last
    if (last === undefined) return undefined
    if (stands(last, view, offset, end)) return last
    const values = this.#values
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!
      if (value === last || !stands(value, view, offset, end)) continue
      this.#last = value
      return value
    }
    return undefined
  }

  /** Remembers the attribute in `[start, end)`. Whether another one is forgotten for it, whose number it has now. */
  learn(view: DataView, start: number, valueStart: number, end: number, remark: string): boolean {
    const length = end - start
    if (length < windowBytes || length > attributeMax) return false
    if (this.#changes === changesMax) {
      this.#values.length = 0
      this.#last = undefined
      return false
    }
    const number = this.#changes++ % valuesMax
    const windows = BigInt64Array.from({ length: Math.ceil(length / windowBytes) }, (_, i) =>
      view.getBigInt64(Math.min(start + i * windowBytes, end - windowBytes), true),
    )
    const value = { windows, lastWindow: windows.length - 1, length, valueAt: valueStart - start, number, remark }
    const isReplaced = this.#values[number] !== undefined
    this.#values[number] = value
    this.#last = value
    return isReplaced
  }
}

/** Slots for combinations of values that came lately. */
const combinationsMax = 64

/** What follows of the values of all names together, by their numbers side by side. */
export class Combinations<T> {
  readonly #numbers = new Int32Array(combinationsMax)
  readonly #found: (T | undefined)[] = new Array(combinationsMax).fill(undefined)

  find(combination: number): T | undefined {
    const slot = slotOf(combination)
    return this.#numbers[slot] === combination ? this.#found[slot] : undefined
  }

  note(combination: number, found: T): void {
    const slot = slotOf(combination)
    this.#numbers[slot] = combination
    this.#found[slot] = found
  }

  clear(): void {
    this.#found.fill(undefined)
  }
}

function slotOf(combination: number): number {
  return Math.imul(combination, 0x9e3779b1) >>> 26
}

/** Of what differs the end does in most cases: it is looked at first. */
function stands({ windows, lastWindow, length }: KnownValue, view: DataView, offset: number, end: number): boolean {
  const next = offset + length
  if (next > end) return false
  if (view.getBigInt64(next - windowBytes, true) !== windows[lastWindow]) return false
  for (let i = 0, at = offset; i < lastWindow; i++, at += windowBytes) {
    if (view.getBigInt64(at, true) !== windows[i]) return false
  }
  return true
}
