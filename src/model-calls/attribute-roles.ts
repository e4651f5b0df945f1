import { AttributeKey } from '../pdata/attribute-key.ts'
import type { AttributeList } from '../pdata/attribute-list.ts'
import { type Role, roleKeys, roles } from './dialects.ts'

const slots = 4096
const absent = 255
const none = -1

const roleKeyList = roles.flatMap((role, at) => roleKeys[role].map((text, rank) => ({ text, role: at, rank })))
/** By index: a key in one of its roles. Where a role has several keys, the one of the lowest rank wins. */
const keyOf = roleKeyList.map(({ text }) => new AttributeKey(text))
const roleOf = Uint8Array.from(roleKeyList, ({ role }) => role)
const rankOf = Uint8Array.from(roleKeyList, ({ rank }) => rank)
/** Of each key, as an attribute list has it. */
const hashOf = Int32Array.from(keyOf, ({ hash }) => hash)
/** Attributes of a span whose keys are expected where the span before had them. */
const expectedMax = 64
/** Per slot the first of the keys that fall into it, and per key the next of its slot. */
const firstInSlot = new Int16Array(slots).fill(none)
const nextInSlot = new Int16Array(keyOf.length).fill(none)
for (const [index, key] of keyOf.entries()) {
  const slot = slotOf(key.hash)
  nextInSlot[index] = firstInSlot[slot]!
  firstInSlot[slot] = index
}

/**
 * Finds, in one pass over a span's attributes, which of them play a role in its price. A key that plays none costs one look
 * into a small table.
 */
export class AttributeRoles {
  /** Per role the index of its attribute, -1 where the span has none. Valid after `scan`. */
  readonly indexOf = new Int32Array(roles.length).fill(none)
  readonly #ranks = new Uint8Array(roles.length).fill(absent)
  #isClean = true
  /** By index of an attribute the key that one there had last: spans of one instrumentation are alike. */
  readonly #expected = new Int16Array(expectedMax).fill(none)

  /** Whether any attribute plays a role; `view` is over the bytes that the attributes stand in. */
  scan(attributes: AttributeList, view: DataView): boolean {
    if (!this.#isClean) {
      this.indexOf.fill(none)
      this.#ranks.fill(absent)
      this.#isClean = true
    }
    const { size } = attributes
    const expected = this.#expected
    for (let i = 0; i < size; i++) {
      const hash = attributes.keyHash(i)
      const likely = i < expectedMax ? expected[i]! : none
      if (likely !== none && hashOf[likely] === hash) {
        if (keyOf[likely]!.equalsIn(view, attributes.keyStart(i), attributes.keyEnd(i))) {
          this.#take(attributes, i, likely)
          continue
        }
      }
      const candidate = firstInSlot[slotOf(hash)]!
      if (candidate !== none) this.#consider(attributes, view, i, candidate)
    }
    return !this.#isClean
  }

  #consider(attributes: AttributeList, view: DataView, index: number, first: number): void {
    const start = attributes.keyStart(index)
    const end = attributes.keyEnd(index)
    const hash = attributes.keyHash(index)
    for (let at = first; at !== none; at = nextInSlot[at]!) {
      if (hashOf[at] !== hash || !keyOf[at]!.equalsIn(view, start, end)) continue
      if (index < expectedMax) this.#expected[index] = at
      this.#take(attributes, index, at)
      return
    }
  }

  #take(attributes: AttributeList, index: number, at: number): void {
    const role = roleOf[at]!
    const rank = rankOf[at]!
    if (rank >= this.#ranks[role]! || attributes.isRemoved(index)) return
    this.#ranks[role] = rank
    this.indexOf[role] = index
    this.#isClean = false
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
