import t from 'tap'
import { loadSample, type SampleWorld, valuesFile } from './sample-registry.ts'

interface Values {
  readonly text: string
  readonly number: number
  readonly flag: boolean
  readonly token: { reveal(): string }
  readonly anything: unknown
  readonly names: readonly string[]
  readonly pairs: Readonly<Record<string, string>>
}

async function load(section: string, world: SampleWorld) {
  const loaded = await loadSample(valuesFile(section), world)
  const config = loaded.resolved?.components.find(component => component.kind === 'receiver')?.config as Values
  return { config, codes: loaded.problems.map(problem => problem.code), problems: loaded.problems }
}

/** The typing table, row by row: what a value from the environment becomes in a field of each type. */
const typing: readonly { value: string; text: string; number?: number; flag?: boolean; any: unknown }[] = [
  { value: '123', text: '123', number: 123, any: 123 },
  { value: '0123', text: '0123', number: 83, any: 83 },
  { value: '08', text: '08', number: 8, any: 8 },
  { value: '1_000', text: '1_000', number: 1000, any: 1000 },
  { value: '0xdeadbeef', text: '0xdeadbeef', number: 3735928559, any: 3735928559 },
  { value: '"0123"', text: '"0123"', any: '"0123"' },
  { value: '!!str 0123', text: '!!str 0123', any: '!!str 0123' },
  { value: 'true', text: 'true', flag: true, any: true },
  { value: 't', text: 't', any: 't' },
  { value: 'yes', text: 'yes', any: 'yes' },
  { value: '23', text: '23', number: 23, any: 23 },
  { value: '[a, b]', text: '[a, b]', any: ['a', 'b'] },
  { value: '{"a": 1}', text: '{"a": 1}', any: { a: 1 } },
  { value: '%x', text: '%x', any: '%x' },
  { value: '["a",', text: '["a",', any: '["a",' },
  {
    value: '1111:1111:1111:1111:1111::',
    text: '1111:1111:1111:1111:1111::',
    any: { '1111:1111:1111:1111:1111:': null },
  },
  { value: '2023-03-20T03:17:55Z', text: '2023-03-20T03:17:55Z', any: '2023-03-20T03:17:55Z' },
  { value: '  padded ', text: '  padded ', any: '  padded ' },
  { value: '$$ENV', text: '$ENV', any: '$ENV' },
  { value: '$ENV', text: '$ENV', any: '$ENV' },
  { value: '$${env:ENV}', text: '${env:ENV}', any: '${env:ENV}' },
  { value: '[filelog,${env:INNER}]', text: '[filelog,inner]', any: '[filelog,inner]' },
  { value: '["filelog","$${INNER}"]', text: '["filelog","${INNER}"]', any: ['filelog', '${INNER}'] },
  { value: '{in: "${env:INNER}"}', text: '{in: "inner"}', any: { in: 'inner' } },
]

for (const row of typing) {
  for (const way of ['directly', 'through another variable'] as const) {
    t.test(`${row.value} from the environment, ${way}, takes the type of its field`, async t => {
      const env: Record<string, string> =
        way === 'directly' ? { V: row.value, INNER: 'inner' } : { V: '${env:W}', W: row.value, INNER: 'inner' }
      const texts = await load('text: ${env:V}\ntoken: ${V}\nany: "${env:V}"', { env })
      t.equal(texts.config.text, row.text, 'a text field takes it as it is')
      t.equal(texts.config.token.reveal(), row.text, 'and so does a secret')
      t.strictSame(texts.config.anything, row.any, 'a free field takes what YAML sees')
      const inline = await load('text: before ${env:V} after', { env })
      t.equal(inline.config.text, `before ${row.text} after`, 'inside a text the inserted characters count')
      const number = await load('number: ${env:V}', { env })
      if (row.number === undefined) t.match(number.codes, ['SLC0103'], 'a number field refuses it')
      else t.equal(number.config.number, row.number)
      const flag = await load('flag: ${env:V}', { env })
      if (row.flag === undefined) t.match(flag.codes, ['SLC0103'], 'a boolean field refuses it')
      else t.equal(flag.config.flag, row.flag)
    })
  }
}

t.test('a list field takes a list from the environment, a map field a map', async t => {
  const { config } = await load('names: ${env:L}\npairs: ${env:M}', { env: { L: '[a, b]', M: '{"b": "2"}' } })
  t.same(config.names, ['a', 'b'])
  t.same(config.pairs, { a: '1', b: '2' })
})

t.test('a number inside a list or map of texts keeps its characters', async t => {
  const { config } = await load('names: ["${env:V}"]\npairs: {a: "${env:V}"}', { env: { V: '0123' } })
  t.same(config.names, ['0123'])
  t.same(config.pairs, { a: '0123' })
})

/** Escapes and nesting inside one text. */
for (const { written, expected } of [
  { written: '$ENV_VALUE', expected: '$ENV_VALUE' },
  { written: '$$ENV_VALUE', expected: '$ENV_VALUE' },
  { written: '$$$${ENV_VALUE}', expected: '$${ENV_VALUE}' },
  { written: '$$${ENV_VALUE}', expected: '$some value' },
  { written: 'some${ENV_VALUE}text', expected: 'somesome valuetext' },
  { written: 'some$${ENV_VALUE}text', expected: 'some${ENV_VALUE}text' },
  { written: '$${ONE}$${TWO}', expected: '${ONE}${TWO}' },
  { written: 'text$$', expected: 'text$' },
  { written: '$$', expected: '$' },
  { written: '$${1}$${env:2}', expected: '${1}${env:2}' },
  { written: '$${env:${ENV_VALUE}}', expected: '${env:some value}' },
  { written: '$${env:$${ENV_VALUE}}', expected: '${env:${ENV_VALUE}}' },
  { written: 'env:MAP_VALUE_2}$${ENV_VALUE}{', expected: 'env:MAP_VALUE_2}${ENV_VALUE}{' },
  { written: '${env:NESTED}', expected: 'some value came from inside' },
  { written: '${env:${env:WHICH}}', expected: 'some value' },
  { written: '${env:ABSENT:-a default}', expected: 'a default' },
  { written: '${env:ABSENT:-}', expected: '' },
  { written: '${env:EMPTY:-a default}', expected: '' },
  { written: '${yaml:text}', expected: 'text' },
  { written: 'a$${b} ${env:ENV_VALUE}', expected: 'a${b} ${env:ENV_VALUE}' },
  { written: 'no ${ end', expected: 'no ${ end' },
]) {
  t.test(`'${written}' reads '${expected}'`, async t => {
    const env = { ENV_VALUE: 'some value', NESTED: '${env:ENV_VALUE} came from inside', WHICH: 'ENV_VALUE', EMPTY: '' }
    t.equal((await load(`text: '${written}'`, { env })).config.text, expected)
  })
}

t.test('what a comment in a variable mentions does not matter', async t => {
  const env = { V: 'true # see ${env:hello.world}' }
  t.equal((await load('flag: ${env:V}', { env })).config.flag, true)
  t.match((await load('text: ${env:V}', { env })).codes, ['SLC0103'])
  t.match((await load('text: x ${env:V}', { env })).codes, ['SLC0203'])
})

t.test('a file is inserted by the same rule, with its newline and a word about it', async t => {
  const files = { '/secret': 's3cret\n', '/map': 'b: "2"\n' }
  const { config, codes } = await load('token: ${file:/secret}\npairs: ${file:/map}', { files })
  t.equal(config.token.reveal(), 's3cret\n')
  t.same(config.pairs, { a: '1', b: '2' })
  t.same(codes, ['SLC0210'])
})

/** What goes wrong, where it is shown, and what it says. */
for (const { name, section, code, column, says } of [
  { name: 'a regex group', section: 'text: "x${1}"', code: 'SLC0203', column: 13, says: '$${1}' },
  {
    name: 'an unset variable in a number',
    section: 'number: ${env:NO}',
    code: 'SLC0211',
    column: 13,
    says: 'variable NO',
  },
  {
    name: 'an empty variable in a number',
    section: 'number: ${env:EMPTY}',
    code: 'SLC0211',
    column: 13,
    says: 'EMPTY',
  },
  {
    name: 'an unset variable in a text',
    section: 'text: ${env:NO}',
    code: 'SLC0204',
    column: 11,
    says: 'NO is not set',
  },
  { name: 'a fraction in a number', section: 'number: ${env:F}', code: 'SLC0103', column: 13, says: '1.5' },
  {
    name: 'a default without env:',
    section: 'text: ${NO:-x}',
    code: 'SLC0205',
    column: 11,
    says: 'needs the word env',
  },
  { name: 'an unknown scheme', section: 'text: ${vault:x}', code: 'SLC0205', column: 11, says: '"vault:"' },
  { name: 'a missing file', section: 'text: ${file:/no}', code: 'SLC0208', column: 11, says: 'no such file' },
  { name: 'a loop', section: 'text: ${env:LOOP}', code: 'SLC0206', column: 11, says: 'without end' },
  { name: 'a growing loop', section: 'any: ${env:GROW}', code: 'SLC0206', column: 10, says: 'without end' },
  { name: '$NAME', section: 'text: $HOST_NAME', code: 'SLC0207', column: 11, says: 'not expanded' },
  {
    name: 'a placeholder in a key',
    section: 'pairs: {"${env:A}": x}',
    code: 'SLC0213',
    column: 13,
    says: 'in the key',
  },
  {
    name: 'a placeholder after an escape',
    section: 'text: $${a} ${env:F}',
    code: 'SLC0212',
    column: 11,
    says: 'stays',
  },
]) {
  t.test(`shows ${name}`, async t => {
    const env = { EMPTY: '', F: '1.5', LOOP: '${env:LOOP}', GROW: '[ "${env:GROW}", "${env:GROW}" ]' }
    const { problems } = await load(section, { env })
    t.same(
      problems.map(problem => problem.code),
      [code],
    )
    const [problem] = problems
    t.ok(`${problem?.message} ${problem?.remedy}`.includes(says))
    const lineStart = problem?.place?.source.text.lastIndexOf('\n', (problem.place.start ?? 0) - 1) ?? 0
    t.equal((problem?.place?.start ?? 0) - lineStart, column)
  })
}
