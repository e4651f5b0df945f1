import { AttributeKey, hashKeyIn } from '../pdata/attribute-key.ts'
import type { AttributeList } from '../pdata/attribute-list.ts'
import { CallShape, type ShapePart } from './call-shape.ts'
import { roleKeys, roles } from './dialects.ts'
import { nameRoles, textCountRoles, traitOf } from './role-traits.ts'

const slots = 4096
const absent = 255
const none = -1
/** In place of a role: the key only has a place of its own. */
const noRole = 255
const noPlace = 255

/** Attributes of a span whose keys are expected where the span before had them. */
const expectedMax = 64

const roleKeyList = roles.flatMap((role, at) => roleKeys[role].map((text, rank) => ({ text, role: at, rank })))

/** Keys by their hashes. */
class KeyTable {
  readonly keys: readonly AttributeKey[]
  /** By index: a key in one of its roles. Where a role has several keys, the one of the lowest rank wins. */
  readonly roleOf: Uint8Array
  readonly rankOf: Uint8Array
  /** By index: the place that the key has beside a role. */
  readonly placeOf: Uint8Array
  /** Per slot the first of the keys that fall into it, and per key the next of its slot. */
  readonly #firstInSlot = new Int16Array(slots).fill(none)
  readonly #nextInSlot: Int16Array

  constructor(ownKeys: readonly string[]) {
    const others = ownKeys.filter(
      (key, i) => ownKeys.indexOf(key) === i && !roleKeyList.some(({ text }) => text === key),
    )
    const list = [...roleKeyList, ...others.map(text => ({ text, role: noRole, rank: absent }))]
    this.keys = list.map(({ text }) => new AttributeKey(text))
    this.roleOf = Uint8Array.from(list, ({ role }) => role)
    this.rankOf = Uint8Array.from(list, ({ rank }) => rank)
    this.placeOf = Uint8Array.from(list, ({ text }) => (ownKeys.includes(text) ? ownKeys.indexOf(text) : noPlace))
    this.#nextInSlot = new Int16Array(list.length).fill(none)
    for (const [index, key] of this.keys.entries()) {
      const slot = slotOf(key.hash)
      this.#nextInSlot[index] = this.#firstInSlot[slot]!
      this.#firstInSlot[slot] = index
    }
  }

  /** Index of the key in `[start, end)` of the view, whose hash is given; -1 where it is another one. */
  find(hash: number, view: DataView, start: number, end: number): number {
    for (let at = this.#firstInSlot[slotOf(hash)]!; at !== none; at = this.#nextInSlot[at]!) {
      const key = this.keys[at]!
      if (key.hash === hash && key.equalsIn(view, start, end)) return at
    }
    return none
  }
}

const roleTable = new KeyTable([])

/**
 * Finds, in one pass over a record's attributes, which of them play a role in its price. A key that plays none costs one
 * look into a small table.
 */
export class AttributeRoles {
  /** Per role where its attribute's `AnyValue` stands; -1 where the record has none. Valid after `scan`. */
  readonly starts = new Int32Array(roles.length).fill(none)
  readonly ends = new Int32Array(roles.length)
  /** The same per own key. */
  readonly ownStarts: Int32Array
  readonly ownEnds: Int32Array
  /** Whether no attribute plays a role. */
  isEmpty = true
  /** Of all roles that are played. */
  traits = 0
  readonly #table: KeyTable
  readonly #ranks = new Uint8Array(roles.length).fill(absent)
  /** Roles that have an attribute. */
  readonly #taken = new Uint8Array(roles.length)
  #takenCount = 0
  #hasOwn = false
  /** By index of an attribute the key that one there had last: records of one instrumentation are alike. */
  readonly #expected = new Int16Array(expectedMax).fill(none)
  #index = 0
  /** Whose attributes were taken last; undefined where they came one by one. */
  shape: CallShape | undefined

  /** `ownKeys` are keys that the caller asks for beside the roles, fewer than 255. */
  constructor(ownKeys: readonly string[] = []) {
    this.#table = ownKeys.length === 0 ? roleTable : new KeyTable(ownKeys)
    this.ownStarts = new Int32Array(ownKeys.length).fill(none)
    this.ownEnds = new Int32Array(ownKeys.length)
  }

  /** Whether any attribute plays a role; `view` is over the bytes that the attributes stand in. */
  scan(attributes: AttributeList, view: DataView): boolean {
    this.begin()
    const { size } = attributes
    for (let i = 0; i < size; i++) {
      if (attributes.isRemoved(i)) continue
      const start = attributes.valueStart(i)
      this.take(view, attributes.keyStart(i), attributes.keyEnd(i), start, attributes.valueEnd(i))
    }
    return !this.isEmpty
  }

  /** A record begins whose attributes `take` is told of. */
  begin(): void {
    this.#index = 0
    this.isEmpty = true
    this.traits = 0
    for (let i = 0; i < this.#takenCount; i++) {
      const role = this.#taken[i]!
      this.starts[role] = none
      this.#ranks[role] = absent
    }
    this.#takenCount = 0
    if (this.#hasOwn) this.ownStarts.fill(none)
    this.#hasOwn = false
    this.shape = undefined
  }

  /** A record begins whose attributes are those of the shape: it writes itself where their values stand. */
  beginShape(shape: CallShape): void {
    if (this.shape === shape) return
    this.begin()
    this.shape = shape
    this.isEmpty = shape.roles.length === 0
    this.#hasOwn = shape.hasOwn
    for (const role of shape.roles) {
      this.#taken[this.#takenCount++] = role
      this.traits |= traitOf[role]!
    }
  }

  /** The shape of a record with these keys, whose attributes' fields have that tag; undefined where no shape can have them. */
  shapeOf(tag: number, keys: readonly Uint8Array[]): CallShape | undefined {
    if (keys.length === 0 || !keys.every(key => CallShape.takes(key))) return undefined
    const table = this.#table
    const { roleOf, rankOf, placeOf } = table
    const indices = keys.map(key => {
      const view = new DataView(key.buffer, key.byteOffset, key.length)
      return table.find(hashKeyIn(view, 0, key.length), view, 0, key.length)
    })
    const rankAt = (i: number, role: number) => (roleOf[indices[i]!] === role ? rankOf[indices[i]!]! : absent)
    const wins = (role: number, i: number) =>
      indices.every(
        (_, k) => k === i || rankAt(k, role) > rankAt(i, role) || (k > i && rankAt(k, role) === rankAt(i, role)),
      )
    const parts = keys.map((key, i): ShapePart => {
      const at = indices[i]!
      const role = at < 0 ? noRole : roleOf[at]!
      const place = at < 0 ? noPlace : placeOf[at]!
      return {
        key,
        role: role !== noRole && wins(role, i) ? role : none,
        place: place !== noPlace && indices.indexOf(at) === i ? place : none,
        isName: role !== noRole && wins(role, i) && nameRoles.includes(roles[role]!),
        isParameters: role !== noRole && wins(role, i) && roles[role] === 'callParameters',
        isCount: role !== noRole && wins(role, i) && textCountRoles.includes(roles[role]!),
      }
    })
    return new CallShape(tag, parts)
  }

  /** Sees the next attribute of the record: its key and its value's payload. */
  take(view: DataView, keyStart: number, keyEnd: number, valueStart: number, valueEnd: number): void {
    const table = this.#table
    const index = this.#index++
    let at = index < expectedMax ? this.#expected[index]! : none
    if (at === none || !table.keys[at]!.equalsIn(view, keyStart, keyEnd)) {
      at = table.find(hashKeyIn(view, keyStart, keyEnd), view, keyStart, keyEnd)
      if (at === none) return
      if (index < expectedMax) this.#expected[index] = at
    }
    const role = table.roleOf[at]!
    const place = table.placeOf[at]!
    if (place !== noPlace && this.ownStarts[place] === none) {
      this.ownStarts[place] = valueStart
      this.ownEnds[place] = valueEnd
      this.#hasOwn = true
    }
    if (role === noRole) return
    const rank = table.rankOf[at]!
    const rankBefore = this.#ranks[role]!
    if (rank >= rankBefore) return
    if (rankBefore === absent) this.#taken[this.#takenCount++] = role
    this.traits |= traitOf[role]!
    this.#ranks[role] = rank
    this.starts[role] = valueStart
    this.ends[role] = valueEnd
    this.isEmpty = false
    return
  }
}

function slotOf(hash: number): number {
  return Math.imul(hash, 0x9e3779b1) >>> 20
}
