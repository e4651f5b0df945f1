import { roleIndex } from '../../model-calls/attribute-roles.ts'
import { hashBytes, hashSeed } from '../../model-calls/byte-hash.ts'
import type { CallReader } from '../../model-calls/call-reader.ts'
import type { PriceSource } from './price-source.ts'
import type { ResolvedModel } from './resolver.ts'

const entriesMax = 4096
const places = (['provider', 'responseModel', 'requestModel', 'serverAddress'] as const).map(roleIndex)

export interface ModelEntry {
  readonly id: number
  readonly resolved: ResolvedModel
  /** The names' bytes: two hashes may be equal, two names with a price must not be. */
  readonly names: Uint8Array
}

/** Which model a call's names mean, remembered by their raw bytes: finding out takes 100 us, remembering 0.1. */
export class ModelMemo {
  readonly #source: PriceSource
  readonly #entries = new Map<number, ModelEntry>()
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
    }
    const hash = hashNames(reader)
    const known = this.#entries.get(hash)
    if (known !== undefined && isSame(known.names, reader)) return known
    const { indexOf } = reader.roles
    const [provider, responseModel, requestModel, serverAddress] = places.map(at => reader.values.text(indexOf[at]!))
    const entry: ModelEntry = {
      id: this.#nextId++,
      resolved: resolver.resolve({
        provider: provider!,
        responseModel: responseModel!,
        requestModel: requestModel!,
        serverAddress: serverAddress!,
      }),
      names: copyNames(reader),
    }
    if (this.#entries.size >= entriesMax) this.#entries.clear()
    this.#entries.set(hash, entry)
    return entry
  }
}

function hashNames({ roles, values }: CallReader): number {
  let hash = hashSeed
  for (const at of places) {
    const index = roles.indexOf[at]!
    hash = hashBytes(hash, values.bytes, values.start(index), values.end(index))
  }
  return hash
}

function copyNames({ roles, values }: CallReader): Uint8Array {
  const parts = places.map(at => values.bytes.slice(values.start(roles.indexOf[at]!), values.end(roles.indexOf[at]!)))
  return Buffer.concat(parts)
}

function isSame(names: Uint8Array, { roles, values }: CallReader): boolean {
  let offset = 0
  for (const at of places) {
    const index = roles.indexOf[at]!
    const end = values.end(index)
    for (let i = values.start(index); i < end; i++) if (names[offset++] !== values.bytes[i]) return false
  }
  return offset === names.length
}
