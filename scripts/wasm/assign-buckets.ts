// Spreads the scanner's literals over its eight buckets so that ordinary telemetry hits few of them by chance:
// `node scripts/wasm/assign-buckets.ts` prints what it finds, with `--write` it goes into literals.ts, unless what is kept there is
// as good. Literals that are new find a place, and those that are gone leave theirs. A number is how often it tries.
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { kinds, requestOf } from '../../bench/redaction/contents.ts'
import { buildBody, type Shape } from '../../bench/rig/corpus.ts'
import { builtInLiterals, literalBuckets } from '../../src/processors/redaction/scan/literals.ts'
import { SeededRandom } from '../../src/testkit/seeded-random.ts'
import { BucketSearch, type Placement } from './bucket-search.ts'

const { write, steps } = readArguments(process.argv.slice(2))
const random = new SeededRandom(1)
const shapes: readonly Shape[] = ['S', 'M', 'G']
const spansOf = (shape: Shape, count: number) => buildBody(shape, count, () => random.next()).bytes

/**
 * As much of each shape that a hit by chance weighs there as it costs: measured, ten hits more a span are 6 % of the time of a span
 * of G, and one and a half 1 % of S. Of every other kind of content a little.
 */
const sample = Buffer.concat([
  spansOf('S', 400),
  spansOf('M', 200),
  spansOf('G', 200),
  ...Object.values(kinds).map(make => requestOf(make).subarray(0, 1500)),
])
const search = new BucketSearch(sample, builtInLiterals, random)

/** Other spans than those of the sample: what is found must be good for what it has not seen. */
const spanCount = 200
const others = shapes.map(shape => new BucketSearch(spansOf(shape, spanCount), builtInLiterals, random))

function report(name: string, placement: Placement): number {
  const hits = search.hits(placement)
  const perSpan = others.map((other, i) => `${shapes[i]} ${(other.hits(placement) / spanCount).toFixed(2)}`).join(', ')
  console.log(`${name}: ${hits} hits in ${sample.length} bytes; in other spans ${perSpan} hits a span`)
  return hits
}

report(
  'each literal alone',
  builtInLiterals.map(literal => [literal]),
)
const kept = search.place(literalBuckets)
const isComplete =
  literalBuckets.flat().length === builtInLiterals.length && kept.flat().length === builtInLiterals.length
const before = report(isComplete ? 'kept' : 'kept, with the literals that are new', kept)
const found = search.improve(kept, steps)
const after = report('found', found)
const best = after < before ? found : kept
if (best === kept && isComplete) console.log('what is kept is as good')
else if (write) writeBuckets(best)
else console.log(textOf(best))

function textOf(placement: Placement): string {
  return placement.map(bucket => `  [${bucket.map(quoted).join(', ')}],`).join('\n')
}

function quoted(literal: string): string {
  const text = [...literal].map(character => {
    if (character === '\\') return '\\\\'
    if (character === '\n') return '\\n'
    if (character === '\t') return '\\t'
    const code = character.charCodeAt(0)
    return code < 0x20 || code > 0x7e ? `\\x${code.toString(16).padStart(2, '0')}` : character
  })
  return `'${text.join('')}'`
}

function writeBuckets(placement: Placement): void {
  const file = fileURLToPath(new URL('../../src/processors/redaction/scan/literals.ts', import.meta.url))
  const text = readFileSync(file, 'utf8')
  const head = 'export const literalBuckets: readonly (readonly string[])[] = [\n'
  const start = text.indexOf(head) + head.length
  const end = text.indexOf('\n]\n', start)
  if (start < head.length || end < 0) throw new Error(`${file} has no literalBuckets as this script knows them`)
  writeFileSync(file, text.slice(0, start) + textOf(placement) + text.slice(end))
  execFileSync('npx', ['biome', 'format', '--write', file], { stdio: 'ignore' })
  console.log(`written to ${file}`)
}

function readArguments(words: readonly string[]): { write: boolean; steps: number } {
  const rest = words.filter(word => word !== '--write')
  if (rest.length > 1 || rest.some(word => !/^\d+$/.test(word))) {
    console.error('usage: node scripts/wasm/assign-buckets.ts [--write] [STEPS]')
    process.exit(2)
  }
  return { write: words.includes('--write'), steps: Number(rest[0] ?? 1500) }
}
