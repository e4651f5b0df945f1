import t from 'tap'
import { parseConfig } from '../../config/parse-config.ts'
import { encodePlain } from '../../testkit/otlp-oracle.ts'
import { attributesOf, requestOf } from '../../testkit/run-processor.ts'
import { SeededRandom } from '../../testkit/seeded-random.ts'
import { CleanValues } from './clean-values.ts'
import { redactionConfig } from './config.ts'
import { RedactionStage } from './redaction-stage.ts'

t.test('says of no value that it was seen, but of those that were', async t => {
  const random = new SeededRandom(7)
  const clean = new CleanValues()
  const seen = new Set<string>()
  let known = 0
  for (let i = 0; i < 20_000; i++) {
    const text = Buffer.from('ab'.repeat(1 + random.below(140)))
    if (random.chance(0.7)) text[random.below(text.length)] = random.below(4)
    const key = random.pick(['note', 'body', ''])
    const name = `${key}=${text.toString('latin1')}`
    const bytes = Buffer.concat([Buffer.from('xyz'), text, Buffer.from('ab')])
    if (clean.has(bytes, 3, 3 + text.length, key)) {
      known++
      if (!seen.has(name)) t.fail(name)
    } else clean.add(bytes, 3, 3 + text.length, key)
    seen.add(name)
  }
  t.ok(known > 1000, `${known}`)
  t.notOk(clean.has(new Uint8Array(0), 0, 0, ''))
})

t.test('a value that was clean under one key is looked at under another, and beside another name', async t => {
  const stage = new RedactionStage(parseConfig(redactionConfig, 'profile: standard'), 'traces')
  const changes = (values: Record<string, unknown>) =>
    stage.payload(encodePlain('traces', requestOf('traces', [{ name: 'a', attributes: attributesOf(values) }]))) !==
    false
  const value = 'Zq81xkVw77&session=d'
  for (let round = 0; round < 3; round++) {
    t.notOk(changes({ note: value }))
    t.ok(changes({ 'db.password': value }))
    t.notOk(changes({ note: ['--title', value] }))
    t.ok(changes({ note: ['--password', value] }))
  }
})
