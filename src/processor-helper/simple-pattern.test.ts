import { RE2JS } from 're2js'
import t from 'tap'
import { SeededRandom } from '../testkit/seeded-random.ts'
import { SimplePattern } from './simple-pattern.ts'

const simple = [
  '[0-9]+',
  '\\d+',
  'token=[^&]*',
  'a',
  'abc',
  'a+b',
  '[a-c]+x',
  '\\w+=',
  '[^a]b',
  'x.',
  '.+',
  '[^/]+/',
  'a\\.b',
  '[\\w.-]+@',
  '@[a-z]+',
  '\\s+',
  '[\\]a]b*',
  'b[^b]+',
  'ab*',
  '-[-a]',
  '[a-]+',
  '/users/[0-9]+',
]

/** All matches, as byte offsets. */
function found(pattern: SimplePattern, text: string): string {
  const bytes = Buffer.from(text)
  const matches: string[] = []
  let at = 0
  while (pattern.find(bytes, at, bytes.length)) {
    matches.push(bytes.toString('utf8', pattern.from, pattern.end))
    at = pattern.end
  }
  return JSON.stringify(matches)
}

function expected(source: string, text: string): string {
  const matcher = RE2JS.compile(source).matcher(text)
  const matches: string[] = []
  while (matcher.find()) matches.push(matcher.group(0) ?? '')
  return JSON.stringify(matches)
}

for (const source of simple) {
  t.test(`${source} finds what re2js finds`, async t => {
    const pattern = SimplePattern.of(source)
    t.ok(pattern)
    const random = new SeededRandom(source.length)
    const letters = [
      'a',
      'b',
      'c',
      'x',
      '0',
      '7',
      '/',
      '&',
      '=',
      '.',
      '-',
      '@',
      ' ',
      '\n',
      ']',
      'ä',
      '日',
      '😀',
      'token=',
      'users/',
    ]
    for (let round = 0; round < 400; round++) {
      const text = Array.from({ length: random.below(12) }, () => random.pick(letters)).join('')
      if (found(pattern!, text) !== expected(source, text)) t.equal(found(pattern!, text), expected(source, text), text)
    }
  })
}

for (const source of [
  '',
  'a*',
  'a|b',
  '(a)',
  '^a',
  'a$',
  'a?b',
  'a+?',
  'a{2}',
  'a*b',
  'a+a',
  '[a-c]+b',
  'ab+c',
  '(?i)a',
  '\\bA',
  '\\pL',
  '[[:alpha:]]',
  '[ä]',
  'ä',
  '\\x41',
  '[\\d-z]',
  '[^a]+b*c',
]) {
  t.test(`${source} is left to re2js`, async t => {
    t.equal(SimplePattern.of(source), undefined)
  })
}

t.test('a search is one look at the bytes', async t => {
  const bytes = Buffer.from('1'.repeat(1_000_000))
  const pattern = SimplePattern.of('[0-9]+x')!
  let reads = 0
  const counted = new Proxy(bytes, {
    get(target, key) {
      reads++
      return Reflect.get(target, key)
    },
  })
  t.equal(pattern.find(counted, 0, 20_000), false)
  t.ok(reads < 60_000, `${reads} reads`)
})
