import t from 'tap'
import { DiskPulse } from './disk-pulse.ts'

function create() {
  const clock = { ms: 0 }
  return { clock, pulse: new DiskPulse(() => clock.ms) }
}

for (const [kind, suspectMs] of [
  ['write', 100],
  ['sync', 500],
] as const) {
  t.test(`while a ${kind} does not come back nothing goes at once`, async t => {
    const { clock, pulse } = create()
    const hung = Promise.withResolvers<void>()
    const call = pulse.elsewhere(kind, () => hung.promise)
    clock.ms = suspectMs
    t.equal(pulse.mayGoAtOnce(false), true)
    clock.ms = suspectMs + 1
    await pulse.elsewhere('write', async () => undefined)
    t.equal(pulse.mayGoAtOnce(true), false, 'whatever came back since')
    t.equal(pulse.mayGoAtOnce(false), false)
    hung.resolve()
    await call
    t.equal(pulse.mayGoAtOnce(false), true)
  })
}

t.test('a call that fails is over', async t => {
  const { clock, pulse } = create()
  await t.rejects(pulse.elsewhere('sync', () => Promise.reject(new Error('EIO'))))
  clock.ms = 1000
  t.equal(pulse.mayGoAtOnce(false), true)
})

t.test('a write at once that took long is the last for a second, but for what has to be there soon', async t => {
  const { clock, pulse } = create()
  pulse.atOnce(() => {
    clock.ms += 11
  })
  t.equal(pulse.mayGoAtOnce(false), false)
  t.equal(pulse.mayGoAtOnce(true), true)
  clock.ms += 1000
  t.equal(pulse.mayGoAtOnce(false), true)
})
