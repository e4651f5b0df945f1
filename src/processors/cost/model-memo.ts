import { roleIndex } from '../../model-calls/attribute-roles.ts'
import { hashRange, hashSeed } from '../../model-calls/byte-hash.ts'
import type { CallReader } from '../../model-calls/call-reader.ts'
import type { CallValues } from '../../model-calls/call-values.ts'
import { plainName } from '../../model-calls/dialects.ts'
import type { PriceSource } from './price-source.ts'
import type { ResolvedModel, Resolver } from './resolver.ts'

const entriesMax = 4096
/** Slots of the first look. */
const recentCount = 256
const places = (['provider', 'responseModel', 'requestModel', 'serverAddress'] as const).map(roleIndex)
const [providerPlace, responseModelPlace, requestModelPlace, serverAddressPlace] = places as [
  number,
  number,
  number,
  number,
]

export interface ModelEntry {
  readonly id: number
  readonly resolved: ResolvedModel
  /** The names' bytes: two hashes may be equal, two names with a price must not be. */
  readonly names: DataView
}

/**
 * Which model a call's names mean, remembered by their raw bytes: finding out takes 100 us, remembering 0.1. The first look
 * takes a few bytes of each name for a hash, and compares all of them.
 */
export class ModelMemo {
  readonly #source: PriceSource
  readonly #entries = new Map<number, ModelEntry>()
  readonly #recent: (ModelEntry | undefined)[] = new Array(recentCount).fill(undefined)
  #generation = 0
  #nextId = 0

  constructor(source: PriceSource) {
    this.#source = source
  }

  find(reader: CallReader, nowMs: number): ModelEntry {
    const resolver = this.#source.resolver(nowMs)
    if (this.#generation !== this.#source.generation) {
      this.#generation = this.#source.generation
      this.#entries.clear()
      this.#recent.fill(undefined)
    }
    const slot = quickSlot(reader)
    const recent = this.#recent[slot]
    if (recent !== undefined && isSame(recent.names, reader)) return recent
    const entry = this.#known(reader) ?? this.#resolve(reader, resolver)
    this.#recent[slot] = entry
    return entry
  }

  #known(reader: CallReader): ModelEntry | undefined {
    const known = this.#entries.get(hashNames(reader))
    return known !== undefined && isSame(known.names, reader) ? known : undefined
  }

  #resolve(reader: CallReader, resolver: Resolver): ModelEntry {
    const { indexOf } = reader.roles
    const text = (place: number) => reader.values.text(indexOf[place]!)
    const requestModel = text(requestModelPlace)
    // Where the model stands in an object, its provider stands beside it.
    const provider = indexOf[providerPlace]! < 0 && requestModel[0] === '{' ? requestModel : text(providerPlace)
    const entry: ModelEntry = {
      id: this.#nextId++,
      resolved: resolver.resolve({
        provider: plainName(provider, 'provider'),
        responseModel: text(responseModelPlace),
        requestModel: plainName(requestModel, 'model'),
        serverAddress: text(serverAddressPlace),
      }),
      names: copyNames(reader),
    }
    if (this.#entries.size >= entriesMax) this.#entries.clear()
    this.#entries.set(hashNames(reader), entry)
    return entry
  }
}

function quickSlot({ roles: { indexOf }, values }: CallReader): number {
  const hash =
    quickHash(values, indexOf[providerPlace]!) ^
    Math.imul(quickHash(values, indexOf[responseModelPlace]!), 3) ^
    Math.imul(quickHash(values, indexOf[requestModelPlace]!), 5)
  return Math.imul(hash, 0x9e3779b1) >>> 24
}

/** Of a name's length and last four bytes, where ids of models differ most. */
function quickHash(values: CallValues, index: number): number {
  if (index < 0) return 0
  const end = values.end(index)
  const length = end - values.start(index)
  return length < 4 ? length : length ^ values.view.getInt32(end - 4, true)
}

function hashNames({ roles, values }: CallReader): number {
  let hash = hashSeed
  for (const at of places) {
    const index = roles.indexOf[at]!
    if (index >= 0) hash = hashRange(hash ^ at, values.view, values.start(index), values.end(index))
  }
  return hash
}

function copyNames({ roles, values }: CallReader): DataView {
  const parts = places.map(at =>
    values.bytes.subarray(values.start(roles.indexOf[at]!), values.end(roles.indexOf[at]!)),
  )
  const names = Uint8Array.from(Buffer.concat(parts))
  return new DataView(names.buffer)
}

function isSame(names: DataView, { roles: { indexOf }, values }: CallReader): boolean {
  let offset = sameUpTo(names, 0, values, indexOf[providerPlace]!)
  offset = sameUpTo(names, offset, values, indexOf[responseModelPlace]!)
  offset = sameUpTo(names, offset, values, indexOf[requestModelPlace]!)
  return sameUpTo(names, offset, values, indexOf[serverAddressPlace]!) === names.byteLength
}

/** Where the value ends in `names` if it stands there from `offset` on; -1 if it does not, or `offset` is that. */
function sameUpTo(names: DataView, offset: number, values: CallValues, index: number): number {
  if (index < 0 || offset < 0) return offset
  const { view } = values
  let from = values.start(index)
  const end = values.end(index)
  const sameEnd = offset + end - from
  if (sameEnd > names.byteLength) return -1
  let at = offset
  for (; from + 4 <= end; from += 4, at += 4) if (names.getInt32(at) !== view.getInt32(from)) return -1
  for (; from < end; from++, at++) if (names.getUint8(at) !== view.getUint8(from)) return -1
  return sameEnd
}
