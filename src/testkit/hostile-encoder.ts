import protobuf from 'protobufjs'
import type { Signal } from '../pdata/otlp-batch.ts'
import { WireWriter } from '../wire/wire-writer.ts'
import { type Plain, requestTypes } from './otlp-oracle.ts'
import type { SeededRandom } from './seeded-random.ts'

export type FieldOrder = 'ascending' | 'descending' | 'shuffled'

export interface HostileSettings {
  readonly order: FieldOrder
  /** Chance that a message gets a field that the schema does not know. */
  readonly unknownChance?: number
  /** Chance that a tag or a length takes more bytes than it needs. */
  readonly longVarintChance?: number
  /** Chance that a singular field is written twice, the first time with another value. */
  readonly repeatChance?: number
  /** Chance that a singular message is written in two halves. */
  readonly splitChance?: number
}

/** All of it at once: what the protobuf specification allows and hardly any writer does. */
export const hostile = { unknownChance: 0.2, longVarintChance: 0.1, repeatChance: 0.15, splitChance: 0.2 } as const

/**
 * Encodes a generated message the way that a writer may, though few do: fields in any order, unknown fields, over-long
 * varints, repeated singular fields, split sub-messages. protobufjs reads the result as the same message.
 */
export function encodeHostile(
  random: SeededRandom,
  signal: Signal,
  message: Plain,
  settings: HostileSettings,
): Uint8Array {
  const { order, unknownChance = 0, longVarintChance = 0, repeatChance = 0, splitChance = 0 } = settings
  return encode(requestTypes[signal], message)

  function encode(type: protobuf.Type, plain: Plain): Uint8Array {
    const fields: { id: number; chunks: Uint8Array[] }[] = []
    for (const field of type.fieldsArray) {
      field.resolve()
      const value = plain[field.name]
      if (value === undefined) continue
      fields.push({
        id: field.id,
        chunks: field.repeated ? repeated(field, value as unknown[]) : singular(field, value),
      })
    }
    if (random.chance(unknownChance)) fields.push({ id: 900, chunks: [unknownField()] })
    fields.sort((a, b) => (order === 'descending' ? b.id - a.id : a.id - b.id))
    return concat(order === 'shuffled' ? interleave(fields) : fields.flatMap(field => field.chunks))
  }

  /** Any order between fields; within one field the order carries meaning and stays. */
  function interleave(fields: { chunks: Uint8Array[] }[]): Uint8Array[] {
    const turns = random.shuffle(fields.flatMap((field, i) => field.chunks.map(() => i)))
    const taken = fields.map(() => 0)
    return turns.map(i => fields[i]!.chunks[taken[i]!++]!)
  }

  function repeated(field: protobuf.Field, values: unknown[]): Uint8Array[] {
    if (field.resolvedType instanceof protobuf.Type || field.type === 'string' || field.type === 'bytes') {
      return values.map(value => chunk(field, value))
    }
    // Numbers: packed or one by one, both are legal.
    if (values.length === 0) return []
    return random.chance(0.5)
      ? [lengthDelimited(field.id, concat(values.map(value => scalar(field, value))))]
      : values.map(value => chunk(field, value))
  }

  function singular(field: protobuf.Field, value: unknown): Uint8Array[] {
    const { resolvedType } = field
    if (resolvedType instanceof protobuf.Type) {
      const isOneof = field.partOf !== null
      if (!isOneof && random.chance(splitChance)) return splitMessage(field, resolvedType, value as Plain)
      return [chunk(field, value)]
    }
    const isOneof = field.partOf !== null && field.partOf.fieldsArray.length > 1
    const isId = field.type === 'bytes'
    if (!isOneof && !isId && random.chance(repeatChance)) return [chunk(field, otherValue(field)), chunk(field, value)]
    return [chunk(field, value)]
  }

  function splitMessage(field: protobuf.Field, type: protobuf.Type, value: Plain): Uint8Array[] {
    const first: Plain = {}
    const second: Plain = {}
    for (const [name, member] of Object.entries(value)) (random.chance(0.5) ? first : second)[name] = member
    return [lengthDelimited(field.id, encode(type, first)), lengthDelimited(field.id, encode(type, second))]
  }

  function otherValue(field: protobuf.Field): unknown {
    if (field.type === 'string') return 'overwritten later'
    if (field.type === 'bool') return true
    return 1
  }

  function chunk(field: protobuf.Field, value: unknown): Uint8Array {
    if (field.resolvedType instanceof protobuf.Type)
      return lengthDelimited(field.id, encode(field.resolvedType, value as Plain))
    if (field.type === 'string') return lengthDelimited(field.id, Buffer.from(value as string))
    if (field.type === 'bytes') return lengthDelimited(field.id, value as Uint8Array)
    return concat([tag(field.id, wireTypeOf(field.type)), scalar(field, value)])
  }

  function scalar(field: protobuf.Field, value: unknown): Uint8Array {
    const writer = new protobuf.Writer()
    const write = field.resolvedType instanceof protobuf.Enum ? 'int32' : field.type
    ;(writer as unknown as Record<string, (value: unknown) => void>)[write]!(value)
    return writer.finish()
  }

  function unknownField(): Uint8Array {
    switch (random.below(4)) {
      case 0:
        return concat([tag(900, 0), varint(random.below(2 ** 32))])
      case 1:
        return concat([tag(901, 1), random.bytes(8)])
      case 2:
        return concat([tag(902, 5), random.bytes(4)])
      default:
        return lengthDelimited(903, random.bytes(random.below(40)))
    }
  }

  function lengthDelimited(id: number, payload: Uint8Array): Uint8Array {
    return concat([tag(id, 2), varint(payload.length), payload])
  }

  function tag(id: number, wireType: number): Uint8Array {
    return varint(((id << 3) | wireType) >>> 0)
  }

  function varint(value: number): Uint8Array {
    const writer = new WireWriter(16)
    writer.varint32(value)
    const bytes = [...writer.finish()]
    if (random.chance(longVarintChance)) {
      bytes[bytes.length - 1]! |= 128
      for (let i = random.below(5 - Math.min(4, bytes.length)); i > 0; i--) bytes.push(128)
      bytes.push(0)
    }
    return Uint8Array.from(bytes)
  }
}

function wireTypeOf(type: string): number {
  if (type === 'double' || /fixed64$/.test(type)) return 1
  return type === 'float' || /fixed32$/.test(type) ? 5 : 0
}

function concat(chunks: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(chunks)
}
