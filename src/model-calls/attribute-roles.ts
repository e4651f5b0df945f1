import { AttributeKey } from '../pdata/attribute-key.ts'
import type { AttributeList } from '../pdata/attribute-list.ts'
import { type Role, roleKeys, roles } from './dialects.ts'

const filterSlots = 4096
const absent = 255

/**
 * Finds, in one pass over a span's attributes, which of them play a role in its price. A key that plays none costs one look
 * into a small table; where a role has several keys, the one listed first wins.
 */
export class AttributeRoles {
  /** Per role the index of its attribute, -1 where the span has none. Valid after `scan`. */
  readonly indexOf = new Int32Array(roles.length)
  readonly #ranks = new Uint8Array(roles.length)
  readonly #filter = new Uint8Array(filterSlots)
  readonly #byHash = new Map<number, { key: AttributeKey; role: number; rank: number }[]>()
  #isClean = true

  constructor() {
    roles.forEach((role, roleIndex) => {
      for (const [rank, text] of roleKeys[role].entries()) {
        const key = new AttributeKey(text)
        this.#filter[slotOf(key.hash)] = 1
        this.#byHash.set(key.hash, [...(this.#byHash.get(key.hash) ?? []), { key, role: roleIndex, rank }])
      }
    })
    this.indexOf.fill(-1)
    this.#ranks.fill(absent)
  }

  /** Whether any attribute plays a role. */
  scan(attributes: AttributeList, bytes: Uint8Array): boolean {
    if (!this.#isClean) {
      this.indexOf.fill(-1)
      this.#ranks.fill(absent)
      this.#isClean = true
    }
    const { size } = attributes
    for (let i = 0; i < size; i++) {
      const hash = attributes.keyHash(i)
      if (this.#filter[slotOf(hash)] === 0) continue
      this.#consider(attributes, bytes, i, hash)
    }
    return !this.#isClean
  }

  #consider(attributes: AttributeList, bytes: Uint8Array, index: number, hash: number): void {
    const candidates = this.#byHash.get(hash)
    if (candidates === undefined || attributes.isRemoved(index)) return
    for (const { key, role, rank } of candidates) {
      if (rank >= this.#ranks[role]! || !key.equals(bytes, attributes.keyStart(index), attributes.keyEnd(index)))
        continue
      this.#ranks[role] = rank
      this.indexOf[role] = index
      this.#isClean = false
    }
  }
}

const indexByRole = new Map(roles.map((role, index) => [role, index]))

/** The place of a role in `AttributeRoles.indexOf`. */
export function roleIndex(role: Role): number {
  return indexByRole.get(role)!
}

function slotOf(hash: number): number {
  return Math.imul(hash, 0x9e3779b1) >>> 20
}
