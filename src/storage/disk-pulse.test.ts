import t from 'tap'
import { DiskPulse } from './disk-pulse.ts'

function create() {
  const clock = { ms: 0 }
  return { clock, pulse: new DiskPulse(() => clock.ms) }
}

t.test('the first write after a while takes the long way, those just behind it do not', async t => {
  const { clock, pulse } = create()
  t.equal(pulse.mayGoAtOnce(false), false)
  await pulse.elsewhere(async () => undefined)
  t.equal(pulse.mayGoAtOnce(false), true)
  clock.ms = 6
  t.equal(pulse.mayGoAtOnce(false), false)
  t.equal(pulse.mayGoAtOnce(true), true, 'but for what has to be there soon')
})

t.test('while a call does not come back nothing goes at once', async t => {
  const { clock, pulse } = create()
  await pulse.elsewhere(async () => undefined)
  const hung = Promise.withResolvers<void>()
  const call = pulse.elsewhere(() => hung.promise)
  clock.ms = 150
  const later = pulse.elsewhere(async () => undefined)
  await later
  t.equal(pulse.mayGoAtOnce(true), true)
  clock.ms = 201
  t.equal(pulse.mayGoAtOnce(true), false, 'whatever came back since')
  hung.resolve()
  await call
  t.equal(pulse.mayGoAtOnce(false), true)
})

t.test('a call that fails proves nothing, and is over', async t => {
  const { clock, pulse } = create()
  await t.rejects(pulse.elsewhere(() => Promise.reject(new Error('EIO'))))
  clock.ms = 300
  t.equal(pulse.mayGoAtOnce(false), false)
  t.equal(pulse.mayGoAtOnce(true), true)
})

t.test('a write that was made at once and took long is the last for a second', async t => {
  const { clock, pulse } = create()
  await pulse.elsewhere(async () => undefined)
  pulse.atOnce(() => {
    clock.ms += 11
  })
  await pulse.elsewhere(async () => undefined)
  t.equal(pulse.mayGoAtOnce(true), false)
  clock.ms += 1001
  t.equal(pulse.mayGoAtOnce(true), true)
})
