import { parseConfig } from '../../config/parse-config.ts'
import { SeededRandom } from '../../testkit/seeded-random.ts'
import { compareShortcut, shortcutRequest } from '../../testkit/shortcut-oracle.ts'
import { probabilisticSamplerConfig } from './config.ts'
import { SpanSampler } from './span-sampler.ts'

/** Compares decisions by trace id alone with those through views. Returns how many requests took the shortcut. */
export function fuzzSamplerShortcut(seed: number, count: number): number {
  const random = new SeededRandom(seed)
  let taken = 0
  for (let i = 0; i < count; i++) {
    const mode = random.pick(['hash_seed', 'proportional', 'equalizing'])
    const percentage = random.pick([0, 1e-9, 10, 50, 90, 100])
    const yaml = `{mode: ${mode}, sampling_percentage: ${percentage}, fail_closed: ${random.chance(0.5)}}`
    const config = parseConfig(probabilisticSamplerConfig, yaml)
    const bytes = shortcutRequest(random, 'traces')
    try {
      if (compareShortcut('traces', () => new SpanSampler(config), bytes)) taken++
    } catch (error) {
      throw new Error(`input ${i}, ${yaml}`, { cause: error })
    }
  }
  return taken
}
