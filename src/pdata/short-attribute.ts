// The shape of nearly every attribute: a key and then a value, of less than 128 bytes with all that is around them. Two reads
// tell it. Run from source an imported constant is a load and a check at each use (20 ns in 160 over one span's attributes); in
// the bundle, which is what users run, it costs nothing.

/** Bytes of a tag and a length below 128. */
export const shortHeader = 2
/** Three of them: an attribute of no bytes. */
export const shortAttributeMin = 6
/** Of four bytes read at once, all but the low bits of two lengths; and the same of two bytes. */
export const openingMask = 0x80ff80ff | 0
export const valueMask = 0x80ff
/** Tags of a `KeyValue`'s fields. */
export const keyTag = 0x0a
export const valueTag = 0x12
