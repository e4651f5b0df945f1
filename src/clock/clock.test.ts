import t, { type Test } from 'tap'
import { systemClock } from './clock.ts'

const dayMs = 86_400_000

/** Time passes in no time until the test ends; returns the delays that Node's timers were asked for. */
function inNoTime(t: Test): number[] {
  const delays: number[] = []
  const original = globalThis.setTimeout
  const alive = setInterval(() => {}, 1_000)
  globalThis.setTimeout = ((callback: () => void, delayMs: number) => {
    delays.push(delayMs)
    return original(callback, 0)
  }) as typeof setTimeout
  t.teardown(() => {
    globalThis.setTimeout = original
    clearInterval(alive)
  })
  return delays
}

for (const [name, delayMs] of [
  ['90 days', 90 * dayMs],
  ['one millisecond more than Node takes', 2 ** 31],
] as const) {
  t.test(`a delay of ${name} is waited for in pieces that Node takes`, async t => {
    const delays = inNoTime(t)
    await new Promise<void>(resolve => systemClock.after(delayMs, resolve))
    let sum = 0
    for (const pieceMs of delays) sum += pieceMs
    t.equal(sum, delayMs)
    t.ok(delays.length > 1)
    t.ok(delays.every(pieceMs => pieceMs < 2 ** 31))
  })
}

t.test('a delay without an end never comes to one, and can be cancelled', async t => {
  const delays = inNoTime(t)
  const timer = systemClock.after(Number.POSITIVE_INFINITY, () => t.fail('fired'))
  await new Promise(resolve => setTimeout(() => setTimeout(resolve, 0), 0))
  timer.cancel()
  t.ok(delays.every(pieceMs => pieceMs < 2 ** 31))
})

t.test('a long interval repeats until it is cancelled', async t => {
  const delays = inNoTime(t)
  let count = 0
  await new Promise<void>(resolve => {
    const timer = systemClock.every(90 * dayMs, () => {
      count++
      if (count < 3) return
      timer.cancel()
      resolve()
    })
  })
  t.equal(count, 3)
  t.ok(delays.every(pieceMs => pieceMs < 2 ** 31))
})
