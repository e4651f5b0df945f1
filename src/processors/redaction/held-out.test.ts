import t from 'tap'
import { parseConfig } from '../../config/parse-config.ts'
import { StageWalk } from '../../pdata/stage-walk.ts'
import { heldOutCarriers } from '../../testkit/held-out-carriers.ts'
import { heldOutClean } from '../../testkit/held-out-clean.ts'
import { heldOutContexts } from '../../testkit/held-out-contexts.ts'
import { heldOutValues } from '../../testkit/held-out-values.ts'
import { encodePlain } from '../../testkit/otlp-oracle.ts'
import { attributesOf, requestOf } from '../../testkit/run-processor.ts'
import { redactionConfig } from './config.ts'
import { RedactionStage } from './redaction-stage.ts'

/** More by hand: `ROUNDS=50 SEED=4 node src/processors/redaction/held-out.test.ts`. */
const rounds = Number(process.env['ROUNDS'] ?? 1)
const stage = new RedactionStage(parseConfig(redactionConfig, 'profile: standard'), 'logs')
const walk = new StageWalk('logs', [stage])

function requestWith(text: string, key = ''): Uint8Array {
  const record = key === '' ? { body: { stringValue: text } } : { attributes: attributesOf({ [key]: text }) }
  return encodePlain('logs', requestOf('logs', [record]))
}

/** Whether the secret, or six tenths of it, are still there, as it was or as JSON or a URL write it. */
function isLeft(out: string, secret: string): boolean {
  const inJson = JSON.stringify(secret).slice(1, -1)
  const inUrl = encodeURIComponent(secret)
  if ([secret, inJson, inUrl, inUrl.replace(/%20/g, '+')].some(form => out.includes(form))) return true
  const length = Math.max(5, Math.ceil(secret.length * 0.6))
  for (let at = 0; at + length <= secret.length; at++) if (out.includes(secret.slice(at, at + length))) return true
  return false
}

/** Share of what is not left, with examples of what is. */
function recallOf(cases: Iterable<readonly [name: string, text: string, secret: string, key?: string]>) {
  const left: string[] = []
  let count = 0
  for (const [name, text, secret, key] of cases) {
    count++
    if (isLeft(Buffer.from(walk.run(requestWith(text, key))).toString(), secret)) left.push(name)
  }
  return {
    recall: 1 - left.length / count,
    left: `${count - left.length} of ${count}: ${left.slice(0, 20).join(', ')}`,
  }
}

t.test('values leave by none of the ways in which programs print them', async t => {
  function* cases(): Generator<readonly [string, string, string]> {
    for (let round = 0; round < rounds; round++)
      for (const [kind, make] of Object.entries(heldOutValues))
        for (const [carrier, wrap] of Object.entries(heldOutCarriers)) {
          const [whole, secret] = make()
          yield [`${kind} in ${carrier}`, wrap(whole), secret]
        }
  }
  const { recall, left } = recallOf(cases())
  t.ok(recall >= 0.995, left)
})

t.test('secrets and personal data leave by no file, command, header or sentence', async t => {
  const wraps = [
    (text: string) => text,
    (text: string) => JSON.stringify({ msg: text }),
    (text: string) => JSON.stringify({ a: JSON.stringify({ msg: text }) }),
    (text: string) => `2026-01-01 10:00:00,123 DEBUG [main] x.y.Z - ${text}`,
    (text: string) => JSON.stringify([{ role: 'user', parts: [{ type: 'text', content: `${text} Thanks!` }] }]),
  ]
  function* cases(): Generator<readonly [string, string, string, string?]> {
    for (let round = 0; round < 3 * rounds; round++)
      for (const [kind, make] of Object.entries(heldOutContexts))
        for (const [i, wrap] of wraps.entries()) {
          const [text, secret, key] = make()
          yield key === undefined ? [`${kind} ${i}`, wrap(text), secret] : [kind, text, secret, key]
        }
  }
  const { recall, left } = recallOf(cases())
  t.ok(recall >= 0.99, left)
})

t.test('telemetry of many programs stays as it is', async t => {
  const changed: string[] = []
  let count = 0
  for (const [kind, make] of Object.entries(heldOutClean))
    for (let round = 0; round < 40 * rounds; round++) {
      const made = make()
      const [text, key] = typeof made === 'string' ? [made, ''] : made
      const request = requestWith(text, key)
      count++
      if (walk.run(request) !== request && !Buffer.from(walk.run(request)).equals(request))
        changed.push(`${kind}: ${text}`)
    }
  t.ok(changed.length <= count / 10_000, `${changed.length} of ${count}: ${changed.slice(0, 12).join('\n')}`)
})
