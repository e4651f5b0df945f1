import t from 'tap'
import { parseConfig } from '../../config/parse-config.ts'
import { encodePlain } from '../../testkit/otlp-oracle.ts'
import { attributesOf, requestOf } from '../../testkit/run-processor.ts'
import { redactionConfig } from './config.ts'
import { explainRequest } from './explain.ts'

const standard = parseConfig(redactionConfig, 'profile: standard')

function explain(values: Record<string, string>) {
  return explainRequest(
    standard,
    'logs',
    encodePlain('logs', requestOf('logs', [{ attributes: attributesOf(values) }])),
    'salt',
  )
}

for (const { text, key = 'note', detector, reason } of [
  { text: 'paid 4111 1111 1111 1112', detector: 'card', reason: /check digit/ },
  { text: '9999999999999995', detector: 'card', reason: /no issuer/ },
  { text: '4111111111111111', key: 'span_id', detector: 'card', reason: /around it/ },
  { text: 'to DE89370400440532013001', detector: 'iban', reason: /check digits/ },
  { text: 'part 666-12-3456', detector: 'us_ssn', reason: /no such area/ },
  { text: 'root@localhost', detector: 'email', reason: /no domain/ },
  { text: 'via 10.1.2.3', detector: 'ipv4', reason: /class/ },
  { text: 'at 300.1.2.3', detector: 'ipv4', reason: /above 255/ },
  { text: 'ghp_personalaccesstokensforthedocumented', detector: 'github_token', reason: /checksum/ },
  { text: 'room 415-555-2671', detector: 'phone', reason: /around it/ },
]) {
  t.test(`says why ${text} under ${key} was left alone, without the value`, async t => {
    const [found, ...more] = explain({ [key]: text })
    t.match(found, { detector, outcome: 'left', reason })
    t.same(more, [])
    t.notOk(JSON.stringify(found).includes(text.slice(found!.start, found!.end)))
  })
}

t.test('what was taken is not also left alone', async t => {
  const found = explain({ note: 'card 4111 1111 1111 1111 of alice@example.com, not 4111 1111 1111 1112' })
  t.same(
    found.map(({ detector, outcome, reason }) => [detector, outcome, reason !== '']),
    [
      ['card', 'redacted', false],
      ['email', 'redacted', false],
      ['card', 'left', true],
    ],
  )
})
