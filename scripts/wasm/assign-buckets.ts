// Spreads the scanner's literals over its eight buckets so that ordinary text hits few of them by chance:
// `node scripts/wasm/assign-buckets.ts`, and what it prints goes into literals.ts.
import { readFileSync } from 'node:fs'
import { buildBody } from '../../bench/rig/corpus.ts'
import { builtInLiterals, bytesOf } from '../../src/processors/redaction/scan/literals.ts'
import { SeededRandom } from '../../src/testkit/seeded-random.ts'

const random = new SeededRandom(1)
const documents = [
  'README.md',
  'src/pdata/README.md',
  'src/processors/redaction/README.md',
  'bench/README.md',
  'src/pdata/otlp-json.test.ts',
]
const sample = Buffer.concat([
  // Keys are what telemetry is full of, and prompts the longest of its texts.
  ...(
    [
      ['S', 64],
      ['M', 32],
      ['G', 32],
    ] as const
  ).map(([shape, spans]) => buildBody(shape, spans, () => random.next()).bytes),
  ...documents.map(file => readFileSync(file)).map(bytes => bytes.subarray(0, 12_000)),
])

/** By place in a literal, 16 bits for the low halves of its bytes and 16 for the high ones. */
const halves = new Map<string, { readonly lows: number[]; readonly highs: number[] }>(
  builtInLiterals.map(literal => {
    const bitsOf = (half: (byte: number) => number) =>
      [0, 1, 2, 3].map(place => bytesOf(literal, place).reduce((bits, byte) => bits | (1 << half(byte)), 0))
    return [literal, { lows: bitsOf(byte => byte & 15), highs: bitsOf(byte => byte >> 4) }]
  }),
)

/** Where one bucket with these literals would hit. */
function hits(literals: readonly string[]): number {
  const [first, second, third, last] = [0, 1, 2, 3].map(place => {
    let low = 0
    let high = 0
    for (const literal of literals) {
      low |= halves.get(literal)!.lows[place!]!
      high |= halves.get(literal)!.highs[place!]!
    }
    return Uint8Array.from({ length: 256 }, (_, byte) => (low >> (byte & 15)) & (high >> (byte >> 4)) & 1)
  }) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array]
  let count = 0
  for (let i = 3; i < sample.length; i++)
    count += first[sample[i - 3]!]! & second[sample[i - 2]!]! & third[sample[i - 1]!]! & last[sample[i]!]!
  return count
}

let best: string[][] = []
let bestCost = Number.POSITIVE_INFINITY
for (let start = 0; start < 10; start++) {
  const buckets: string[][] = Array.from({ length: 8 }, () => [])
  const costs = new Array<number>(8).fill(0)
  const put = (literal: string) => {
    let target = 0
    let least = Number.POSITIVE_INFINITY
    buckets.forEach((bucket, i) => {
      const grown = hits([...bucket, literal]) - costs[i]!
      if (grown < least) {
        least = grown
        target = i
      }
    })
    buckets[target]!.push(literal)
    costs[target] = hits(buckets[target]!)
  }
  for (const literal of random.shuffle([...builtInLiterals])) put(literal)
  for (let round = 0; round < 3; round++) {
    for (const literal of random.shuffle([...builtInLiterals])) {
      const from = buckets.findIndex(bucket => bucket.includes(literal))
      buckets[from] = buckets[from]!.filter(other => other !== literal)
      costs[from] = hits(buckets[from]!)
      put(literal)
    }
  }
  const cost = costs.reduce((sum, each) => sum + each, 0)
  if (cost < bestCost) {
    bestCost = cost
    best = buckets
  }
}
console.log(`${bestCost} hits in ${sample.length} bytes; each alone:`)
console.log(builtInLiterals.map(literal => `${literal} ${hits([literal])}`).join(', '))
console.log(
  best
    .map(
      bucket =>
        `  [${bucket.map(literal => `'${literal.replace('\\', '\\\\').replace('\x12', '\\x12')}'`).join(', ')}],`,
    )
    .join('\n'),
)
