import { jsonVariant } from '../testkit/otlp-json-variant.ts'
import { decodePlain } from '../testkit/otlp-oracle.ts'
import { randomRequest } from '../testkit/request-variants.ts'
import { SeededRandom } from '../testkit/seeded-random.ts'
import { jsonToOtlp } from './json-to-otlp.ts'
import type { Signal } from './otlp-batch.ts'
import { otlpSchema } from './otlp-schema.ts'
import { otlpToJson } from './otlp-to-json.ts'

const pieces = [
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '"',
  '\\',
  '1',
  '-',
  'e',
  '.',
  'null',
  'true',
  ' ',
  'é',
  '\u0000',
  '[[[[',
  '"a":',
]

/**
 * Breaks JSON documents and protobuf requests made from `seed`. Throws on any error but `JsonError` and `WireError`, and
 * where something was taken that cannot be read back. Returns how many inputs were taken.
 */
export function fuzzOtlpJson(signal: Signal, seed: number, count: number): number {
  // Profiles have no JSON here.
  if (otlpSchema(signal) === undefined) return 0
  const random = new SeededRandom(seed)
  let taken = 0
  let json = ''
  let bytes: Uint8Array = new Uint8Array(0)
  for (let i = 0; i < count; i++) {
    if (i % 50 === 0) {
      bytes = randomRequest(random, signal, { repeatsMax: 2, fieldChance: 0.5 })
      json = jsonVariant(signal, decodePlain(signal, bytes), random)
    }
    if (takesJson(signal, mutatedText(random, json))) taken++
    if (takesProtobuf(signal, mutatedBytes(random, bytes))) taken++
  }
  return taken
}

function takesJson(signal: Signal, text: string): boolean {
  const otlp = unless('JsonError', () => jsonToOtlp(signal, Buffer.from(text)))
  if (otlp === undefined) return false
  JSON.parse(text)
  JSON.parse(Buffer.from(otlpToJson(signal, otlp)).toString())
  return true
}

function takesProtobuf(signal: Signal, bytes: Uint8Array): boolean {
  const json = unless('WireError', () => otlpToJson(signal, bytes))
  if (json === undefined) return false
  JSON.parse(Buffer.from(json).toString())
  return true
}

function unless<T>(name: string, run: () => T): T | undefined {
  try {
    return run()
  } catch (error) {
    if ((error as Error).name !== name) throw error
    return undefined
  }
}

function mutatedText(random: SeededRandom, text: string): string {
  let mutated = text
  for (let left = random.below(3); left >= 0; left--) {
    const at = random.below(mutated.length + 1)
    mutated =
      mutated.slice(0, at) + (random.chance(0.6) ? random.pick(pieces) : '') + mutated.slice(at + random.below(4))
  }
  return mutated
}

function mutatedBytes(random: SeededRandom, bytes: Uint8Array): Uint8Array {
  const mutated = Uint8Array.from(bytes.subarray(0, random.chance(0.2) ? random.below(bytes.length + 1) : bytes.length))
  for (let left = random.below(4); left > 0 && mutated.length > 0; left--) {
    mutated[random.below(mutated.length)] = random.below(256)
  }
  return mutated
}
