import t from 'tap'
import { parseConfig } from '../../config/parse-config.ts'
import { StageWalk } from '../../pdata/stage-walk.ts'
import { neutralTelemetry } from '../../testkit/neutral-telemetry.ts'
import { encodePlain } from '../../testkit/otlp-oracle.ts'
import { attributesOf, requestOf } from '../../testkit/run-processor.ts'
import { redactionConfig } from './config.ts'
import { RedactionStage } from './redaction-stage.ts'

/** More by hand: `ROUNDS=100 SEED=4 node src/processors/redaction/neutral-telemetry.test.ts`. */
const rounds = Number(process.env['ROUNDS'] ?? 1)

for (const profile of ['minimal', 'standard']) {
  t.test(`identifiers and counts stay as they are: ${profile}`, async t => {
    const walk = new StageWalk('logs', [
      new RedactionStage(parseConfig(redactionConfig, `profile: ${profile}`), 'logs'),
    ])
    for (const [kind, make] of Object.entries(neutralTelemetry)) {
      const changed: string[] = []
      for (let round = 0; round < 4000 * rounds; round++) {
        const [text, key] = make()
        const record = key === '' ? { body: { stringValue: text } } : { attributes: attributesOf({ [key]: text }) }
        const request = encodePlain('logs', requestOf('logs', [record]))
        if (walk.run(request) !== request && changed.length < 12) changed.push(`${key} ${text}`)
      }
      t.same(changed, [], kind)
    }
  })
}

const walks = (['traces', 'metrics'] as const).map(
  signal =>
    [
      signal,
      new StageWalk(signal, [new RedactionStage(parseConfig(redactionConfig, 'profile: standard'), signal)]),
    ] as const,
)

t.test('identifiers of spans and of data points stay as they are', async t => {
  for (const [signal, walk] of walks) {
    const changed: string[] = []
    for (let round = 0; round < 2000 * rounds; round++) {
      const [text, key] = neutralTelemetry['ids under a key']!()
      const attributes = attributesOf({ [key]: text })
      const record =
        signal === 'traces'
          ? { name: text, attributes }
          : { name: 'm', sum: { dataPoints: [{ attributes, asInt: '1' }] } }
      // A span's own name has no key: digits that pass for a card's there may be one.
      if (signal === 'traces' && /^\d{14,16}$/.test(text)) record.name = 'GET /'
      const request = encodePlain(signal, requestOf(signal, [record]))
      if (walk.run(request) !== request && changed.length < 12) changed.push(`${key} ${text}`)
    }
    t.same(changed, [], signal)
  }
})

t.test('numbers are not looked at, whatever their key says', async t => {
  for (const [signal, walk] of walks) {
    const attributes = [
      ...['card_number', 'ssn', 'phone', 'note', 'order.id'].map(key => ({
        key,
        value: { intValue: '4263982640269299' },
      })),
      ...['password', 'iban', 'note'].map(key => ({ key, value: { doubleValue: 4155552671.5 } })),
    ]
    const record =
      signal === 'traces'
        ? { name: 'a', attributes }
        : { name: 'm', gauge: { dataPoints: [{ attributes, asDouble: 4263982640269299 }] } }
    const request = encodePlain(signal, requestOf(signal, [record]))
    t.equal(walk.run(request), request, signal)
  }
})
