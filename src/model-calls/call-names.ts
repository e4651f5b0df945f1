import { type CallKind, callKindOf } from './call-kind.ts'
import type { CallValues } from './call-values.ts'
import type { Combinations } from './known-values.ts'
import { nameRoles, roleIndex } from './role-traits.ts'
import { ValueBytes } from './value-bytes.ts'

/** Slots of the second look; what they hold is all that is remembered. */
export const namesSlots = 256

const places = nameRoles.map(roleIndex)
const place = {
  operation: roleIndex('operation'),
  spanKind: roleIndex('spanKind'),
  entityKind: roleIndex('entityKind'),
  serviceTier: roleIndex('serviceTier'),
  processing: roleIndex('processing'),
}

/** What calls of one instrumentation to one model say of themselves again and again, and what follows of it. */
export class CallNames {
  /** Where others may remember what follows of it for them. */
  readonly slot: number
  readonly kind: CallKind
  /** In lower case, empty where there is none. */
  readonly serviceTier: string
  readonly processing: string
  readonly #bytes: ValueBytes

  constructor(slot: number, values: CallValues) {
    this.slot = slot
    this.#bytes = new ValueBytes(places, values)
    this.kind = kindOf(values)
    this.serviceTier = values.text(place.serviceTier).toLowerCase()
    this.processing = values.text(place.processing).toLowerCase()
  }

  areOf(values: CallValues): boolean {
    return this.#bytes.equals(values)
  }
}

function kindOf(values: CallValues): CallKind {
  const operation = callKindOf(values.text(place.operation))
  if (operation === 'wrapper') return 'wrapper'
  const spanKind = callKindOf(values.text(place.spanKind))
  if (spanKind !== 'unknown') return spanKind
  return operation === 'unknown' ? callKindOf(values.text(place.entityKind)) : operation
}

/** What a span's shape says of its names. */
export interface NamedShape {
  /** Whether the names of the span that was read last are known, and then which they are. */
  readonly isKnown: boolean
  readonly combination: number
  readonly names: Combinations<CallNames>
}

/** The names of the last calls: the same object for the same bytes, as long as it is remembered. */
export class CallNamesMemo {
  readonly #slots: (CallNames | undefined)[] = new Array(namesSlots).fill(undefined)

  /** `shape` is that of the span, if it is known: where it knows the values, they need not be looked at. */
  find(values: CallValues, shape?: NamedShape): CallNames {
    if (shape?.isKnown !== true) return this.#findAny(values)
    const known = shape.names.find(shape.combination)
    if (known !== undefined) return known
    const names = this.#findAny(values)
    shape.names.note(shape.combination, names)
    return names
  }

  #findAny(values: CallValues): CallNames {
    const slot = slotOf(values)
    let names = this.#slots[slot]
    if (names?.areOf(values) !== true) {
      names = new CallNames(slot, values)
      this.#slots[slot] = names
    }
    return names
  }
}

/** Of each value the length and the last four bytes, where ids of models differ most. */
function slotOf(values: CallValues): number {
  const { view, starts, ends } = values
  let hash = 0
  for (let i = 0; i < places.length; i++) {
    const at = places[i]!
    const start = starts[at]!
    if (start < 0) continue
    const end = ends[at]!
    const length = end - start
    hash = Math.imul(hash ^ i ^ (length < 4 ? length : length ^ view.getInt32(end - 4, true)), 0x9e3779b1)
    hash ^= hash >>> 15
  }
  return Math.imul(hash, 0x85ebca6b) >>> 24
}
