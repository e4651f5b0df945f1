import t from 'tap'
import { fuzzLoad } from './load.fuzz.ts'

t.test('whatever is wrong with a file, it gives a reason that can be shown, and never an exception', async t => {
  const loadedCount = await fuzzLoad(1, 80)
  t.ok(loadedCount > 2 && loadedCount < 78, `${loadedCount} of 80 still load`)
})
