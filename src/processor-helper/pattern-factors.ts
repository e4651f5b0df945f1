import { type LooseNode, readLoosely } from './loose-pattern.ts'

/** Bytes in a row, by what each may be, of which one or another stands in every match of a pattern. */
export interface Factor {
  /** One to four sets of bytes, 256 entries of 0 or 1 each. */
  readonly places: readonly Uint8Array[]
  /** Bytes of the longest match that it stands in; infinite where there is no limit. */
  readonly matchMax: number
}

export const placesMax = 4
const factorsMax = 32
/** Factors that stand at more than one byte in forty rule too little out. */
const usefulShare = 1 / 40

/** How often a byte stands in telemetry's text, roughly: what is rare tells most. */
const shares = /* @__PURE__ */ Float64Array.from({ length: 256 }, (_, byte) => {
  const character = String.fromCharCode(byte)
  if (byte < 0x20) return 0.004
  if (byte >= 0x80) return 0.0005
  if (/[a-z]/.test(character)) return 0.026
  if (/[0-9]/.test(character)) return 0.012
  if (/[A-Z]/.test(character)) return 0.003
  if (/[ "._/:,-]/.test(character)) return 0.02
  return 0.001
})

/** Letters stand together: one behind another is no surprise. */
const letterBehindLetter = 0.15
const isLetters = (set: Uint8Array) => set.every((has, byte) => has === 0 || ((byte | 32) >= 97 && (byte | 32) <= 122))

/** The share of places in a text at which such a row stands by chance. */
export function shareOf(places: readonly Uint8Array[]): number {
  let share = 1
  let wasLetters = false
  for (const set of places) {
    const areLetters = isLetters(set)
    const alone = set.reduce((sum, has, byte) => sum + has * shares[byte]!, 0)
    share *= Math.min(1, wasLetters && areLetters ? Math.max(alone, letterBehindLetter) : alone)
    wasLetters = areLetters
  }
  return share
}

/**
 * Factors such that every match of any of the patterns holds one of them, by chance at no more than `shareMax` of a text's
 * bytes; undefined where a pattern is not read, may match nothing at all, or has no part that is rare enough.
 *
 * Method: required factors, as in G. Navarro and M. Raffinot, "Flexible Pattern Matching in Strings", chapter 5.
 */
export function patternFactors(
  sources: readonly string[],
  shareMax: number = usefulShare,
): readonly Factor[] | undefined {
  const factors: Factor[] = []
  for (const source of sources) {
    const node = readLoosely(source)
    const rows = node && bestRows(node)
    if (rows === undefined) return undefined
    const matchMax = longest(node!)
    for (const places of rows) factors.push({ places, matchMax })
  }
  if (factors.length === 0 || factors.length > factorsMax) return undefined
  return factors.reduce((sum, { places }) => sum + shareOf(places), 0) > shareMax ? undefined : factors
}

type Row = readonly Uint8Array[]
/** A set of bytes, the rows of which one stands at that place, or a gap of unknown length. */
type Part = { readonly set: Uint8Array } | { readonly rows: readonly Row[] } | 'gap'

/** The rarest rows of which every match of the node holds one. */
function bestRows(node: LooseNode): readonly Row[] | undefined {
  let best: readonly Row[] | undefined
  let least = Number.POSITIVE_INFINITY
  const offer = (rows: readonly Row[]) => {
    const share = rows.reduce((sum, row) => sum + shareOf(row), 0)
    if (share >= least) return
    least = share
    best = rows
  }
  let run: Uint8Array[] = []
  for (const part of partsOf(node)) {
    if (part !== 'gap' && 'set' in part) {
      run = [...run.slice(1 - placesMax), part.set]
      offer([run])
      continue
    }
    run = []
    if (part !== 'gap') offer(part.rows)
  }
  return best
}

function partsOf(node: LooseNode): Part[] {
  switch (node.kind) {
    case 'byte':
      return [{ set: node.set }]
    case 'all':
      return node.of.flatMap(partsOf)
    case 'any':
      return choiceOf(node.of)
    case 'repeat': {
      const { min, max } = node
      if (min === 0) return ['gap']
      const one = partsOf(node.of)
      const copies = Array.from({ length: Math.min(min, placesMax) }, () => one).flat()
      // The first copies stand behind what is before, the last ones before what is behind.
      return min === max && min <= placesMax ? copies : [...copies, 'gap', ...copies]
    }
  }
}

function choiceOf(nodes: readonly LooseNode[]): Part[] {
  if (nodes.every(node => node.kind === 'byte')) {
    return [{ set: Uint8Array.from({ length: 256 }, (_, byte) => (nodes.some(({ set }) => set[byte] === 1) ? 1 : 0)) }]
  }
  const rows = nodes.map(bestRows)
  return rows.every(row => row !== undefined) ? ['gap', { rows: rows.flat() }, 'gap'] : ['gap']
}

function longest(node: LooseNode): number {
  switch (node.kind) {
    case 'byte':
      return 1
    case 'all':
      return node.of.reduce((sum, part) => sum + longest(part), 0)
    case 'any':
      return Math.max(...node.of.map(longest))
    case 'repeat': {
      const one = longest(node.of)
      return one === 0 || node.max === 0 ? 0 : one * node.max
    }
  }
}
