import { roleIndex } from './attribute-roles.ts'
import { type CallKind, callKindOf } from './call-kind.ts'
import type { CallValues } from './call-values.ts'
import { ValueBytes } from './value-bytes.ts'

/** Slots of the second look; what they hold is all that is remembered. */
export const namesSlots = 256

const place = {
  operation: roleIndex('operation'),
  spanKind: roleIndex('spanKind'),
  serviceTier: roleIndex('serviceTier'),
  processing: roleIndex('processing'),
}
const places = [
  ...(['requestModel', 'responseModel', 'provider'] as const).map(roleIndex),
  place.operation,
  place.spanKind,
  roleIndex('serverAddress'),
  place.serviceTier,
  place.processing,
]

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
  return spanKind === 'unknown' ? operation : spanKind
}

/** The names of the last calls: the same object for the same bytes, as long as it is remembered. */
export class CallNamesMemo {
  readonly #slots: (CallNames | undefined)[] = new Array(namesSlots).fill(undefined)
  #last: CallNames | undefined

  find(values: CallValues): CallNames {
    if (this.#last?.areOf(values) === true) return this.#last
    const slot = slotOf(values)
    let names = this.#slots[slot]
    if (names?.areOf(values) !== true) {
      names = new CallNames(slot, values)
      this.#slots[slot] = names
    }
    this.#last = names
    return names
  }
}

/** Of each value the length and the last four bytes, where ids of models differ most. */
function slotOf(values: CallValues): number {
  const { view } = values
  let hash = 0
  for (let i = 0; i < places.length; i++) {
    const at = places[i]!
    const end = values.end(at)
    const length = end - values.start(at)
    hash = Math.imul(hash ^ (length < 4 ? length : length ^ view.getInt32(end - 4, true)), 0x9e3779b1)
    hash ^= hash >>> 15
  }
  return Math.imul(hash, 0x85ebca6b) >>> 24
}
