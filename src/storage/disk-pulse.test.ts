import t from 'tap'
import { DiskPulse } from './disk-pulse.ts'

function create() {
  const clock = { ms: 0 }
  return { clock, pulse: new DiskPulse(() => clock.ms) }
}

t.test('the first write after a while takes the long way, those just behind it do not', async t => {
  const { clock, pulse } = create()
  t.equal(pulse.mayGoAtOnce(false), false)
  await pulse.elsewhere('write', async () => undefined)
  t.equal(pulse.mayGoAtOnce(false), true)
  clock.ms = 6
  t.equal(pulse.mayGoAtOnce(false), false)
  t.equal(pulse.mayGoAtOnce(true), true, 'but for what has to be there soon')
})

for (const [kind, suspectMs] of [
  ['write', 100],
  ['sync', 1000],
] as const) {
  t.test(`while a ${kind} does not come back nothing goes at once`, async t => {
    const { clock, pulse } = create()
    const hung = Promise.withResolvers<void>()
    const call = pulse.elsewhere(kind, () => hung.promise)
    clock.ms = suspectMs
    t.equal(pulse.mayGoAtOnce(true), true)
    clock.ms = suspectMs + 1
    await pulse.elsewhere('write', async () => undefined)
    t.equal(pulse.mayGoAtOnce(true), false, 'whatever came back since')
    t.equal(pulse.mayGoAtOnce(false), false)
    hung.resolve()
    await call
    t.equal(pulse.mayGoAtOnce(false), true)
  })
}

t.test('a call that fails proves nothing, and is over', async t => {
  const { clock, pulse } = create()
  await t.rejects(pulse.elsewhere('write', () => Promise.reject(new Error('EIO'))))
  clock.ms = 300
  t.equal(pulse.mayGoAtOnce(false), false)
  t.equal(pulse.mayGoAtOnce(true), true)
})

t.test(
  'a write that was made at once and took long is the last for a second, but for what has to be there soon',
  async t => {
    const { clock, pulse } = create()
    await pulse.elsewhere('write', async () => undefined)
    pulse.atOnce(() => {
      clock.ms += 11
    })
    await pulse.elsewhere('write', async () => undefined)
    t.equal(pulse.mayGoAtOnce(false), false)
    t.equal(pulse.mayGoAtOnce(true), true)
    clock.ms += 1001
    await pulse.elsewhere('write', async () => undefined)
    t.equal(pulse.mayGoAtOnce(false), true)
  },
)
