import type { Randomness, Threshold } from '../../pdata/sampling-threshold.ts'

const randomnessOffset = 'ot=rv:'.length
const hexDigits = 14
const digits = new TextEncoder().encode('0123456789abcdef')

/**
 * The tracestate of a span that had none, as bytes: `ot=rv:...;th:...` or `ot=th:...`. Most spans that are kept get one of
 * these, so it is encoded once for a threshold and only the randomness is written anew.
 */
export class NewState {
  #threshold: Threshold | undefined
  #hasRandomness = false
  #bytes: Uint8Array = new Uint8Array(0)

  /** The bytes belong to this object and change with the next call. */
  bytes(threshold: Threshold, randomness: Randomness | undefined): Uint8Array {
    if (threshold !== this.#threshold || this.#hasRandomness !== (randomness !== undefined)) {
      this.#threshold = threshold
      this.#hasRandomness = randomness !== undefined
      const text = randomness === undefined ? 'ot=' : `ot=rv:${'0'.repeat(hexDigits)};`
      this.#bytes = new TextEncoder().encode(`${text}th:${threshold.tValue}`)
    }
    const bytes = this.#bytes
    if (randomness !== undefined) {
      putHex(bytes, randomnessOffset, 6, randomness.high)
      putHex(bytes, randomnessOffset + 6, 8, randomness.low)
    }
    return bytes
  }
}

function putHex(bytes: Uint8Array, start: number, length: number, value: number): void {
  for (let i = length - 1, rest = value; i >= 0; i--, rest >>>= 4) bytes[start + i] = digits[rest & 15]!
}
