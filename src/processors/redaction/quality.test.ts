import t from 'tap'
import { parseConfig } from '../../config/parse-config.ts'
import { StageWalk } from '../../pdata/stage-walk.ts'
import { cleanTelemetry } from '../../testkit/clean-telemetry.ts'
import { decodePlain, encodePlain } from '../../testkit/otlp-oracle.ts'
import { carriers } from '../../testkit/redaction-carriers.ts'
import { core, gens } from '../../testkit/redaction-values.ts'
import { attributesOf, recordsOf, requestOf } from '../../testkit/run-processor.ts'
import { redactionConfig } from './config.ts'
import { RedactionStage } from './redaction-stage.ts'

/** How often each kind goes through each carrier; more by hand: `ROUNDS=20 node src/processors/redaction/quality.test.ts`. */
const rounds = Number(process.env['ROUNDS'] ?? 1)
const walk = (yaml: string) => new StageWalk('logs', [new RedactionStage(parseConfig(redactionConfig, yaml), 'logs')])
const standard = walk('profile: standard')
/** Sees every field, for a rule that would match in most and applies in none: what the first look lets through must be the same. */
const thorough = walk("profile: standard\nrules: [{name: none, pattern: '[a-z]+', keywords: [zzzzqqqqzzzz]}]")

function requestWith(text: string, key: string | undefined): Uint8Array {
  const record = key === undefined ? { body: { stringValue: text } } : { attributes: attributesOf({ [key]: text }) }
  return encodePlain('logs', requestOf('logs', [record]))
}

t.test('made-up data in fifty carriers does not leave, and JSON stays JSON', async t => {
  const leaks: string[] = []
  let count = 0
  for (const [kind, make] of Object.entries(gens)) {
    for (const [carrier, wrap, key] of carriers) {
      for (let round = 0; round < rounds; round++) {
        const value = make()
        const secret = core[kind]?.(value) ?? value
        const text = wrap(value)
        const out = Buffer.from(standard.run(requestWith(text, key))).toString()
        const encoded = encodeURIComponent(secret)
        count++
        if (out.includes(secret) || out.includes(encoded) || out.includes(encoded.replace(/%20/g, '+')))
          leaks.push(`${kind} in ${carrier}`)
        else if (/^[[{"]/.test(text) && isJson(text) && !isJson(textOf(standard.run(requestWith(text, key)), key)))
          leaks.push(`${kind} breaks ${carrier}`)
      }
    }
  }
  t.ok(1 - leaks.length / count >= 0.995, `${count - leaks.length} of ${count}: ${leaks.slice(0, 12).join(', ')}`)
})

t.test('the first look loses nothing that a look at every field finds', async t => {
  const lost: string[] = []
  let count = 0
  for (const [kind, make] of Object.entries(gens)) {
    for (const [carrier, wrap, key] of carriers) {
      const request = requestWith(wrap(make()), key)
      count++
      if (!Buffer.from(standard.run(request)).equals(thorough.run(request))) lost.push(`${kind} in ${carrier}`)
    }
  }
  t.ok(lost.length / count < 0.003, `${lost.length} of ${count}: ${lost.slice(0, 12).join(', ')}`)
})

t.test('clean telemetry stays as it is', async t => {
  const changed: string[] = []
  for (const [kind, make] of Object.entries(cleanTelemetry)) {
    // Random digits may be a real number of a card or a device.
    if (kind === 'imei') continue
    for (let round = 0; round < 20 * rounds; round++) {
      const [text, key] = make()
      const request = requestWith(text, key)
      if (standard.run(request) !== request && thorough.run(request) !== request) changed.push(`${kind}: ${text}`)
    }
  }
  t.same(changed, [])
})

function textOf(request: Uint8Array, key: string | undefined): string {
  const [record] = recordsOf('logs', decodePlain('logs', request))
  const value = key === undefined ? record!['body'] : (record!['attributes'] as { value: unknown }[])[0]!.value
  return (value as { stringValue: string }).stringValue
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
