import { parseConfig } from '../../config/parse-config.ts'
import type { Signal } from '../../pdata/otlp-batch.ts'
import { SeededRandom } from '../../testkit/seeded-random.ts'
import { compareShortcut, shortcutRequest } from '../../testkit/shortcut-oracle.ts'
import { resourceConfig } from './config.ts'
import { ResourceStage } from './resource-stage.ts'

const keys = ['service.name', 'host.name', 'a', 'user.email', 'new.key']
const values = ['short', '""', 'x'.repeat(300), '7', 'true']

function randomAction(random: SeededRandom): string {
  const action = random.pick(['insert', 'update', 'upsert', 'delete'])
  const what = `key: ${random.pick(keys)}, action: ${action}`
  if (action === 'delete') return `{${what}}`
  return random.chance(0.3)
    ? `{${what}, from_attribute: ${random.pick(keys)}}`
    : `{${what}, value: ${random.pick(values)}}`
}

/** Compares edits of resources without views with the same through views. Returns how many requests took the shortcut. */
export function fuzzResourceShortcut(signal: Signal, seed: number, count: number): number {
  if (signal === 'profiles') return 0
  const random = new SeededRandom(seed)
  let taken = 0
  for (let i = 0; i < count; i++) {
    const actions = Array.from({ length: 1 + random.below(4) }, () => randomAction(random))
    const config = parseConfig(resourceConfig, `attributes: [${actions.join(', ')}]`)
    try {
      if (compareShortcut(signal, () => [new ResourceStage(config)], shortcutRequest(random, signal))) taken++
    } catch (error) {
      throw new Error(`input ${i}, ${actions.join('; ')}`, { cause: error })
    }
  }
  return taken
}
