import type { Signal } from '../pdata/otlp-batch.ts'
import { encodeHostile, type FieldOrder, hostile } from './hostile-encoder.ts'
import { type GeneratorSettings, generateRequest } from './otlp-generator.ts'
import type { SeededRandom } from './seeded-random.ts'

export const fieldOrders: readonly FieldOrder[] = ['ascending', 'descending', 'shuffled']
export const walkedSignals: readonly Signal[] = ['traces', 'metrics', 'logs']

/** One generated request in bytes: every third in shuffled order, half of them with everything that protobuf allows. */
export function randomRequest(random: SeededRandom, signal: Signal, settings?: GeneratorSettings): Uint8Array {
  const extras = random.chance(0.5) ? hostile : {}
  return encodeHostile(random, signal, generateRequest(random, signal, settings), {
    order: random.pick(fieldOrders),
    ...extras,
  })
}

/** The request with up to `changesMax` bytes changed, at least one, and sometimes cut off. */
export function brokenRequest(random: SeededRandom, whole: Uint8Array, changesMax: number): Uint8Array {
  const bytes = Uint8Array.from(whole)
  for (let left = random.below(changesMax); left >= 0 && bytes.length > 0; left--) {
    const at = random.below(bytes.length)
    // Lengths and tags matter most: values just above and below what stands there.
    bytes[at] = random.chance(0.5) ? bytes[at]! + random.below(7) - 3 : random.below(256)
  }
  return random.chance(0.2) ? bytes.subarray(0, random.below(bytes.length + 1)) : bytes
}
