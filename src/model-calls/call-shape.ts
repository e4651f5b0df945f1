import * as otlp from '../pdata/otlp-fields.ts'
import { wireVarint } from '../wire/wire-type.ts'
import type { CallNames, NamedShape } from './call-names.ts'
import { serviceTierIn } from './call-parameters.ts'
import type { RolePlaces } from './call-values.ts'
import { Combinations, KnownValues, valueBits } from './known-values.ts'

/** Of three bytes the bits that say whether a length goes on, and lengths of two bytes and of three. */
const longMask = 0x80_80
const longLength = 0x80
const longerMask = 0x80_80_80
const longerLength = 0x80_80
const lengthBitsMax = 21
const keyTag = 0x0a
const valueTag = 0x12
const none = -1
const intTag = (otlp.anyInt << 3) | wireVarint
/** Bytes that are equal in every attribute with a key: two before the key, and the tag of the value behind it. */
const keyHeader = 2
const frameLength = keyHeader + 1
/** Keys of fewer bytes fill no window with these, and are compared as two words. */
const windowKeyMin = 5
const windowBytes = 8
const wordBytes = 4
/** What is read of an attribute before its length is looked at. */
const openingBytes = 4

/** Where the values of a record's attributes stand, by role and by own key. */
export interface AttributePlaces extends RolePlaces {
  readonly ownStarts: Int32Array
  readonly ownEnds: Int32Array
}

/** What one attribute of a shape is for. */
export interface ShapePart {
  /** Nobody else's bytes. */
  readonly key: Uint8Array
  /** Of the role that its value plays; -1 for none, or where another attribute of the span goes before it. */
  readonly role: number
  /** Among the keys that are asked for beside the roles; -1 for none. */
  readonly place: number
  /** Whether its value is a name that many calls have in common, and whether it is a count. */
  readonly isName: boolean
  readonly isCount: boolean
  /** Whether its value is a call's parameters, which are the same for many calls, too. */
  readonly isParameters: boolean
}

/** How one attribute of a shape is read. Objects with small fields: a typed array asks what it is at every look. */
export interface PlannedAttribute {
  readonly keyLength: number
  readonly role: number
  readonly place: number
  /** Of its name, the values that came lately. */
  readonly known: KnownValues | undefined
  /** Of its key in its frame all windows, the last overlapping, and how many stand before that; none of a short key. */
  readonly windows: BigInt64Array
  readonly lastWindow: number
  /** The first and the last four bytes of the same. */
  readonly firstWord: number
  readonly lastWord: number
  readonly isCount: boolean
  readonly isParameters: boolean
  /** What it was in the span that was read last; -1 where that is no small integer. */
  count: number
}

/**
 * The keys of a span's attributes in their order, which are the same for nearly all calls of one instrumentation: where they
 * are, all that is left to find is where the values stand.
 */
export class CallShape implements NamedShape {
  /** Roles that some attribute plays. */
  readonly roles: readonly number[]
  readonly hasOwn: boolean
  readonly #tag: number
  readonly #plan: readonly PlannedAttribute[]
  /** Where an attribute stands whose value is none of these, and the end of it; 0 where the last span had none. */
  #newStart = 0
  #newEnd = 0
  #newValue = 0
  #newIndex = 0
  /** Whether all names of the span that was read last are known, and then the numbers of their values side by side. */
  isKnown = false
  combination = 0
  /** The tier that the parameters of that span ask for, empty for none; undefined where they are not known, or there are none. */
  parametersTier: string | undefined
  readonly names = new Combinations<CallNames>()

  /** `tag` is that of an attribute's field. */
  constructor(tag: number, parts: readonly ShapePart[]) {
    this.#tag = tag
    this.#plan = parts.map(({ key, role, place, isName, isCount, isParameters }) => {
      const frame = framed(key)
      const windows = windowsOf(frame)
      return {
        keyLength: key.length,
        role,
        place,
        known: isName || isParameters ? new KnownValues() : undefined,
        windows,
        lastWindow: windows.length - 1,
        firstWord: frame.getInt32(0, true),
        lastWord: frame.getInt32(frame.byteLength - wordBytes, true),
        isCount,
        isParameters,
        count: none,
      }
    })
    this.roles = parts.flatMap(({ role }) => (role === none ? [] : [role]))
    this.hasOwn = parts.some(({ place }) => place !== none)
  }

  /** The attribute that has the role; undefined where none has. */
  attributeOf(role: number): PlannedAttribute | undefined {
    return this.#plan.find(part => part.role === role)
  }

  /** Whether a shape can have such a key: its length is one byte, as that of all that have a meaning. */
  static takes(key: Uint8Array): boolean {
    return key.length > 0 && key.length < 128
  }

  /**
   * Reads attributes from `start` on that are these, and notes where their values stand. The end of the last one; -1 where
   * one is another or of an unusual form, whatever has been noted by then.
   */
  read(view: DataView, start: number, end: number, { starts, ends, ownStarts, ownEnds }: AttributePlaces): number {
    const tag = this.#tag
    const plan = this.#plan
    const { hasOwn } = this
    const last = end - openingBytes
    let offset = start
    let combination = 0
    let isKnown = true
    this.#newStart = 0
    this.parametersTier = undefined
    for (let i = 0; i < plan.length; i++) {
      const part = plan[i]!
      const { known } = part
      let value = 0
      let next = 0
      if (known !== undefined) {
        const found = known.find(view, offset, end)
        if (found !== undefined) {
          if (part.isParameters) this.parametersTier = found.remark
          else combination = (combination << valueBits) | found.number
          value = offset + found.valueAt
          next = offset + found.length
        }
      }
      if (next === 0) {
        if (offset > last) return none
        const head = view.getInt32(offset, true)
        if ((head & 255) !== tag) return none
        const lengths = head >>> 8
        let at = offset + 2
        let length = lengths & 127
        if ((lengths & 128) !== 0) {
          if ((lengths & longMask) === longLength) {
            at = offset + 3
            length |= (lengths >>> 1) & 0x3f80
          } else {
            // Prompts of 16 KiB and more.
            if ((lengths & longerMask) !== longerLength) return none
            at = offset + 4
            length |= ((lengths >>> 1) & 0x3f80) | ((lengths >>> 2) & 0x1fc000)
          }
        }
        next = at + length
        const { keyLength } = part
        value = at + frameLength + keyLength
        if (value >= next || next > end) return none
        if (keyLength >= windowKeyMin) {
          const { windows, lastWindow } = part
          if (view.getBigInt64(value - windowBytes, true) !== windows[lastWindow]) return none
          for (let window = 0; window < lastWindow; window++, at += windowBytes) {
            if (view.getBigInt64(at, true) !== windows[window]) return none
          }
        } else {
          if (view.getInt32(at, true) !== part.firstWord) return none
          if (view.getInt32(value - wordBytes, true) !== part.lastWord) return none
        }
        let valueLength = view.getUint8(value++)
        for (let shift = 7; valueLength >>> shift !== 0; shift += 7) {
          if (value >= next || shift > lengthBitsMax) return none
          valueLength = (valueLength & ((1 << shift) - 1)) | (view.getUint8(value++) << shift)
        }
        if (value + valueLength !== next) return none
        if (known !== undefined) {
          if (!part.isParameters) isKnown = false
          this.#newStart = offset
          this.#newValue = value
          this.#newEnd = next
          this.#newIndex = i
        }
      }
      const { role } = part
      if (role >= 0) {
        starts[role] = value
        ends[role] = next
        if (part.isCount) part.count = smallInteger(view, value, next)
      }
      if (hasOwn && part.place >= 0) {
        ownStarts[part.place] = value
        ownEnds[part.place] = next
      }
      offset = next
    }
    this.isKnown = isKnown
    this.combination = combination
    return offset
  }

  /** Whether the span that was read last has names or parameters that are not known. */
  get hasNews(): boolean {
    return this.#newStart !== 0
  }

  /** Remembers one of these. */
  learn(bytes: Uint8Array, view: DataView): void {
    const { known, isParameters } = this.#plan[this.#newIndex]!
    const [start, value, end] = [this.#newStart, this.#newValue, this.#newEnd]
    const tier = isParameters ? serviceTierIn(bytes, value, end) : ''
    // One whose number it has now is forgotten: combinations mean something else.
    if (known!.learn(view, start, value, end, tier)) this.names.clear()
  }
}

/** The integer in the `AnyValue` in `[start, end)`; -1 where it is anything else or has more than three bytes. */
function smallInteger(view: DataView, start: number, end: number): number {
  const length = end - start
  if (length < 2 || length > 4 || view.getUint8(start) !== intTag) return none
  let value = view.getUint8(start + 1)
  if (length === 2) return value < 128 ? value : none
  const second = view.getUint8(start + 2)
  if (value < 128) return none
  value = (value & 127) | ((second & 127) << 7)
  if (length === 3) return second < 128 ? value : none
  const third = view.getUint8(start + 3)
  return second < 128 || third > 127 ? none : value | (third << 14)
}

/** A key as it stands in an attribute, with its tag and length and the tag of the value behind it. */
function framed(key: Uint8Array): DataView {
  return new DataView(Uint8Array.of(keyTag, key.length, ...key, valueTag).buffer)
}

/** Words of eight bytes of a key in its frame; none of a short one. */
function windowsOf(frame: DataView): BigInt64Array {
  const { byteLength: length } = frame
  if (length < windowBytes) return new BigInt64Array(0)
  return BigInt64Array.from({ length: Math.ceil(length / windowBytes) }, (_, i) =>
    frame.getBigInt64(Math.min(i * windowBytes, length - windowBytes), true),
  )
}
