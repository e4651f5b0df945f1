// Spreads the scanner's literals over its eight buckets so that ordinary text hits few of them by chance:
// `node scripts/wasm/assign-buckets.ts`, and what it prints goes into literals.ts.
import { readFileSync } from 'node:fs'
import { buildBody } from '../../bench/rig/corpus.ts'
import { builtInLiterals } from '../../src/processors/redaction/scan/literals.ts'
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
  ...(['S', 'M', 'G'] as const).map(shape => buildBody(shape, 16, () => random.next()).bytes),
  ...documents.map(file => readFileSync(file)).map(bytes => bytes.subarray(0, 12_000)),
])
const indexes = Uint8Array.from(sample, byte => (byte >> 1) & 15)

type Places = [number, number, number, number]
const placesOf = (literal: string) =>
  Array.from({ length: 4 }, (_, place) =>
    literal[place] === '?' ? 0xffff : 1 << ((literal.charCodeAt(place) >> 1) & 15),
  ) as Places

function hits(literals: readonly string[]): number {
  const places: Places = [0, 0, 0, 0]
  for (const literal of literals) {
    for (const [place, set] of placesOf(literal).entries()) places[place]! |= set
  }
  let count = 0
  for (let i = 3; i < indexes.length; i++) {
    if (
      ((places[0] >> indexes[i - 3]!) &
        (places[1] >> indexes[i - 2]!) &
        (places[2] >> indexes[i - 1]!) &
        (places[3] >> indexes[i]!) &
        1) !==
      0
    )
      count++
  }
  return count
}

let best: string[][] = []
let bestCost = Number.POSITIVE_INFINITY
for (let start = 0; start < 6; start++) {
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
  best.map(bucket => `  [${bucket.map(literal => `'${literal.replace('\\', '\\\\')}'`).join(', ')}],`).join('\n'),
)
