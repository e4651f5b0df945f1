import t from 'tap'
import { fuzzShapes } from './ordinary-call.fuzz.ts'

t.test(
  'spans are read by shape as they are one attribute after the other, whole, broken and of changing shapes',
  async t => {
    t.ok(fuzzShapes(5, 3000) > 500)
  },
)
