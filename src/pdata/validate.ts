import { FieldCursor } from '../wire/field-cursor.ts'
import { WireError } from '../wire/wire-error.ts'
import { wireBytes, wireFixed64, wireVarint } from '../wire/wire-type.ts'
import type { BatchMemory } from './batch-memory.ts'
import type { ClientMetadata, OtlpBatch, Signal } from './otlp-batch.ts'
import { PlainSpans } from './plain-spans.ts'
import { quickValidate, sawPlainSpans } from './quick-validate.ts'
import {
  fieldNumbersMax,
  kindItem,
  kindMessage,
  kindPackedFixed64,
  kindPackedVarint,
  kindSpanId,
  kindTraceId,
  kindUnknown,
  type MessageType,
  requestTypes,
} from './schema.ts'
import { defaultWalkBudget, type WalkBudget } from './walk-budget.ts'

/**
 * Checks a whole request, down to the last value, and counts its items. Throws `WireError`: `malformed` for anything that
 * is not a valid message of that type (cut off, wrong wire type, ids that are not 0, 16 or 8 bytes long, values that nest
 * too deep for any reader), `budget` for more items or elements than allowed. Unknown fields are skipped.
 *
 * A receiver calls it before it accepts: a bad request that is merged with others would have the whole batch refused later.
 */
export function validateRequest(signal: Signal, bytes: Uint8Array, budget: WalkBudget = defaultWalkBudget): number {
  const items = quickValidate(signal, bytes, budget)
  return items >= 0 ? items : validateSlowly(signal, bytes, budget)
}

/** A request that just came in as a batch; throws like `validateRequest`. */
export function validatedBatch(
  signal: Signal,
  bytes: Uint8Array,
  metadata: ClientMetadata | undefined,
  memory: BatchMemory | undefined,
): OtlpBatch {
  const itemCount = validateRequest(signal, bytes)
  const plainSpans = sawPlainSpans && signal === 'traces' ? new PlainSpans(bytes) : undefined
  return { signal, bytes, itemCount, metadata, memory, plainSpans }
}

/** `validateRequest` for whatever may come, able to say what is wrong where. */
export function validateSlowly(signal: Signal, bytes: Uint8Array, budget: WalkBudget): number {
  walk.bytes = bytes
  walk.items = 0
  walk.elements = 0
  walk.budget = budget
  try {
    walk.message(requestTypes[signal], 0, bytes.length, 0)
  } finally {
    walk.bytes = emptyBytes
  }
  return walk.items
}

const emptyBytes = new Uint8Array(0)

/** Recursion saves what it needs in locals, so one object serves all levels. */
class ValidationWalk {
  bytes: Uint8Array = emptyBytes
  items = 0
  elements = 0
  budget: WalkBudget = defaultWalkBudget
  /** Reads what the fast path does not: long tags and lengths, varints, groups. */
  readonly #cursor = new FieldCursor()

  message(type: MessageType, start: number, end: number, depth: number): void {
    const { bytes } = this
    const { kinds, wireTypes } = type
    const cursor = this.#cursor
    let offset = start
    while (offset < end) {
      const tag = bytes[offset]!
      const lengthOffset = offset + 1
      if (tag < 128 && tag > 7 && (tag & 7) === wireBytes && lengthOffset < end && bytes[lengthOffset]! < 128) {
        // One byte of tag and one of length: nearly every field of nearly every record.
        cursor.fieldStart = offset
        cursor.fieldNumber = tag >>> 3
        cursor.wireType = wireBytes
        cursor.valueStart = offset + 2
        cursor.fieldEnd = offset + 2 + bytes[lengthOffset]!
        if (cursor.fieldEnd > end) throw new WireError('field runs past its message', offset)
      } else {
        cursor.reset(bytes, offset, end).next()
      }
      offset = cursor.fieldEnd
      const kind = cursor.fieldNumber < fieldNumbersMax ? kinds[cursor.fieldNumber]! : kindUnknown
      if (kind === kindUnknown) continue
      if (wireTypes[cursor.fieldNumber] !== cursor.wireType && !isAlternative(kind, cursor.wireType)) {
        throw new WireError(`field ${cursor.fieldNumber} of ${type.name} has wire type ${cursor.wireType}`, offset)
      }
      if (kind >= kindMessage) this.#child(type, kind, depth)
      else if (kind >= kindTraceId) this.#checkLength(type, kind)
    }
  }

  #child(type: MessageType, kind: number, depth: number): void {
    const { valueStart, fieldEnd, fieldNumber } = this.#cursor
    const child = type.children[fieldNumber]!
    if (kind !== kindMessage) this.#count(kind)
    const childDepth = child.isValue ? depth + 1 : depth
    if (childDepth > this.budget.nestingMax) {
      // Not a budget: every protobuf reader has such a limit, so the sender can never get this through.
      throw new WireError(`values nest deeper than ${this.budget.nestingMax} levels`, valueStart)
    }
    this.message(child, valueStart, fieldEnd, childDepth)
  }

  #count(kind: number): void {
    this.elements++
    if (kind === kindItem) this.items++
    const { itemsMax, elementsMax } = this.budget
    if (this.items > itemsMax) throw new WireError(`more than ${itemsMax} items`, -1, 'budget')
    if (this.elements > elementsMax) throw new WireError(`more than ${elementsMax} elements`, -1, 'budget')
  }

  #checkLength(type: MessageType, kind: number): void {
    const { valueStart, valueLength: length, fieldNumber, wireType } = this.#cursor
    if (kind === kindTraceId || kind === kindSpanId) {
      if (length === 0 || length === (kind === kindTraceId ? 16 : 8)) return
      throw new WireError(`field ${fieldNumber} of ${type.name} is an id of ${length} bytes`, valueStart)
    }
    if (kind === kindPackedFixed64 && wireType === wireBytes && length % 8 !== 0) {
      throw new WireError(`field ${fieldNumber} of ${type.name} is packed but cut off`, valueStart)
    }
  }
}

const walk = new ValidationWalk()

/** The wire type is not the usual one: lists of numbers may come packed or one by one. */
function isAlternative(kind: number, wireType: number): boolean {
  return (
    (kind === kindPackedFixed64 && wireType === wireFixed64) || (kind === kindPackedVarint && wireType === wireVarint)
  )
}
