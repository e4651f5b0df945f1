import t from 'tap'
import { parseConfig } from '../../config/parse-config.ts'
import { attributesOf, recordsOf, requestOf, runProcessor, valuesOf } from '../../testkit/run-processor.ts'
import { redactionConfig } from './config.ts'
import { RedactionStage } from './redaction-stage.ts'

const locales = 'us, gb, ca, in, de, br, fr, es, it, pl, nl, se, fi, au, sg, za, kr, tr, cn'
const stage = new RedactionStage(parseConfig(redactionConfig, `profile: standard\nlocales: [${locales}]`), 'traces')

function redacted(text: string, key: string): unknown {
  const span = { name: 'a', attributes: attributesOf({ [key]: text }) }
  const { request } = runProcessor(stage, 'traces', requestOf('traces', [span]))
  return valuesOf(recordsOf('traces', request)[0]?.['attributes'])[key]
}

/** What people and programs write, what comes out of a whole request, and the attribute's key. */
const cases: readonly (readonly [text: string, expected: string, key?: string])[] = [
  // Headers whose parameters stand in quotes.
  [
    'Authorization: Hawk id="dh37fgj492je", nonce="j4h3g2", ext="x", mac="51bDKeKeKFAcLXn5qamm0uptIQsAckn51Bk="',
    'Authorization: Hawk id="dh37fgj492je", nonce="[authorization]", ext="x", mac="[authorization]"',
  ],
  [
    'Authorization: Digest username="bob", realm="x", nonce="2571357d95", uri="/", response="0bfe6e6951d9bf37"',
    'Authorization: Digest username="[person]", realm="x", nonce="[authorization]", uri="/", response="[authorization]"',
  ],
  [
    'Authorization: Signature keyId="rsa-1",algorithm="rsa-sha256",signature="ckYvxY6IfhIQsAcLXnuQ" done',
    'Authorization: Signature keyId="rsa-1",algorithm="rsa-sha256",signature="[authorization]" done',
  ],
  ['x-sentry-auth: eaqiBFeKG0uwB3u6IoZVdxoe06MEOK48 gave 0 rows', 'x-sentry-auth: [authorization] gave 0 rows'],
]

for (const [text, expected, key = 'note'] of cases)
  t.test(`knows ${key}=${text}`, async t => t.equal(redacted(text, key), expected))

t.test('a name is read whatever the length of its value looks like', async t => {
  const random = 'aZ3kQ9xP0mLr7TfVb2NcYw8hGsJd5uKe'.repeat(10)
  const left: string[] = []
  for (const name of ['Authorization: NTLM ', 'token=', 'Cookie: a=', 'password: '])
    for (let length = name.length + 12; length < 260; length++) {
      const text = name + random.slice(0, length - name.length)
      if (String(redacted(text, 'note')).includes('aZ3kQ9xP0m')) left.push(`${name}of ${length} bytes`)
    }
  t.same(left, [])
})
