import t from 'tap'
import { Randomness, thresholdFor } from './sampling-threshold.ts'
import { TraceState } from './tracestate.ts'

for (const text of ['', 'ot=th:8', 'ot=rv:0123456789abcd;th:c', 'vendor=x,other=y z', 'a@b=1', 'ot=p:8;q:']) {
  t.test(`reads and writes "${text}" unchanged`, async t => {
    t.equal(TraceState.parse(text)?.toString(), text)
  })
}

t.test('the ot member moves to the front when it is written, others keep their order', async t => {
  const state = TraceState.parse('a=1, ot=x:y ,b=2')!
  t.ok(state.sampledWith(thresholdFor(0.5, 4)!))
  t.equal(state.toString(), 'ot=th:8;x:y,a=1,b=2')
})

t.test('a sampler may lower the probability, never raise it', async t => {
  const state = TraceState.parse('ot=th:c')!
  t.notOk(state.sampledWith(thresholdFor(0.5, 4)!))
  t.equal(state.toString(), 'ot=th:c')
  t.ok(state.sampledWith(thresholdFor(0.1, 4)!))
  t.equal(state.toString(), 'ot=th:e666')
})

t.test('randomness and threshold can be set and cleared', async t => {
  const state = TraceState.parse('')!
  const randomness = new Randomness()
  randomness.fromRValue('0123456789abcd')
  state.setRandomness(randomness)
  state.sampledWith(thresholdFor(0.25, 4)!)
  t.equal(state.toString(), 'ot=rv:0123456789abcd;th:c')
  state.clearThreshold()
  t.equal(state.toString(), 'ot=rv:0123456789abcd')
})

const many = Array.from({ length: 33 }, (_, i) => `k${i}=v`).join(',')
for (const text of [
  'noequals',
  '=x',
  'A=1',
  'a=b=c',
  'a=',
  'a=x ,',
  'ot=',
  'ot=th:zz',
  'ot=rv:12',
  'ot=th:8;',
  'ot=TH:8',
  'a@B=1',
  many,
  `a=${'x'.repeat(257)}`,
  `a=${'x'.repeat(1023)}`,
]) {
  const isLegal = text === 'a=x ,'
  t.test(`${isLegal ? 'takes' : 'refuses'} "${text.slice(0, 40)}"`, async t => {
    t.equal(TraceState.parse(text) !== undefined, isLegal)
  })
}
