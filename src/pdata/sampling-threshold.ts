/**
 * Consistent probability sampling: a 56-bit randomness is compared with a 56-bit rejection threshold, and whoever samples
 * writes the threshold down (`ot=th:...`), so that every count downstream can be scaled back.
 *
 * 56 bits do not fit a `number` exactly: both values are two integers, 24 high and 32 low bits.
 *
 * Source: OpenTelemetry specification, trace/tracestate-probability-sampling.md and tracestate-handling.md.
 */

const bits56 = 1n << 56n
const low32 = 0xffffffffn
const hexDigits = 14

/** Randomness of one trace, reused by its owner: 24 high and 32 low bits, both unsigned. */
export class Randomness {
  high = 0
  low = 0

  /** The low 56 bits of a trace id: its last seven bytes. */
  fromTraceId(bytes: Uint8Array, start: number): this {
    this.high = (bytes[start + 9]! << 16) | (bytes[start + 10]! << 8) | bytes[start + 11]!
    this.low =
      ((bytes[start + 12]! << 24) | (bytes[start + 13]! << 16) | (bytes[start + 14]! << 8) | bytes[start + 15]!) >>> 0
    return this
  }

  /** An `rv` value: exactly 14 hexadecimal digits. False, and nothing changed, where it is not one. */
  fromRValue(text: string): boolean {
    if (text.length !== hexDigits || !isHex(text)) return false
    this.high = Number.parseInt(text.slice(0, 6), 16)
    this.low = Number.parseInt(text.slice(6), 16)
    return true
  }

  /** Randomness that every threshold lets through but "never". */
  fromAll(): this {
    this.high = 0xffffff
    this.low = 0xffffffff
    return this
  }

  rValue(): string {
    return this.high.toString(16).padStart(6, '0') + this.low.toString(16).padStart(8, '0')
  }
}

/** Whoever's randomness is at least the threshold is kept. Immutable; equal thresholds need not be the same object. */
export class Threshold {
  readonly high: number
  readonly low: number
  /** The `th` value: hexadecimal without trailing zeros; "0" keeps all, "" keeps none. */
  readonly tValue: string
  /** The share that is kept, 0 to 1. */
  readonly probability: number

  constructor(unsigned: bigint) {
    this.high = Number(unsigned >> 32n)
    this.low = Number(unsigned & low32)
    this.probability = Number(bits56 - unsigned) / Number(bits56)
    this.tValue =
      unsigned >= bits56 ? '' : unsigned === 0n ? '0' : trimZeros(unsigned.toString(16).padStart(hexDigits, '0'))
  }

  keeps(randomness: Randomness): boolean {
    return randomness.high > this.high || (randomness.high === this.high && randomness.low >= this.low)
  }

  isLessThan(other: Threshold): boolean {
    return this.high < other.high || (this.high === other.high && this.low < other.low)
  }

  /** How many items one kept item stands for; 0 for "never". */
  get adjustedCount(): number {
    return this.probability === 0 ? 0 : 1 / this.probability
  }
}

export const alwaysKeep = new Threshold(0n)
export const neverKeep = new Threshold(bits56)

/** Smallest share that the encoding knows; below it a sampler keeps nothing. */
export const probabilityMin = 2 ** -56

/** Parses a `th` value; undefined where it is not one to fourteen hexadecimal digits. */
export function parseTValue(text: string): Threshold | undefined {
  if (text.length === 0 || text.length > hexDigits || !isHex(text)) return undefined
  return new Threshold(BigInt(`0x${text.padEnd(hexDigits, '0')}`))
}

/**
 * The threshold for `probability` with `precision` hexadecimal digits. Leading digits 0 and f carry no precision, so each
 * adds one digit: shares near 0 and near 1 keep their relative error. Undefined outside [2^-56, 1].
 */
export function thresholdFor(probability: number, precision: number = hexDigits): Threshold | undefined {
  if (!(probability >= probabilityMin && probability <= 1)) return undefined
  if (probability === 1) return alwaysKeep
  const wanted = Math.max(precision + leadingDigits(probability), precision + leadingDigits(1 - probability))
  const digits = Math.min(hexDigits, wanted)
  let threshold = bits56 - BigInt(Math.round(probability * 2 ** 56))
  const shift = BigInt(4 * (hexDigits - digits))
  if (shift > 0n) threshold = ((threshold + (1n << (shift - 1n))) >> shift) << shift
  return new Threshold(threshold)
}

/** Whole groups of four zero bits at the head of a fraction in (0, 1]. */
function leadingDigits(fraction: number): number {
  return Math.trunc(-binaryExponent(fraction) / 4)
}

const float64 = new DataView(new ArrayBuffer(8))

/** The exponent e of `value = m * 2^e` with m in [0.5, 1); exact, unlike a logarithm. 0 for 0. */
function binaryExponent(value: number): number {
  if (value === 0) return 0
  float64.setFloat64(0, value)
  return ((float64.getUint16(0) >> 4) & 0x7ff) - 1022
}

function trimZeros(text: string): string {
  let end = text.length
  while (end > 0 && text.charCodeAt(end - 1) === 48) end--
  return text.slice(0, end)
}

function isHex(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    const isDigit = code >= 48 && code <= 57
    const isLetter = (code >= 97 && code <= 102) || (code >= 65 && code <= 70)
    if (!isDigit && !isLetter) return false
  }
  return true
}
