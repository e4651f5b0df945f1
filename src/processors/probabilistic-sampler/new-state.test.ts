import t from 'tap'
import { alwaysKeep, Randomness, thresholdFor } from '../../pdata/sampling-threshold.ts'
import { TraceState } from '../../pdata/tracestate.ts'
import { NewState } from './new-state.ts'

t.test('a new tracestate is what an empty one becomes that is told the same', async t => {
  const state = new NewState()
  const randomness = new Randomness()
  const thresholds = [alwaysKeep, thresholdFor(0.1, 4)!, thresholdFor(1 / 3)!]
  for (const rValue of ['00000000000000', 'ffffffffffffff', '00000f80000001', '8a1b2c3d4e5f60']) {
    randomness.fromRValue(rValue)
    for (const threshold of thresholds) {
      const expected = new TraceState()
      expected.sampledWith(threshold)
      t.equal(Buffer.from(state.bytes(threshold, undefined)).toString(), expected.toString())
      expected.setRandomness(randomness)
      t.equal(Buffer.from(state.bytes(threshold, randomness)).toString(), expected.toString())
    }
  }
})
