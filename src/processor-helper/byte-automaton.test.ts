import { RE2JS } from 're2js'
import t from 'tap'
import { SeededRandom } from '../testkit/seeded-random.ts'
import { somePattern, someText } from '../testkit/some-patterns.ts'
import { ByteAutomaton } from './byte-automaton.ts'
import { patternProblem } from './pattern.ts'

const utf8 = (text: string) => new TextEncoder().encode(text)
t.test('rules out no text in which RE2 finds a match, and says where the match lies', async t => {
  const random = new SeededRandom(20_261_128)
  let ruledOut = 0
  let found = 0
  for (let i = 0; i < 600; i++) {
    const source = random.chance(0.1) ? `(?i)${somePattern(random, 2)}` : somePattern(random, 2)
    // Nested counts are more than RE2 takes.
    if (patternProblem(source) !== undefined) continue
    const exact = RE2JS.compile(source)
    const automaton = ByteAutomaton.of([source])
    if (automaton === undefined) continue
    for (let j = 0; j < 20; j++) {
      const text = someText(random)
      const bytes = utf8(text)
      const matcher = exact.matcher(text)
      const isMatch = matcher.find()
      const may = automaton.find(bytes, 0, bytes.length)
      if (!may) ruledOut++
      if (!isMatch) continue
      found++
      if (!may) t.fail(`${source} in ${JSON.stringify(text)} was ruled out`)
      const start = utf8(text.slice(0, matcher.start())).length
      const end = utf8(text.slice(0, matcher.end())).length
      if (start < automaton.from) t.fail(`${source} in ${JSON.stringify(text)} begins before ${automaton.from}`)
      if (start < automaton.end && end > automaton.end) t.fail(`${source} in ${JSON.stringify(text)} leaves its piece`)
    }
  }
  t.ok(ruledOut > 1000 && found > 1000, `${ruledOut} ruled out, ${found} found`)
})

t.test('text that is no UTF-8 is covered, as the replacement character', async t => {
  const automaton = ByteAutomaton.of(['x[^a]y'])!
  t.ok(automaton.find(Uint8Array.of(0x78, 0xff, 0x79), 0, 3))
  t.notOk(automaton.find(utf8('xay'), 0, 3))
})

t.test('several patterns are looked for at once', async t => {
  const automaton = ByteAutomaton.of(['[0-9]{3}-[0-9]{2}', '[a-z]+@[a-z]+'])!
  const find = (text: string) => automaton.find(utf8(text), 0, text.length)
  t.ok(find('call 123-45 now'))
  t.match({ from: automaton.from, end: automaton.end }, { from: 5, end: 12 })
  t.ok(find('to me@home'))
  t.notOk(find('neither 12-345 nor @'))
})

for (const source of ['a*', '(a|)', '\\b', '\\Qx\\E', '\\C', '(?:a{1000}){100}x?']) {
  t.test(`is of no use for ${source}`, async t => {
    const automaton = ByteAutomaton.of([source])
    if (automaton !== undefined) t.ok(automaton.find(utf8('a'.repeat(100_000)), 0, 100_000))
    else t.equal(automaton, undefined)
  })
}

t.test('hostile patterns and texts end in a perhaps, not in work without bound', async t => {
  for (const source of ['(a|aa)*b', '(a*)*c', '.*.*=.*', '(?:[ab]*a[ab]{200}){2}x', '[a-z]{1,200}[0-9]']) {
    const random = new SeededRandom(1)
    const bytes = utf8(Array.from({ length: 65_536 }, () => random.pick(['a', 'b'])).join(''))
    const automaton = ByteAutomaton.of([source])
    for (let i = 0; i < 3; i++) automaton?.find(bytes, 0, bytes.length)
    t.ok((automaton?.stateCount ?? 0) <= 1024, `${source} keeps ${automaton?.stateCount} states`)
  }
})
