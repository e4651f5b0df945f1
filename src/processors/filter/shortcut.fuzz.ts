import { parseConfig } from '../../config/parse-config.ts'
import { SeededRandom } from '../../testkit/seeded-random.ts'
import { compareShortcut, shortcutRequest } from '../../testkit/shortcut-oracle.ts'
import { filterConfig } from './config.ts'
import { FilterStage } from './filter-stage.ts'

const matches = [
  '{match_type: strict, attributes: [{key: http.method, value: GET}]}',
  '{match_type: strict, attributes: [{key: a}, {key: host.name}]}',
  '{match_type: regexp, attributes: [{key: user.email, value: "a"}]}',
  '{match_type: strict, span_names: [GET, ""]}',
  '{match_type: regexp, span_names: ["42$"], attributes: [{key: a}]}',
  '{match_type: strict, span_kinds: [SPAN_KIND_SERVER, SPAN_KIND_UNSPECIFIED]}',
] as const

/** Compares filters by properties with the same through views. Returns how many requests took the shortcut. */
export function fuzzFilterShortcut(seed: number, count: number): number {
  const random = new SeededRandom(seed)
  let taken = 0
  for (let i = 0; i < count; i++) {
    const parts = [`include: ${random.pick(matches)}`, `exclude: ${random.pick(matches)}`]
    const kept = random.chance(0.3) ? parts : [random.pick(parts)]
    const yaml = `spans: {${kept.join(', ')}}`
    const config = parseConfig(filterConfig, yaml)
    const bytes = shortcutRequest(random, 'traces')
    try {
      if (compareShortcut('traces', () => new FilterStage(config, 'traces'), bytes)) taken++
    } catch (error) {
      throw new Error(`input ${i}, ${yaml}`, { cause: error })
    }
  }
  return taken
}
