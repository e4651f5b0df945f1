import { roleIndex } from '../../model-calls/attribute-roles.ts'
import { hashRange, hashSeed } from '../../model-calls/byte-hash.ts'
import { plainName } from '../../model-calls/call-kind.ts'
import type { CallReader } from '../../model-calls/call-reader.ts'
import type { CallValues } from '../../model-calls/call-values.ts'
import type { PriceSource } from './price-source.ts'
import type { ResolvedModel, Resolver } from './resolver.ts'

const entriesMax = 4096
/** Slots of the first look. */
const recentCount = 256
const wordBytes = 4
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
  /** The names themselves: two hashes may be equal, two names with a price must not be. */
  readonly names: NamesBytes
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
    if (recent?.names.equals(reader.values) === true) return recent
    const entry = this.#known(reader) ?? this.#resolve(reader, resolver)
    this.#recent[slot] = entry
    return entry
  }

  #known(reader: CallReader): ModelEntry | undefined {
    const known = this.#entries.get(hashNames(reader.values))
    return known?.names.equals(reader.values) === true ? known : undefined
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
      names: new NamesBytes(values),
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

/** The values of the four names, to be compared with others: their lengths, and all bytes four at a time. */
class NamesBytes {
  readonly #lengths: Int32Array
  /** Of each value the words, the last of them overlapping; of one below four bytes a word for each byte. */
  readonly #words: Int32Array

  constructor(values: CallValues) {
    const { view } = values
    const words: number[] = []
    this.#lengths = Int32Array.from(places, at => values.end(at) - values.start(at))
    for (const at of places) {
      const end = values.end(at)
      let from = values.start(at)
      if (end - from < wordBytes) for (; from < end; from++) words.push(view.getUint8(from))
      else {
        for (; from < end - wordBytes; from += wordBytes) words.push(view.getInt32(from, true))
        words.push(view.getInt32(end - wordBytes, true))
      }
    }
    this.#words = Int32Array.from(words)
  }

  equals(values: CallValues): boolean {
    const { view } = values
    const words = this.#words
    const lengths = this.#lengths
    let next = 0
    for (let i = 0; i < lengths.length; i++) {
      const at = places[i]!
      const end = values.end(at)
      let from = values.start(at)
      const length = end - from
      if (length !== lengths[i]) return false
      if (length < wordBytes) {
        for (; from < end; from++) if (view.getUint8(from) !== words[next++]) return false
        continue
      }
      for (; from < end - wordBytes; from += wordBytes) if (view.getInt32(from, true) !== words[next++]) return false
      if (view.getInt32(end - wordBytes, true) !== words[next++]) return false
    }
    return true
  }
}
