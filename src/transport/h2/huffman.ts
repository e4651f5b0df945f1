/**
 * The Huffman code of HPACK (RFC 7541, appendix B). The code is canonical: codes of one length follow each other in the
 * order of their symbols, and each length starts where the shorter ones end. So the lengths alone are the whole table.
 */
// biome-ignore format: a table, sixteen symbols a line
const codeLengths = Uint8Array.of(
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28,
  28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
  6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6,
  5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
  13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
  7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
  15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5,
  6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
  20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23,
  24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
  22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23,
  21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
  26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,
  19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
  20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23,
  26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
  30,
)
const endOfString = 256
const codes = canonicalCodes()

/** In one pass for each of the symbols, not of the lengths: this runs at every start, before anything is compiled. */
function canonicalCodes(): Uint32Array {
  const counts = new Uint32Array(32)
  for (let symbol = 0; symbol < codeLengths.length; symbol++) counts[codeLengths[symbol]!]!++
  const next = new Uint32Array(32)
  for (let length = 1; length < next.length; length++) next[length] = 2 * (next[length - 1]! + counts[length - 1]!)
  const table = new Uint32Array(codeLengths.length)
  for (let symbol = 0; symbol < codeLengths.length; symbol++) table[symbol] = next[codeLengths[symbol]!]!++
  return table
}

/*
 * The decoder is an automaton that eats four bits at a time. A state is an inner node of the code tree, 0 the root. One
 * entry: bits 0-7 the symbol written, bit 8 whether one is written, bits 9-16 the next state, bit 17 whether the input may
 * end there (a padding of at most seven 1 bits), bit 18 a dead end (the end-of-string symbol inside a string).
 */
const emitBit = 1 << 8
const mayEndBit = 1 << 17
const deadBit = 1 << 18
/** Made for the first string: an agent without HTTP/2 starts without it. */
let automaton: Uint32Array | undefined

function buildTree(): { children: Int32Array; nodeCount: number } {
  // Positive: an inner node; negative: minus (symbol + 1); zero: not yet set.
  const children = new Int32Array(2 * 257)
  let nodeCount = 1
  for (let symbol = 0; symbol <= endOfString; symbol++) {
    const length = codeLengths[symbol] ?? 0
    const code = codes[symbol] ?? 0
    let node = 0
    for (let bit = length - 1; bit >= 0; bit--) {
      const slot = node * 2 + ((code >>> bit) & 1)
      if (bit === 0) children[slot] = -(symbol + 1)
      else if (children[slot] === 0) children[slot] = nodeCount++
      node = children[slot] ?? 0
    }
  }
  return { children, nodeCount }
}

function buildAutomaton(): Uint32Array {
  const { children, nodeCount } = buildTree()
  const isPadding = new Uint8Array(nodeCount)
  for (let node = 0, depth = 0; depth <= 7; depth++) {
    isPadding[node] = 1
    node = children[node * 2 + 1] ?? 0
  }
  const table = new Uint32Array(nodeCount * 16)
  for (let state = 0; state < nodeCount; state++) {
    for (let nibble = 0; nibble < 16; nibble++) {
      let node = state
      let entry = 0
      for (let bit = 3; bit >= 0; bit--) {
        const child = children[node * 2 + ((nibble >>> bit) & 1)] ?? 0
        if (child >= 0) {
          node = child
        } else if (-child - 1 === endOfString) {
          entry = deadBit
          break
        } else {
          entry = (-child - 1) | emitBit
          node = 0
        }
      }
      if (entry !== deadBit) entry |= (node << 9) | (isPadding[node] === 1 ? mayEndBit : 0)
      table[state * 16 + nibble] = entry
    }
  }
  return table
}

/** Most bytes that `length` coded bytes can stand for: the shortest code has five bits. */
export function decodedLengthMax(length: number): number {
  return Math.floor((length * 8) / 5)
}

/** Writes the decoded string at the start of `target`; returns its length, or -1 where the code is malformed. */
export function huffmanDecode(bytes: Uint8Array, start: number, end: number, target: Uint8Array): number {
  automaton ??= buildAutomaton()
  const table = automaton
  let state = 0
  let written = 0
  let entry = mayEndBit
  for (let offset = start; offset < end; offset++) {
    const byte = bytes[offset]!
    entry = table[(state << 4) | (byte >>> 4)]!
    if ((entry & emitBit) !== 0) target[written++] = entry
    if ((entry & deadBit) !== 0) return -1
    state = (entry >>> 9) & 0xff
    entry = table[(state << 4) | (byte & 15)]!
    if ((entry & emitBit) !== 0) target[written++] = entry
    if ((entry & deadBit) !== 0) return -1
    state = (entry >>> 9) & 0xff
  }
  return (entry & mayEndBit) !== 0 ? written : -1
}

/** Bytes that `huffmanEncode` writes for `text`, whose characters are bytes (latin1). */
export function huffmanLength(text: string): number {
  let bits = 0
  for (let i = 0; i < text.length; i++) bits += codeLengths[text.charCodeAt(i) & 0xff]!
  return (bits + 7) >>> 3
}

/** Writes `text` at `offset` of `target`, padded with 1 bits; returns the offset after it. */
export function huffmanEncode(text: string, target: Uint8Array, offset: number): number {
  let held = 0
  let heldBits = 0
  for (let i = 0; i < text.length; i++) {
    const symbol = text.charCodeAt(i) & 0xff
    const code = codes[symbol]!
    for (let bit = codeLengths[symbol]! - 1; bit >= 0; bit--) {
      held = (held << 1) | ((code >>> bit) & 1)
      if (++heldBits === 8) {
        target[offset++] = held
        held = 0
        heldBits = 0
      }
    }
  }
  if (heldBits > 0) target[offset++] = (held << (8 - heldBits)) | (0xff >>> heldBits)
  return offset
}
