// What the index of attributes keeps of each of them: numbers in a row of one typed array.

/** Columns of one entry. */
export const sourceStart = 0 // where the field stands in the message, -1 for an inserted one
export const sourceEnd = 1
export const keyStart = 2
export const keyEnd = 3
export const valueStart = 4 // payload of the AnyValue; both 0 where the KeyValue has none
export const valueEnd = 5
export const state = 6
export const fieldStart = 7 // where the field's present bytes are, if they moved
export const fieldEnd = 8
export const columns = 9

export const stateChanged = 1
export const stateRemoved = 2
/** Has fields beside one key and one value; they are kept when the entry is written anew. */
export const stateExtra = 4
/** The field's present bytes are not where the message has them. A changed entry has always moved. */
export const stateMoved = 8
/** Key and value stand in their columns. Without it the entry is a short key and a short value, and both follow from its bounds. */
export const stateNoted = 16
