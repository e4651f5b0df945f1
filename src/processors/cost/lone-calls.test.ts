import t from 'tap'
import { LoneCalls, loneCallsBytes } from './lone-calls.ts'

const callsMax = 8192

function told(calls: LoneCalls): number[] {
  const notes: number[] = []
  calls.moveTo({
    note: (ownLow, ownHigh, parentLow, parentHigh, note) =>
      notes.push(ownLow === note + 1 && ownHigh === note + 2 && parentLow === -note && parentHigh === 7 ? note : -1),
  })
  return notes
}

t.test('calls are told once, in the order in which they came, the oldest forgotten for the newest', async t => {
  const calls = new LoneCalls(new ArrayBuffer(loneCallsBytes), 0)
  const add = (note: number) => calls.add(note + 1, note + 2, -note, 7, note)
  t.same(told(calls), [])
  for (let note = 1; note <= 3; note++) add(note)
  t.same(told(calls), [1, 2, 3])
  t.same(told(calls), [])
  for (let note = 1; note <= callsMax + 2; note++) add(note)
  t.same(
    told(calls),
    Array.from({ length: callsMax }, (_, i) => i + 3),
  )
  add(5)
  t.same(told(calls), [5])
})

t.test('calls of other threads are told too, and a thread for which there is no room says so', async t => {
  const memory = new SharedArrayBuffer(64 + loneCallsBytes)
  const all = Array.from({ length: 17 }, () => new LoneCalls(memory, 64))
  t.same(
    all.map((calls, i) => calls.add(i + 1, i + 2, -i, 7, i)),
    all.map((_, i) => i < 16),
  )
  t.same(
    told(all[16]!),
    Array.from({ length: 16 }, (_, i) => i),
  )
  t.same(told(all[0]!), [])
})
