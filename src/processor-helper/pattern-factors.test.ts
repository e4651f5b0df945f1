import { RE2JS } from 're2js'
import t from 'tap'
import { SeededRandom } from '../testkit/seeded-random.ts'
import { somePattern, someText } from '../testkit/some-patterns.ts'
import { patternProblem } from './pattern.ts'
import { type Factor, patternFactors } from './pattern-factors.ts'

const holds = ({ places }: Factor, bytes: Uint8Array): boolean =>
  bytes.some((_, at) => places.every((set, i) => at + i < bytes.length && set[bytes[at + i]!] === 1))

t.test('every match of RE2 holds one of the factors and is no longer than they say', async t => {
  const random = new SeededRandom(77)
  let matches = 0
  let absences = 0
  for (let i = 0; i < 900; i++) {
    const source = random.chance(0.1) ? `(?i)${somePattern(random, 2)}` : somePattern(random, 2)
    if (patternProblem(source) !== undefined) continue
    const factors = patternFactors([source], 1)
    if (factors === undefined) continue
    const exact = RE2JS.compile(source)
    for (let j = 0; j < 10; j++) {
      const text = someText(random)
      const all = Buffer.from(text)
      if (!factors.some(factor => holds(factor, all))) absences++
      const matcher = exact.matcher(text)
      while (matcher.find()) {
        if (matcher.end() === matcher.start()) t.fail(`${source} matches nothing in ${JSON.stringify(text)}`)
        const match = Buffer.from(text.slice(matcher.start(), matcher.end()))
        const held = factors.filter(factor => holds(factor, match))
        if (held.length === 0)
          t.fail(`${source} in ${JSON.stringify(text)}: no factor in ${JSON.stringify(match.toString())}`)
        if (held.some(({ matchMax }) => matchMax < match.length))
          t.fail(`${source}: ${match.length} bytes are too many`)
        matches++
      }
    }
  }
  t.ok(matches > 1000 && absences > 300, `${matches} matches, ${absences} texts without a factor`)
})

const readable = (set: Uint8Array) =>
  [...set.keys()]
    .filter(byte => set[byte] === 1)
    .map(byte => String.fromCharCode(byte))
    .join('')

t.test('the rarest row of a pattern is taken', async t => {
  const rows = (...sources: string[]) => patternFactors(sources)?.map(({ places }) => places.map(readable).join('|'))
  t.same(rows('[0-2]{3}-[0-2]{2}-[0-2]{4}'), ['-|012|012|-'])
  t.same(rows('[a-c]+@[a-c]+\\.com'), ['abc|@|abc'])
  t.same(rows('(?:key|secret)=x'), ['=|x'])
  t.same(rows('AKIA[0-9A-Z]{16}', 'ghp_.+'), ['A|K|I|A', 'g|h|p|_'])
  t.same(rows('4[0-1]{12}(?:[0-1]{3})?'), ['4|01|01|01'])
  for (const source of ['.*', '[a-z]+', 'a?', '(a|)', '\\bfoo\\b|', '\\Qx\\E']) t.equal(rows(source), undefined, source)
})
