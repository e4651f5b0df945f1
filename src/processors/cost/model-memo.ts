import { hashName, hashRange, hashSeed } from '../../model-calls/byte-hash.ts'
import { plainName } from '../../model-calls/call-kind.ts'
import { type CallNames, namesSlots } from '../../model-calls/call-names.ts'
import type { CallReader } from '../../model-calls/call-reader.ts'
import type { CallValues } from '../../model-calls/call-values.ts'
import { roleIndex } from '../../model-calls/role-traits.ts'
import { ValueBytes } from '../../model-calls/value-bytes.ts'
import type { PriceSource } from './price-source.ts'
import type { ResolvedModel, Resolver } from './resolver.ts'

const entriesMax = 4096
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
  /** Of what the model is called in the prices. */
  readonly modelHash: number
  /** The names themselves: two hashes may be equal, two names with a price must not be. */
  readonly bytes: ValueBytes
}

/** What the names of a call mean, found by themselves. */
interface NamedEntry {
  readonly names: CallNames
  readonly entry: ModelEntry
}

/**
 * Which model a call's names mean, remembered by their raw bytes: finding out takes 100 us, remembering 0.1, and a look at
 * names that came lately next to nothing.
 */
export class ModelMemo {
  readonly #source: PriceSource
  readonly #entries = new Map<number, ModelEntry>()
  readonly #recent: (NamedEntry | undefined)[] = new Array(namesSlots).fill(undefined)
  #generation = 0
  #nextId = 0

  constructor(source: PriceSource) {
    this.#source = source
  }

  find(reader: CallReader): ModelEntry {
    if (this.#generation !== this.#source.generation) {
      this.#generation = this.#source.generation
      this.#entries.clear()
      this.#recent.fill(undefined)
    }
    const names = reader.names!
    const recent = this.#recent[names.slot]
    if (recent?.names === names) return recent.entry
    const entry = this.#known(reader) ?? this.#resolve(reader, this.#source.resolver)
    this.#recent[names.slot] = { names, entry }
    return entry
  }

  #known(reader: CallReader): ModelEntry | undefined {
    const known = this.#entries.get(hashNames(reader.values))
    return known?.bytes.equals(reader.values) === true ? known : undefined
  }

  #resolve({ values }: CallReader, resolver: Resolver): ModelEntry {
    const text = (place: number) => values.text(place)
    const requestModel = text(requestModelPlace)
    // Where the model stands in an object, its provider stands beside it.
    const provider = !values.has(providerPlace) && requestModel[0] === '{' ? requestModel : text(providerPlace)
    const resolved = resolver.resolve({
      provider: plainName(provider, 'provider'),
      responseModel: text(responseModelPlace),
      requestModel: plainName(requestModel, 'model'),
      serverAddress: text(serverAddressPlace),
    })
    const entry: ModelEntry = {
      id: this.#nextId++,
      resolved,
      modelHash: hashName(resolved.modelId),
      bytes: new ValueBytes(places, values),
    }
    if (this.#entries.size >= entriesMax) this.#entries.clear()
    this.#entries.set(hashNames(values), entry)
    return entry
  }
}

function hashNames(values: CallValues): number {
  let hash = hashSeed
  for (const at of places) {
    if (values.has(at)) hash = hashRange(hash ^ at, values.view, values.start(at), values.end(at))
  }
  return hash
}
