import { RE2JS } from 're2js'
import t from 'tap'
import { SeededRandom } from '../../testkit/seeded-random.ts'
import { somePattern, someText } from '../../testkit/some-patterns.ts'
import { patternProblem } from './patterns.ts'
import { anchorsOf, ValueFilter } from './value-filter.ts'

t.test('rules out no value in which RE2 finds a match of one of the patterns, wherever they are anchored', async t => {
  const random = new SeededRandom(29)
  let ruledOut = 0
  let found = 0
  for (let i = 0; i < 900; i++) {
    const sources = Array.from({ length: 1 + random.below(3) }, () => {
      const first = random.pick(['', '^', '^', '\\A', '(?i)^', '(?m)^'])
      return `${first}${somePattern(random, 1)}${random.pick(['', '$', '\\z'])}`
    }).filter(source => patternProblem(source) === undefined)
    const filter = ValueFilter.of(sources)
    if (filter === undefined) continue
    const exact = sources.map(source => RE2JS.compile(source))
    for (let j = 0; j < 20; j++) {
      const text = someText(random)
      const bytes = Buffer.from(`xx${text}yy`)
      const isMatch = exact.some(pattern => pattern.matcher(text).find())
      const may = filter.mayMatch(bytes, 2, bytes.length - 2)
      if (isMatch) found++
      if (!may) ruledOut++
      if (isMatch && !may) t.fail(`${sources.join(' and ')} in ${JSON.stringify(text)}`)
    }
  }
  t.ok(found > 1000 && ruledOut > 1000, `${found} found, ${ruledOut} ruled out`)
})

for (const [source, isStart, isWhole] of [
  ['^a$', true, true],
  ['\\Aab\\z', true, true],
  ['(?i)^a', true, false],
  ['^(a|b)$', true, true],
  ['^[|]$', true, true],
  ['^[]|]$', true, true],
  ['^a\\$', true, false],
  ['^a\\\\$', true, true],
  ['^a|b$', false, false],
  ['^*a', false, false],
  ['(?m)^a$', false, false],
  ['^(?m:a$)', false, false],
  ['(?i-m)^a', false, false],
  ['^\\Qa|b\\E$', false, false],
  ['a$', false, false],
  ['[^a]', false, false],
] as const) {
  t.test(`${source} is anchored ${isWhole ? 'at both ends' : isStart ? 'at its start' : 'nowhere'}`, async t => {
    t.same(anchorsOf(source), { isStart, isWhole })
  })
}

t.test('a long value that begins otherwise is done with at once', async t => {
  const filter = ValueFilter.of(['^customer$', '^[0-9]+'])!
  const value = Buffer.from(`the ${'customer '.repeat(1000)}`)
  t.notOk(filter.mayMatch(value, 0, value.length))
  t.ok(filter.mayMatch(value, 4, 12))
  t.notOk(filter.mayMatch(value, 4, 13))
})
