import * as otlp from '../pdata/otlp-fields.ts'
import { RecordFields } from '../pdata/record-fields.ts'
import { spanType } from '../pdata/schema.ts'
import { encodeHostile, hostile } from '../testkit/hostile-encoder.ts'
import type { Plain } from '../testkit/otlp-oracle.ts'
import { keyValues } from '../testkit/plain-attributes.ts'
import { fieldOrders } from '../testkit/request-variants.ts'
import { SeededRandom } from '../testkit/seeded-random.ts'
import { FieldCursor } from '../wire/field-cursor.ts'
import { WireError } from '../wire/wire-error.ts'
import { AttributeRoles } from './attribute-roles.ts'
import { CallNamesMemo } from './call-names.ts'
import { serviceTierIn } from './call-parameters.ts'
import { CallSpan } from './call-span.ts'
import { CallValues } from './call-values.ts'
import { OrdinaryCall } from './ordinary-call.ts'
import { roleIndex, textCountRoles } from './role-traits.ts'

const ownKeys = ['user.id', 'gen_ai.request.model']

/** Reads spans one attribute after the other, as every span was before there were shapes. */
class PlainCall extends RecordFields {
  readonly byLength = new Uint8Array(128).fill(1)
  readonly roles: AttributeRoles
  readonly span = new CallSpan()

  constructor(roles: AttributeRoles) {
    super(spanType)
    this.roles = roles
  }

  override read(bytes: Uint8Array, view: DataView, start: number, end: number): boolean {
    const isOrdinary = super.read(bytes, view, start, end)
    if (isOrdinary) this.span.takeOrdinary(view, this)
    return isOrdinary
  }

  begin(): void {
    this.roles.begin()
  }

  take(view: DataView, _a: number, _b: number, keyStart: number, keyEnd: number, start: number, end: number): boolean {
    this.roles.take(view, keyStart, keyEnd, start, end)
    return true
  }
}

class CountedCall extends OrdinaryCall {
  readonly span: CallSpan
  plainCount = 0

  readonly names = new CallNamesMemo()

  constructor(roles: AttributeRoles) {
    const span = new CallSpan()
    super(roles, span)
    this.span = span
  }

  override begin(): void {
    this.plainCount++
    super.begin()
  }
}

const countRoles = textCountRoles.map(roleIndex)
const keys = [
  'gen_ai.operation.name',
  'gen_ai.request.model',
  'gen_ai.response.model',
  'gen_ai.usage.input_tokens',
  'gen_ai.usage.output_tokens',
  'gen_ai.usage.prompt_tokens',
  'gen_ai.usage.cache_read.input_tokens',
  'llm.model_name',
  'user.id',
  'http.route',
  'gen_ai.prompt',
  'llm.invocation_parameters',
  'id',
]

/**
 * Reads spans of a few shapes, some of them broken, by shape and one by one. Returns how many were read by shape; throws where
 * the two ways differ.
 */
export function fuzzShapes(seed: number, count: number): number {
  const random = new SeededRandom(seed)
  let roles = new AttributeRoles(ownKeys)
  let call = new CountedCall(roles)
  const plain = new PlainCall(new AttributeRoles(ownKeys))
  let shapes: string[][] = []
  let shaped = 0
  for (let i = 0; i < count; i++) {
    // One that has met too many shapes rests for long.
    if (i % 1000 === 0) {
      roles = new AttributeRoles(ownKeys)
      call = new CountedCall(roles)
    }
    if (i % 250 === 0) shapes = Array.from({ length: 1 + random.below(4) }, () => shapeOf(random))
    const bytes = spanOf(random, random.pick(shapes))
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    const before = call.plainCount
    const found = resultOf(call, roles, bytes, view)
    if (call.plainCount === before) shaped++
    const expected = resultOf(plain, plain.roles, bytes, view)
    if (found !== expected) throw new Error(`span ${i}: ${found} instead of ${expected}`)
    if (found !== 'no') ignoreMalformed(() => checkNames(call, roles, bytes, view))
  }
  return shaped
}

/** Values that are no message are found out where they are read. */
function ignoreMalformed(check: () => void): void {
  try {
    check()
  } catch (error) {
    if (!(error instanceof WireError)) throw error
  }
}

/** Names and counts that the shape has read are those that stand there. */
function checkNames(call: CountedCall, roles: AttributeRoles, bytes: Uint8Array, view: DataView): void {
  const values = new CallValues(roles)
  values.reset(bytes, view)
  const { shape } = roles
  if (!call.names.find(values, shape).areOf(values)) throw new Error('names are those of another call')
  const at = roleIndex('callParameters')
  const tier = serviceTierIn(bytes, values.start(at), values.end(at))
  if ((shape?.parametersTier ?? tier) !== tier) throw new Error(`${shape?.parametersTier} instead of ${tier}`)
  for (const role of countRoles) {
    const attribute = shape?.attributeOf(role)
    if (attribute === undefined || attribute.count < 0) continue
    if (attribute.count !== values.number(role)) throw new Error(`${attribute.count} instead of ${values.number(role)}`)
  }
}

function shapeOf(random: SeededRandom): string[] {
  const some = random.shuffle(keys.filter(key => random.chance(key === 'id' ? 0.1 : 0.6)))
  return random.chance(0.2) ? [...some, random.pick(keys)] : some
}

function spanOf(random: SeededRandom, shape: readonly string[]): Uint8Array {
  const value = () =>
    random.chance(0.5)
      ? random.pick([
          'gpt-4o',
          'gpt-4o-mini',
          'gpt-5o',
          'claude-sonnet-4-5',
          `ft:${random.below(300)}`,
          '{"service_tier": "flex"}',
        ])
      : random.pick([
          5,
          128,
          20_000,
          300_000,
          5_000_000,
          -1,
          0.5,
          'gpt-4o',
          '',
          'x'.repeat(random.below(300)),
          'y'.repeat(20_000),
        ])
  const pairs = shape.flatMap(key => keyValues({ [key]: value() }))
  const span: Plain = {
    traceId: Buffer.alloc(16, 1),
    spanId: Buffer.alloc(8, 2),
    ...(random.chance(0.8) && { parentSpanId: Buffer.alloc(8, 3) }),
    name: random.pick(['chat', 'n'.repeat(200)]),
    kind: 3,
    startTimeUnixNano: '1770000000000000000',
    endTimeUnixNano: '1770000001000000000',
    attributes: random.chance(0.05) ? pairs.slice(1) : pairs,
    ...(random.chance(0.1) && { droppedAttributesCount: random.pick([1, 300]) }),
    ...(random.chance(0.2) && { events: [{ name: 'e' }, { name: 'e'.repeat(200) }] }),
    ...(random.chance(0.3) && { status: { code: 1 } }),
    ...(random.chance(0.3) && { flags: 1 }),
  }
  const request = encodeHostile(random, 'traces', { resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] } as Plain, {
    order: random.chance(0.9) ? 'ascending' : random.pick(fieldOrders),
    ...(random.chance(0.05) ? hostile : {}),
  })
  return broken(random, onlySpan(request))
}

/** The span's payload, at the start of bytes of its own or with others around it. */
function onlySpan(request: Uint8Array): Uint8Array {
  const cursor = new FieldCursor().reset(request, 0, request.length)
  for (const field of [1, 2, 2]) {
    let found = false
    while (!found && cursor.next()) found = cursor.fieldNumber === field
    if (!found) return new Uint8Array(0)
    cursor.reset(request, cursor.valueStart, cursor.fieldEnd)
  }
  return Uint8Array.from(request.subarray(cursor.fieldEnd, cursor.end))
}

function broken(random: SeededRandom, bytes: Uint8Array): Uint8Array {
  if (bytes.length === 0 || random.chance(0.8)) return bytes
  if (random.chance(0.3)) return bytes.slice(0, random.below(bytes.length))
  for (let i = 0; i < 3; i++) bytes[random.below(Math.min(bytes.length, 200))] = random.below(256)
  return bytes
}

/** All that is asked of a record that was read, as text. */
function resultOf(record: PlainCall | CountedCall, roles: AttributeRoles, bytes: Uint8Array, view: DataView): string {
  try {
    if (!record.read(bytes, view, 0, bytes.length)) return 'no'
  } catch (error) {
    if (error instanceof WireError) return 'no'
    throw error
  }
  const { traceIdStart, spanIdStart, parentSpanIdStart, startTimeStart, endTimeStart, name } = record.span
  const places = (starts: Int32Array, ends: Int32Array) =>
    [...starts].map((at, i) => (at < 0 ? '' : `${at}-${ends[i]}`))
  return JSON.stringify([
    [traceIdStart, spanIdStart, parentSpanIdStart, startTimeStart, endTimeStart, name],
    record.has(otlp.spanEvents),
    places(roles.starts, roles.ends),
    places(roles.ownStarts, roles.ownEnds),
    roles.isEmpty,
    roles.traits,
  ])
}
