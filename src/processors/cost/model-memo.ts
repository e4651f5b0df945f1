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
    const slot = quickSlot(reader.values)
    const recent = this.#recent[slot]
    if (recent !== undefined && isSame(recent.names, reader.values)) return recent
    const entry = this.#known(reader) ?? this.#resolve(reader, resolver)
    this.#recent[slot] = entry
    return entry
  }

  #known(reader: CallReader): ModelEntry | undefined {
    const known = this.#entries.get(hashNames(reader.values))
    return known !== undefined && isSame(known.names, reader.values) ? known : undefined
  }

  #resolve({ values }: CallReader, resolver: Resolver): ModelEntry {
    const text = (place: number) => values.text(place)
    const requestModel = text(requestModelPlace)
    // Where the model stands in an object, its provider stands beside it.
    const provider = !values.has(providerPlace) && requestModel[0] === '{' ? requestModel : text(providerPlace)
    const entry: ModelEntry = {
      id: this.#nextId++,
      resolved: resolver.resolve({
        provider: plainName(provider, 'provider'),
        responseModel: text(responseModelPlace),
        requestModel: plainName(requestModel, 'model'),
        serverAddress: text(serverAddressPlace),
      }),
      names: copyNames(values),
    }
    if (this.#entries.size >= entriesMax) this.#entries.clear()
    this.#entries.set(hashNames(values), entry)
    return entry
  }
}

function quickSlot(values: CallValues): number {
  const hash =
    quickHash(values, providerPlace) ^
    Math.imul(quickHash(values, responseModelPlace), 3) ^
    Math.imul(quickHash(values, requestModelPlace), 5)
  return Math.imul(hash, 0x9e3779b1) >>> 24
}

/** Of a name's length and last four bytes, where ids of models differ most. */
function quickHash(values: CallValues, place: number): number {
  const end = values.end(place)
  const length = end - values.start(place)
  return length < 4 ? length : length ^ values.view.getInt32(end - 4, true)
}

function hashNames(values: CallValues): number {
  let hash = hashSeed
  for (const at of places) {
    if (values.has(at)) hash = hashRange(hash ^ at, values.view, values.start(at), values.end(at))
  }
  return hash
}

function copyNames(values: CallValues): DataView {
  const parts = places.map(at => values.bytes.subarray(values.start(at), values.end(at)))
  const names = Uint8Array.from(Buffer.concat(parts))
  return new DataView(names.buffer)
}

function isSame(names: DataView, values: CallValues): boolean {
  let offset = sameUpTo(names, 0, values, providerPlace)
  offset = sameUpTo(names, offset, values, responseModelPlace)
  offset = sameUpTo(names, offset, values, requestModelPlace)
  return sameUpTo(names, offset, values, serverAddressPlace) === names.byteLength
}

/** Where the value ends in `names` if it stands there from `offset` on; -1 if it does not, or `offset` is that. */
function sameUpTo(names: DataView, offset: number, values: CallValues, place: number): number {
  if (offset < 0) return offset
  const { view } = values
  let from = values.start(place)
  const end = values.end(place)
  const sameEnd = offset + end - from
  if (sameEnd > names.byteLength) return -1
  let at = offset
  for (; from + 4 <= end; from += 4, at += 4) if (names.getInt32(at) !== view.getInt32(from)) return -1
  for (; from < end; from++, at++) if (names.getUint8(at) !== view.getUint8(from)) return -1
  return sameEnd
}
