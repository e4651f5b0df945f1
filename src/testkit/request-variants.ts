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
