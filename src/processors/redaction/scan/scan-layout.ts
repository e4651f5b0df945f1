/** Where things lie in the scanner's memory, and the classes of bytes; the generator and both scanners share it. */
export const memoryPages = 7
/** Two tables of 16 bytes by place in a literal: its buckets by the low and by the high half of a byte. */
export const tablesOffset = 0
/** Vectors that the module reads once per call. */
export const constantsOffset = 256
/** The input; the bytes before it are the end of the piece before, as many as a first look may read. */
export const inputOffset = 1024
export const pieceBytes = 32 * 1024
/** Found symbols and literals; a piece can hold one per byte. */
export const outputOffset = 64 * 1024
/** Found runs, at most one in two places, and how many there are. */
export const runsOffset = outputOffset + 4 * (pieceBytes + 64)
export const runsCountOffset = 512
/** Blocks of 64 bytes in which runs may be reported. */
export const blocksOffset = runsOffset + 2 * (pieceBytes + 64)

/** Tables of the first look, behind everything else; `FirstLookTables` says what is in them. */
export const lettersOffset = 5 * 64 * 1024
export const lettersBytes = 32 * 1024
export const startsOffset = lettersOffset + lettersBytes
/** Bits by `hash16` of three bytes: those that a vendor's prefix begins with. */
export const startsBytes = 8 * 1024
/** Bits by `hash16` of four letters, five bits each: those that a telling name ends with. */
export const foursOffset = startsOffset + startsBytes
export const foursBytes = 8 * 1024
export const literalsOffset = foursOffset + foursBytes
export const literalsCount = 2048
/** The upper bits of a product are a literal's place among them. */
export const literalShift = 21
export const bytesOffset = literalsOffset + 4 * literalsCount
/** Whether private, loopback and unspecified addresses are masked, a byte each. */
export const maskedOffset = bytesOffset + 256
/** What folded literals are multiplied with; the upper bits of the product are their place in the table. */
export const factorOffset = maskedOffset + 4
/** By byte: whether it is a sign, `:`, `=`, `>`, `@` or `%`. */
export const signsOffset = factorOffset + 4
export const lookEnd = signsOffset + 256
/** Sixteen zeros and sixteen times 0xff: from the length of a name on, what keeps the name of the sixteen bytes that end with it. */
export const nameMaskOffset = lookEnd
/** Names that mean nothing, as they were learned: sixteen bytes each, which the name ends; two places for each. */
export const namesOffset = nameMaskOffset + 32
export const namesCount = 512
/** Of a name in the table; the byte before it tells where it begins. */
export const nameBytesMax = 15
/** Runs so near to the end of a piece are not looked at, the last one aside: what stands behind them lies in the next. */
export const edgeBytes = 192
/** The same for signs and literals. */
export const nearBytes = 64

/** Bits of a byte in the table at `bytesOffset`. */
export const lookDigit = 1
export const lookLetter = 2
export const lookUpper = 4
export const lookToken = 8
export const lookHex = 16
/** What may stand between a name and its separator. */
export const lookBetween = 32
/** What may stand between two digits of a number. */
export const lookJoint = 64
/** Signs in hashes of passwords. */
export const lookHashSign = 128

/** Bits of three letters in the table at `lettersOffset`. A name may end so, */
export const lettersEnd = 1
/** only with more before it, */
export const lettersMore = 2
/** only where the letter before makes it one of the known fours, */
export const lettersFour = 8
/** only as a word of three or of two letters. */
export const lettersThree = 16
export const lettersTwo = 32
/** The word before `name` ends so, where it means a person. */
export const lettersPerson = 4

export const hashFactor = 0x9e3779b1
/** The upper half of a product: places in tables of 65,536 bits. */
export const hash16 = (value: number): number => Math.imul(value, hashFactor) >>> 16

/** Sixteen bytes each, of which the last but one ends a literal: what the first look ruled out before, and would again. */
export const contextsOffset = namesOffset + 16 * namesCount
export const contextsCount = 128
/** How far before the end of a literal they begin. */
export const contextReach = 14

const nameFactors = [0x9e3779b1, 0x85ebca77, 0xc2b2ae3d, 0x27d4eb2f]
/** Factors of the four words of a name or a context, little-endian; the upper bits of the sum of products are its place. */
export const nameFactor = (word: number): number => nameFactors[word]! | 0
export const namePlaceShift = 23
export const contextPlaceShift = 25

/** Bits of a call's mode. */
export const modeLook = 1
/** The piece is the first: what was before is forgotten. */
export const modeFirst = 2
export const modeLast = 4

export const kindSymbol = 0
export const kindDigits = 1
export const kindToken = 2
export const kindDigitsAndToken = 3

/** Digits and the single separators between two of them, from which such a run is a candidate. */
export const digitRunMin = 7
/** Letters, digits, `_` and `-` in a row from which the run is a candidate. */
export const tokenRunMin = 17

/**
 * Bits of a byte's class. A bit is a set of high nibbles times a set of low nibbles, which is what SIMD can look up. Bytes of
 * tokens are those with a class of at least `classTokenMin`.
 */
export const classDigit = 0x80
export const classTokenMin = 0x08
export const classSeparator = 0x04
/** How far left the bit of separators is from the top. */
export const separatorShift = 5
export const classTrigger = 0x03
/** How far left the first of the two bits of letters is from the top, and that of `-`. */
export const classLettersShift = 1
export const classDashShift = 4
/** Where the tables of classes stand among the vectors. */
export const lowTableIndex = 1
export const highTableIndex = 2

const rectangles: readonly (readonly [bit: number, high: readonly number[], low: readonly number[]])[] = [
  [0x80, [3], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]],
  [0x40, [4, 6], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]],
  [0x20, [5, 7], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]],
  [0x10, [5], [0xf]], // _
  [0x08, [2], [0xd]], // -
  [0x04, [2], [0x0, 0x5, 0xb, 0xd, 0xe, 0xf]], // space % + - . /
  [0x02, [3], [0xa, 0xd, 0xe]], // : = >
  [0x01, [4], [0x0]], // @
]

export function nibbleTable(which: 'high' | 'low'): number[] {
  const table = new Array<number>(16).fill(0)
  for (const [bit, high, low] of rectangles) for (const i of which === 'high' ? high : low) table[i]! |= bit
  return table
}

/** Signs of a first look by their low half: no two have the same. */
function signTable(): number[] {
  const table = new Array<number>(16).fill(0)
  for (const sign of Buffer.from(':=>@%')) table[sign & 15] = sign
  return table
}

/** What the module finds at `constantsOffset`. */
export function scanConstants(): number[] {
  const splat = (byte: number) => new Array<number>(16).fill(byte)
  return [
    splat(0x0f),
    nibbleTable('low'),
    nibbleTable('high'),
    splat(0x80 - classTokenMin),
    signTable(),
    splat(0xe0),
    splat(0x20),
    splat(0x02),
    splat(0x2f),
  ].flat()
}
