import { parseConfig } from '../../config/parse-config.ts'
import type { Signal } from '../../pdata/otlp-batch.ts'
import { SeededRandom } from '../../testkit/seeded-random.ts'
import { compareShortcut, shortcutRequest } from '../../testkit/shortcut-oracle.ts'
import { probabilisticSamplerConfig } from './config.ts'
import { LogSampler } from './log-sampler.ts'
import { SpanSampler } from './span-sampler.ts'

/** Compares decisions without views with those through views. Returns how many requests took the shortcut. */
export function fuzzSamplerShortcut(signal: Signal, seed: number, count: number): number {
  if (signal !== 'traces' && signal !== 'logs') return 0
  const random = new SeededRandom(seed)
  let taken = 0
  for (let i = 0; i < count; i++) {
    const mode = random.pick(['hash_seed', 'proportional', 'equalizing'])
    const percentage = random.pick([0, 1e-9, 10, 50, 90, 100])
    const parts = [`mode: ${mode}`, `sampling_percentage: ${percentage}`, `fail_closed: ${random.chance(0.5)}`]
    if (signal === 'logs' && random.chance(0.5)) parts.push('from_attribute: http.method')
    if (signal === 'logs' && random.chance(0.3)) parts.push('attribute_source: record')
    if (signal === 'logs' && random.chance(0.3)) parts.push('sampling_priority: a')
    const yaml = `{${parts.join(', ')}}`
    const config = parseConfig(probabilisticSamplerConfig, yaml)
    const create = () => [signal === 'logs' ? new LogSampler(config) : new SpanSampler(config)]
    const bytes = shortcutRequest(random, signal)
    try {
      if (compareShortcut(signal, create, bytes)) taken++
    } catch (error) {
      throw new Error(`input ${i}, ${yaml}`, { cause: error })
    }
  }
  return taken
}
