import protobuf from 'protobufjs'
import type { Signal } from '../pdata/otlp-batch.ts'
import { type Plain, requestTypes } from './otlp-oracle.ts'
import type { SeededRandom } from './seeded-random.ts'

export interface GeneratorSettings {
  /** Most entries of a repeated field. */
  readonly repeatsMax?: number
  /** Chance that a field is set at all. */
  readonly fieldChance?: number
  /** Levels of nested values. */
  readonly valueDepthMax?: number
}

const keys = ['http.method', 'user.email', 'service.name', 'a', 'gen_ai.usage.input_tokens', 'ключ', '', 'host.name']
/** Typed as a bare constructor upstream. */
const long = protobuf.util.Long as unknown as { fromBits(low: number, high: number, unsigned: boolean): unknown }
const texts = [
  '',
  'GET',
  'alice@example.com',
  'naïve café 日本語 🎉',
  'x'.repeat(130),
  'error: 42',
  '/users/17?token=abc',
]

/** Any request that the schema allows, from the schema itself: a field that OTLP gains is generated without a change. */
export function generateRequest(random: SeededRandom, signal: Signal, settings: GeneratorSettings = {}): Plain {
  const { repeatsMax = 3, fieldChance = 0.7, valueDepthMax = 3 } = settings
  return message(requestTypes[signal], 0)

  function message(type: protobuf.Type, depth: number): Plain {
    if (type.name === 'AnyValue' && depth > valueDepthMax) return { stringValue: random.pick(texts) }
    const plain: Plain = {}
    const chosen = new Map(type.oneofsArray.map(oneof => [oneof.name, random.pick(oneof.fieldsArray)]))
    for (const field of type.fieldsArray) {
      field.resolve()
      const { partOf } = field
      if (partOf !== null && partOf.fieldsArray.length > 1 && chosen.get(partOf.name) !== field) continue
      if (!random.chance(fieldChance)) continue
      if (field.repeated) {
        const list: unknown[] = []
        for (let i = random.below(repeatsMax + 1); i > 0; i--) list.push(value(field, depth))
        plain[field.name] = list
      } else plain[field.name] = value(field, depth)
    }
    return plain
  }

  function value(field: protobuf.Field, depth: number): unknown {
    const { resolvedType } = field
    if (resolvedType instanceof protobuf.Type)
      return message(resolvedType, depth + (resolvedType.name === 'AnyValue' ? 1 : 0))
    if (resolvedType instanceof protobuf.Enum) return random.pick(Object.values(resolvedType.values))
    switch (field.type) {
      case 'string':
        return random.pick(field.name === 'key' ? keys : texts)
      case 'bytes':
        return random.bytes(/traceId$/i.test(field.name) ? 16 : /spanId$/i.test(field.name) ? 8 : random.below(20))
      case 'bool':
        return random.chance(0.5)
      case 'double':
        return random.pick([0, -0, 1.5, -1e300, Number.NaN, Number.POSITIVE_INFINITY, random.next()])
      case 'int64':
      case 'sfixed64':
        return long.fromBits(random.below(2 ** 32), random.below(2 ** 32), false)
      case 'uint64':
      case 'fixed64':
        return long.fromBits(random.below(2 ** 32), random.below(2 ** 32), true)
      case 'int32':
      case 'sint32':
        return random.below(2 ** 31) * (random.chance(0.5) ? -1 : 1)
      default:
        return random.below(random.chance(0.5) ? 100 : 2 ** 32)
    }
  }
}
