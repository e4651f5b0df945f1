/** FNV-1a of 64 bits over a salt and a trace id, compared with a share. Source: RFC 9923. */
export class TraceShare {
  readonly #thresholdHigh: number
  readonly #thresholdLow: number
  readonly #saltHigh: number
  readonly #saltLow: number
  #high = 0
  #low = 0

  /** `ratio` is the share kept, 0 to 1. */
  constructor(ratio: number, salt: string) {
    const threshold = shareOfAll(Math.min(1, ratio))
    this.#thresholdHigh = Number(threshold >> 32n)
    this.#thresholdLow = Number(threshold & 0xffffffffn)
    this.#high = 0xcbf29ce4 | 0
    this.#low = 0x84222325 | 0
    const bytes = new TextEncoder().encode(salt)
    this.#mix(bytes, 0, bytes.length)
    this.#saltHigh = this.#high
    this.#saltLow = this.#low
  }

  keeps(bytes: Uint8Array, traceIdStart: number): boolean {
    this.#high = this.#saltHigh
    this.#low = this.#saltLow
    this.#mix(bytes, traceIdStart, traceIdStart + 16)
    const high = this.#high >>> 0
    return high < this.#thresholdHigh || (high === this.#thresholdHigh && this.#low >>> 0 <= this.#thresholdLow)
  }

  /** The hash of an id, for tests. */
  hash(bytes: Uint8Array, traceIdStart: number): bigint {
    this.keeps(bytes, traceIdStart)
    return (BigInt(this.#high >>> 0) << 32n) | BigInt(this.#low >>> 0)
  }

  /** Times 2^40 + 0x1b3 in two halves, the lower one by its own halves to see what it carries: integers throughout. */
  #mix(bytes: Uint8Array, start: number, end: number): void {
    let high = this.#high
    let low = this.#low
    for (let i = start; i < end; i++) {
      low ^= bytes[i]!
      const lowest = (low & 0xffff) * 0x1b3
      const middle = (low >>> 16) * 0x1b3 + (lowest >>> 16)
      high = (Math.imul(high, 0x1b3) + (middle >>> 16) + (low << 8)) | 0
      low = (middle << 16) | (lowest & 0xffff)
    }
    this.#high = high
    this.#low = low
  }
}

/** floor(ratio * (2^64 - 1)) with the product rounded to 64 significant bits, as the Collector's big floats do. */
export function shareOfAll(ratio: number): bigint {
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, ratio)
  const bits = view.getBigUint64(0)
  const exponent = Number((bits >> 52n) & 0x7ffn)
  if (exponent === 0) return 0n
  const mantissa = (bits & 0xfffffffffffffn) | 0x10000000000000n
  let product = mantissa * 0xffffffffffffffffn
  let shift = BigInt(1075 - exponent)
  const extra = BigInt(product.toString(2).length - 64)
  if (extra > 0n) {
    const half = 1n << (extra - 1n)
    const rest = product & ((1n << extra) - 1n)
    product >>= extra
    if (rest > half || (rest === half && (product & 1n) === 1n)) product += 1n
    shift -= extra
  }
  return shift >= 0n ? product >> shift : product << -shift
}
