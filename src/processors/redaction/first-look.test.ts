import t from 'tap'
import { parseConfig } from '../../config/parse-config.ts'
import { attributesOf, recordsOf, requestOf, runProcessor, valuesOf } from '../../testkit/run-processor.ts'
import { redactionConfig } from './config.ts'
import { RedactionStage } from './redaction-stage.ts'

/** What goes in, what comes out of a whole request: the search over its bytes must lead the detectors there. */
const cases: readonly (readonly [text: string, expected: string, key?: string])[] = [
  ['/devices/2001%3Adb8%3A85a3%3A%3A8a2e%3A370%3A7334/status', '/devices/[ipv6]/status', 'url.path'],
  ['GET /dev/3c%3A22%3Afb%3A4a%3A91%3A0d/x HTTP/1.1', 'GET /dev/[mac]/x HTTP/1.1'],
  [
    String.raw`{"u":"/c?sig\u003dXk29dLmzQ4kf82Lz0\u0026n\u003d1"}`,
    String.raw`{"u":"/c?sig\u003d[signed_url]\u0026n\u003d1"}`,
  ],
  [String.raw`{"u":"pw\u003dXk29dLmzQ4kf82Lz0\u0026n\u003d1"}`, String.raw`{"u":"pw\u003d[secret]\u0026n\u003d1"}`],
  [String.raw`pin\u003a 839122`, String.raw`pin\u003a [secret]`],
  ['to=bob%2540corp.io&x=1', 'to=[email]&x=1', 'url.query'],
  ['a%26pw%253DXk29dLmzQ4kf82Lz0%2526n', 'a%26pw%253D[secret]%2526n', 'url.query'],
  ['\u001b[36mapi_key\u001b[0m=8f3kd93jf93kdkf93kdf', '\u001b[36mapi_key\u001b[0m=[secret]'],
  ['\u001b[36mpw\u001b[0m=\u001b[1mXk29dLmzQ4\u001b[0m', '\u001b[36mpw\u001b[0m=\u001b[1m[secret]\u001b[0m'],
]

for (const [text, expected, key = 'note'] of cases) {
  t.test(`is led to what is in ${key}=${text}`, async t => {
    const stage = new RedactionStage(parseConfig(redactionConfig, 'profile: standard'), 'traces')
    const span = { name: 'a', attributes: attributesOf({ [key]: text }) }
    const { request } = runProcessor(stage, 'traces', requestOf('traces', [span]))
    t.equal(valuesOf(recordsOf('traces', request)[0]?.['attributes'])[key], expected)
  })
}
