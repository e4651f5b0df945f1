/** CPU time of checking a request before it is accepted: the quick walk against the one that knows why. */
import { countItems } from '../../src/pdata/count.ts'
import { quickValidate } from '../../src/pdata/quick-validate.ts'
import { validateSlowly } from '../../src/pdata/validate.ts'
import { defaultWalkBudget } from '../../src/pdata/walk-budget.ts'
import { buildBody, seededRandom } from '../rig/corpus.ts'

const spanCount = 512
const rounds = 1500

console.log('ns of CPU a span')
for (const shape of ['S', 'M', 'G'] as const) {
  const random = seededRandom(7)
  // Two bodies: a receiver walks what the kernel has just copied, so the bytes are in the cache.
  const bodies = [buildBody(shape, spanCount, random).bytes, buildBody(shape, spanCount, random).bytes]
  const results: string[] = []
  for (const [name, walk] of [
    ['recursive walk', validateSlowly],
    ['quick walk', quickValidate],
    ['counting alone', countItems],
  ] as const) {
    for (let i = 0; i < rounds / 4; i++) walk('traces', bodies[i % 2]!, defaultWalkBudget)
    const before = process.cpuUsage()
    for (let i = 0; i < rounds; i++) walk('traces', bodies[i % 2]!, defaultWalkBudget)
    const { user, system } = process.cpuUsage(before)
    results.push(`${name} ${(((user + system) * 1000) / rounds / spanCount).toFixed(0)}`)
  }
  console.log(`${shape}, ${Math.round(bodies[0]!.length / spanCount)} bytes: ${results.join(', ')}`)
}
