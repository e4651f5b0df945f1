import { roleIndex } from './attribute-roles.ts'
import { type CallKind, callKindOf } from './call-kind.ts'
import type { CallShape } from './call-shape.ts'
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
  readonly #byShape = new WeakMap<CallShape, ShapeNames>()
  #shape: CallShape | undefined
  #ofShape: ShapeNames | undefined

  /** `shape` is that of the span, if it is known: then only names that it has are looked at. */
  find(values: CallValues, shape?: CallShape): CallNames {
    if (shape === undefined) return this.#findAny(values)
    if (shape !== this.#shape) this.#enter(shape)
    const ofShape = this.#ofShape!
    return ofShape.find(values) ?? ofShape.remember(values, this.#findAny(values))
  }

  #findAny(values: CallValues): CallNames {
    const slot = slotOf(places, values)
    let names = this.#slots[slot]
    if (names?.areOf(values) !== true) {
      names = new CallNames(slot, values)
      this.#slots[slot] = names
    }
    return names
  }

  #enter(shape: CallShape): void {
    let ofShape = this.#byShape.get(shape)
    if (ofShape === undefined) {
      ofShape = new ShapeNames(places.filter(place => shape.roles.includes(place)))
      this.#byShape.set(shape, ofShape)
    }
    this.#shape = shape
    this.#ofShape = ofShape
  }
}

/** Names as spans of one shape have them. */
class ShapeNames {
  readonly #places: readonly number[]
  readonly #slots: (NamesOfBytes | undefined)[] = new Array(namesSlots).fill(undefined)
  #last: NamesOfBytes | undefined
  #slot = 0

  constructor(present: readonly number[]) {
    this.#places = present
  }

  find(values: CallValues): CallNames | undefined {
    const last = this.#last
    if (last?.bytes.equals(values) === true) return last.names
    this.#slot = slotOf(this.#places, values)
    const known = this.#slots[this.#slot]
    if (known?.bytes.equals(values) !== true) return undefined
    this.#last = known
    return known.names
  }

  /** For values that `find` has just not found. */
  remember(values: CallValues, names: CallNames): CallNames {
    const known = { names, bytes: new ValueBytes(this.#places, values) }
    this.#slots[this.#slot] = known
    this.#last = known
    return names
  }
}

interface NamesOfBytes {
  readonly names: CallNames
  readonly bytes: ValueBytes
}

/** Of each value the length and the last four bytes, where ids of models differ most. */
function slotOf(places: readonly number[], values: CallValues): number {
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
