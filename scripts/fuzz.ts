// Runs the fuzz targets for long: functions that `src/**/*.fuzz.ts` export as fuzz*, called with a seed and a count, and
// before them with each signal where they take three arguments. A failure prints the seed that repeats it.
//
//   node scripts/fuzz.ts [REGEX of file or function] [--count 100000] [--seed N]
import { globSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { signals } from '../src/pdata/otlp-batch.ts'

type Target = (...args: (string | number)[]) => number | Promise<number>

/** Inputs made from one seed: few enough that a failure is played again at once. */
const roundCount = 500

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { count: { type: 'string', default: '100000' }, seed: { type: 'string' } },
})
const wanted = new RegExp(positionals[0] ?? '')
const count = Number(values.count)
const firstSeed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed)

let found = 0
for (const file of globSync('src/**/*.fuzz.ts', { cwd: root }).sort()) {
  const exported = (await import(join(root, file))) as Record<string, unknown>
  for (const [name, target] of Object.entries(exported)) {
    if (typeof target !== 'function' || !name.startsWith('fuzz') || !wanted.test(`${file} ${name}`)) continue
    found++
    const firsts = target.length === 3 ? signals : [undefined]
    for (const first of firsts) await run(`${name}${first === undefined ? '' : ` ${first}`}`, target as Target, first)
  }
}
if (found === 0) {
  console.error(`fuzz: no target matches ${wanted}`)
  process.exitCode = 2
}

async function run(title: string, target: Target, first: string | undefined): Promise<void> {
  const startedMs = performance.now()
  let taken = 0
  for (let done = 0, seed = firstSeed; done < count; done += roundCount, seed++) {
    const args = [seed, Math.min(roundCount, count - done)]
    try {
      taken += await target(...(first === undefined ? args : [first, ...args]))
    } catch (error) {
      console.error(`${title}: fails with seed ${seed}`)
      console.error(error)
      process.exitCode = 1
      return
    }
  }
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1)
  const memory = Math.round(process.memoryUsage().rss / 2 ** 20)
  console.log(`${title}: ${count} inputs from seed ${firstSeed}, ${taken} taken, ${seconds} s, ${memory} MiB resident`)
}
