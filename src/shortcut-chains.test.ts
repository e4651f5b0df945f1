import t from 'tap'
import { fuzzShortcutChains } from './shortcut-chains.fuzz.ts'

for (const signal of ['traces', 'logs'] as const) {
  t.test(`chains of processors leave ${signal} as one walk does, byte for byte`, async t => {
    t.ok(fuzzShortcutChains(signal, 5, 600) > 150)
  })
}
