/** Of three bytes the bits that say whether a length goes on, and lengths of two bytes and of three. */
const longMask = 0x80_80
const longLength = 0x80
const longerMask = 0x80_80_80
const longerLength = 0x80_80
const lengthBitsMax = 21
const keyTag = 0x0a
const valueTag = 0x12
const none = -1
/** Bytes that are equal in every attribute with a key: two before the key, and the tag of the value behind it. */
const keyHeader = 2
const frameLength = keyHeader + 1
/** Keys of fewer bytes fill no window with these, and are compared as two words. */
const windowKeyMin = 5
const windowBytes = 8
const wordBytes = 4
/** What is read of an attribute before its length is looked at. */
const openingBytes = 4

const planColumns = 4

/** Where the values of a record's attributes stand, by role and by own key. */
export interface AttributePlaces {
  readonly starts: Int32Array
  readonly ends: Int32Array
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
}

/**
 * The keys of a span's attributes in their order, which are the same for nearly all calls of one instrumentation: where they
 * are, all that is left to find is where the values stand.
 */
export class CallShape {
  /** Roles that some attribute plays. */
  readonly roles: readonly number[]
  readonly hasOwn: boolean
  readonly #tag: number
  /** Of each attribute the length of its key, where its windows end, its role and its place, one behind the other. */
  readonly #plan: Int32Array
  /**
   * Of all keys with their frames the windows, the last of each overlapping. A window is compared as a double, eight bytes at
   * once: of the bytes that a shape takes there is no NaN and no zero, so equal doubles are equal bytes.
   */
  readonly #windows: Float64Array

  /** `tag` is that of an attribute's field. */
  constructor(tag: number, parts: readonly ShapePart[]) {
    this.#tag = tag
    const windows = parts.map(({ key }) => windowsOf(key))
    this.#windows = Float64Array.from(windows.flat())
    let end = 0
    this.#plan = Int32Array.from(
      parts.flatMap(({ key, role, place }, i) => {
        end += windows[i]!.length
        return [key.length, end, role, place]
      }),
    )
    this.roles = parts.flatMap(({ role }) => (role === none ? [] : [role]))
    this.hasOwn = parts.some(({ place }) => place !== none)
  }

  /** Whether a shape can have such a key: of plain ASCII, as all that have a meaning. */
  static takes(key: Uint8Array): boolean {
    return key.length > 0 && key.length < 127 && key.every(byte => byte > 0 && byte < 127)
  }

  /**
   * Reads attributes from `start` on that are these, and notes where their values stand. The end of the last one; -1 where
   * one is another or of an unusual form, whatever has been noted by then.
   */
  read(view: DataView, start: number, end: number, { starts, ends, ownStarts, ownEnds }: AttributePlaces): number {
    const tag = this.#tag
    const plan = this.#plan
    const windows = this.#windows
    const { hasOwn } = this
    const last = end - openingBytes
    let offset = start
    let window = 0
    for (let i = 0; i < plan.length; i += planColumns) {
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
      const next = at + length
      const keyLength = plan[i]!
      let value = at + frameLength + keyLength
      if (value >= next || next > end) return none
      if (keyLength >= windowKeyMin) {
        const windowEnd = plan[i + 1]! - 1
        for (; window < windowEnd; window++, at += windowBytes) {
          if (view.getFloat64(at, true) !== windows[window]) return none
        }
        if (view.getFloat64(value - windowBytes, true) !== windows[window++]) return none
      } else {
        if (view.getInt32(at, true) !== windows[window++]) return none
        if (view.getInt32(value - wordBytes, true) !== windows[window++]) return none
      }
      let valueLength = view.getUint8(value++)
      for (let shift = 7; valueLength >>> shift !== 0; shift += 7) {
        if (value >= next || shift > lengthBitsMax) return none
        valueLength = (valueLength & ((1 << shift) - 1)) | (view.getUint8(value++) << shift)
      }
      if (value + valueLength !== next) return none
      const role = plan[i + 2]!
      if (role >= 0) {
        starts[role] = value
        ends[role] = next
      }
      if (hasOwn && plan[i + 3]! >= 0) {
        ownStarts[plan[i + 3]!] = value
        ownEnds[plan[i + 3]!] = next
      }
      offset = next
    }
    return offset
  }
}

/** Doubles of a key in its frame; of a short one two words. */
function windowsOf(key: Uint8Array): number[] {
  const bytes = Uint8Array.of(keyTag, key.length, ...key, valueTag)
  const view = new DataView(bytes.buffer)
  const { length } = bytes
  if (key.length < windowKeyMin) return [view.getInt32(0, true), view.getInt32(length - wordBytes, true)]
  return Array.from({ length: Math.ceil(length / windowBytes) }, (_, i) =>
    view.getFloat64(Math.min(i * windowBytes, length - windowBytes), true),
  )
}
