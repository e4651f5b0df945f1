import t from 'tap'
import { SeededRandom } from '../../testkit/seeded-random.ts'
import { RateMeter } from './rate-meter.ts'

const tickMs = 250

/** Additions of one, as many as chance makes of the rate; the rate measured after each tick. */
function run(meter: RateMeter, random: SeededRandom, perSecond: number, seconds: number): number[] {
  return Array.from({ length: (seconds * 1000) / tickMs }, () => {
    const parts = 1000
    for (let i = 0; i < parts; i++) if (random.chance((perSecond * tickMs) / 1000 / parts)) meter.add(1)
    meter.tick(tickMs)
    return meter.perSecond
  })
}

for (const [from, to, seconds] of [
  [50, 2_500, 2],
  [2_500, 50, 5],
  [3_000, 1_500, 4],
] as const) {
  t.test(`a step from ${from} to ${to} a second is followed within ${seconds} s`, async t => {
    const meter = new RateMeter()
    const random = new SeededRandom(4)
    run(meter, random, from, 10)
    const last = run(meter, random, to, seconds).at(-1)!
    t.ok(Math.abs(last / to - 1) < 0.25, `${last}`)
  })
}

for (const perSecond of [2, 30, 400]) {
  t.test(`chance alone does not move ${perSecond} a second`, async t => {
    const rates = run(new RateMeter(), new SeededRandom(9), perSecond, 200).slice(40)
    const mean = rates.reduce((sum, rate) => sum + rate, 0) / rates.length
    t.ok(Math.abs(mean / perSecond - 1) < 0.1, `${mean} on average`)
  })
}
