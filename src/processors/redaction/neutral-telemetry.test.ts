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
