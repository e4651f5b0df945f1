import { parseConfig } from '../../config/parse-config.ts'
import type { Signal } from '../../pdata/otlp-batch.ts'
import { SeededRandom } from '../../testkit/seeded-random.ts'
import { compareShortcut, shortcutRequest } from '../../testkit/shortcut-oracle.ts'
import { AttributesStage } from './attributes-stage.ts'
import { attributesConfig } from './config.ts'

const keys = ['http.method', 'user.email', 'service.name', 'a', 'ключ', 'host.name', 'new.key', 'k'.repeat(127)]
const values = ['short', '7', '""', 'true', '[1, {b: c}]', 'x'.repeat(200)]

const matches = {
  traces: [
    '{match_type: strict, services: [""], span_names: ["", GET]}',
    '{match_type: regexp, attributes: [{key: a, value: "."}]}',
    '{match_type: strict, span_kinds: [SPAN_KIND_CLIENT]}',
  ],
  logs: ['{match_type: regexp, log_bodies: ["a"]}', '{match_type: strict, attributes: [{key: user.email}]}'],
}

/** Compares plans of random actions with the same actions through views. Returns how many requests took the shortcut. */
export function fuzzAttributesShortcut(signal: Signal, seed: number, count: number): number {
  if (signal !== 'traces' && signal !== 'logs') return 0
  const random = new SeededRandom(seed)
  let taken = 0
  for (let i = 0; i < count; i++) {
    const actions = Array.from({ length: 1 + random.below(5) }, () => randomAction(random))
    const who = random.chance(0.3) ? `${random.pick(['include', 'exclude'])}: ${random.pick(matches[signal])}, ` : ''
    const config = parseConfig(attributesConfig, `{${who}actions: [${actions.join(', ')}]}`)
    const bytes = shortcutRequest(random, signal)
    try {
      if (compareShortcut(signal, () => [new AttributesStage(config, signal)], bytes)) taken++
    } catch (error) {
      throw new Error(`input ${i}, ${who}${actions}`, { cause: error })
    }
  }
  return taken
}

function randomAction(random: SeededRandom): string {
  const key = random.pick(keys)
  const action = random.pick(['insert', 'update', 'upsert', 'delete'])
  if (action === 'delete') return `{key: ${key}, action: delete}`
  if (random.chance(0.5)) return `{key: ${key}, action: ${action}, value: ${random.pick(values)}}`
  const fallback = random.chance(0.3) ? `, default_value: ${random.pick(values)}` : ''
  return `{key: ${key}, action: ${action}, from_attribute: ${random.pick(keys)}${fallback}}`
}
