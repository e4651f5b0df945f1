import { defineStatelessProcessor } from '../component/component.ts'
import { ComponentRegistry } from '../component/registry.ts'
import { defineConfig, opaque, string } from '../config/declare.ts'
import { drop, keep } from '../pdata/walk-hooks.ts'

const stageFixtureConfig = defineConfig({
  mark: string('mark', '', 'Written as the name of every span.'),
  secret: opaque('secret', '', 'Proves that secrets arrive in a worker.'),
})

/** Ways to misbehave, by the name of a span. */
export const misbehaviour = {
  dies: 'span that kills',
  hangs: 'span that hangs',
  eats: 'span that eats memory',
} as const

/** A stateless processor for tests of stages: it marks spans, drops some, and breaks its thread when a span says so. */
export const stageFixtureProcessor = defineStatelessProcessor({
  type: 'fixture',
  signals: ['traces', 'metrics', 'logs'],
  stability: 'development',
  summary: 'Marks spans and misbehaves on demand.',
  config: stageFixtureConfig,
  createStage: (config, _signal, context) => {
    let markedCount = 0
    const { seen } = Object(context) as { seen?: SharedArrayBuffer }
    return {
      dropReason: 'fixture',
      span(span) {
        if (span.name === misbehaviour.dies) process.exit(3)
        if (span.name === misbehaviour.hangs) for (;;) Math.random()
        if (span.name === misbehaviour.eats) eatMemory()
        if (seen !== undefined) Atomics.add(new Int32Array(seen), 0, 1)
        if (span.name === 'GET') return drop
        if (config.mark === '') return keep
        span.name = `${config.mark}${config.secret.reveal()}${String(context ?? '')}`
        markedCount += 1
        return keep
      },
      takeCounts() {
        const counts = new Map([['fixture_marked', markedCount]])
        markedCount = 0
        return counts
      },
    }
  },
})

function eatMemory(): never {
  const eaten: unknown[] = []
  for (;;) eaten.push(new Array(100_000).fill(0.5))
}

export const stageFixtureRegistry = new ComponentRegistry([stageFixtureProcessor])
