import { RE2JS } from 're2js'
import t from 'tap'
import { SeededRandom } from '../../testkit/seeded-random.ts'
import { UserPattern } from './patterns.ts'

/** What RE2 says of the whole text. */
function plainMatches(source: string, text: string, group: number): [number, number][] {
  const found: [number, number][] = []
  const matcher = RE2JS.compile(source).matcher(text)
  while (matcher.find()) {
    if (matcher.start(group) >= 0 && matcher.end(group) > matcher.start(group))
      found.push([matcher.start(group), matcher.end(group)])
  }
  return found
}

const sources = [
  '4[0-9]{12}(?:[0-9]{3})?',
  '[a-zA-Z0-9._%+-]+@[a-zA-Z0-9.-]+\\.[a-zA-Z]{2,}',
  '(?:\\+1[ -]?)?[0-9]{3}[ -][0-9]{3}[ -][0-9]{4}',
  '\\b[0-9]{3}\\b',
  '\\B[0-9]{3}\\B',
  'a+?b|ab+',
  '(a|ab)(c|bcd)(d*)',
  '^[0-9]+',
  '[0-9]+$',
  '(?i)to(ken)=([a-z0-9]+)',
  '(?m)^x.*$',
  'ab|abcd|c',
  '[^ ]+@',
  'x*y',
  '1*',
  '\\.\\d',
  'é+',
  'a|a+b',
  '[éü]b?',
  '日本|😀+',
  '^ab',
  '^(?:ab|me)+$',
  '^[^@]+@home$',
]
const pieces = [
  '4111111111111',
  '111',
  'me',
  '@',
  'home',
  '.',
  'org',
  ' ',
  '-',
  '+1',
  '123',
  '4567',
  'a',
  'ab',
  'bcd',
  'c',
  'd',
]
const more = ['b', 'token=', 'ToKen=a1', 'x', 'y', '\n', 'é', 'ü', '日本', '😀', '', '$', '(', '1']

t.test('finds what RE2 finds in the whole text, in any text', async t => {
  const random = new SeededRandom(7)
  let found = 0
  for (const source of sources) {
    const pattern = new UserPattern(source)
    for (let i = 0; i < 300; i++) {
      const words = Array.from({ length: random.below(14) }, () => random.pick(random.chance(0.7) ? pieces : more))
      const text = words.join(random.chance(0.3) ? ' ' : '')
      const group = source.includes('(ken)') ? random.below(3) : 0
      const expected = plainMatches(source, text, group)
      const actual = pattern.matches(text, group)
      if (JSON.stringify(actual) !== JSON.stringify(expected))
        t.same(actual, expected, `${source} in ${JSON.stringify(text)}`)
      if (pattern.test(text) !== RE2JS.compile(source).matcher(text).find())
        t.fail(`${source} is tested wrongly in ${JSON.stringify(text)}`)
      found += expected.length
    }
  }
  t.ok(found > 1000, `${found} matches compared`)
})

t.test('many matches in one long piece are taken in one go', async t => {
  const text = 'a'.repeat(60_000)
  const pattern = new UserPattern('a|a+b')
  t.equal(pattern.matches(text).length, 60_000)
  t.equal(new UserPattern('[a-z]+b?').matches(text).length, 1)
})
