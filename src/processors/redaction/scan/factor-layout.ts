/** Where things lie in the factor scanner's memory; the generator and the scanner share it. */
export const memoryPages = 4
/** By place in the factor: the buckets by low half of a byte, then by its high half, 16 bytes each. */
export const tablesOffset = 0
/** The input; the 16 bytes before it are the end of the piece before. */
export const inputOffset = 1024
export const pieceBytes = 32 * 1024
/** Found offsets, at most one per byte. */
export const outputOffset = 64 * 1024
