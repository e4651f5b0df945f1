import t from 'tap'
import { parseConfig } from '../../config/parse-config.ts'
import { StageWalk } from '../../pdata/stage-walk.ts'
import { heldOutCarriers } from '../../testkit/held-out-carriers.ts'
import { heldOutContexts } from '../../testkit/held-out-contexts.ts'
import { heldOutValues } from '../../testkit/held-out-values.ts'
import { encodePlain } from '../../testkit/otlp-oracle.ts'
import { attributesOf, requestOf } from '../../testkit/run-processor.ts'
import { redactionConfig } from './config.ts'
import { RedactionStage } from './redaction-stage.ts'

/** More by hand: `ROUNDS=50 SEED=4 node src/processors/redaction/first-look-loss.test.ts`. */
const rounds = Number(process.env['ROUNDS'] ?? 1)

const walkOf = (more: string) =>
  new StageWalk('logs', [
    new RedactionStage(
      parseConfig(redactionConfig, `{profile: standard, locales: [us, gb, in, de, fi]${more}}`),
      'logs',
    ),
  ])
const withFirstLook = walkOf('')
/** A rule whose pattern has nothing rare in it makes every value be looked at; its key word never stands anywhere. */
const withoutFirstLook = walkOf(', rules: [{name: never, pattern: "[a-z]+|[0-9]+", keywords: [zqzqzq]}]')

/** Names of what is found without a first look and not, or otherwise, with it. */
function lossesOf(cases: Iterable<readonly [name: string, text: string, key?: string]>) {
  const losses: string[] = []
  let found = 0
  for (const [name, text, key] of cases) {
    const record = key === undefined ? { body: { stringValue: text } } : { attributes: attributesOf({ [key]: text }) }
    const request = encodePlain('logs', requestOf('logs', [record]))
    const expected = Buffer.from(withoutFirstLook.run(request))
    if (!expected.equals(request)) found++
    if (!expected.equals(Buffer.from(withFirstLook.run(request)))) losses.push(name)
  }
  return { losses, found }
}

t.test('held-out values and texts lose nothing to the first look', async t => {
  function* cases(): Generator<readonly [string, string, string?]> {
    for (let round = 0; round < rounds; round++) {
      for (const [kind, make] of Object.entries(heldOutValues))
        for (const [carrier, wrap] of Object.entries(heldOutCarriers)) yield [`${kind} in ${carrier}`, wrap(make()[0])]
      for (const [kind, make] of Object.entries(heldOutContexts)) {
        const [text, , key] = make()
        yield key === undefined ? [kind, text] : [kind, text, key]
        if (key === undefined) yield [`${kind} in JSON`, JSON.stringify({ a: JSON.stringify({ msg: text }) })]
      }
    }
  }
  const { losses, found } = lossesOf(cases())
  t.ok(found > 1000)
  t.same(losses, [])
})

/** Texts that were lost once. */
const texts = [
  'NI number: AB123456C',
  'NI number=AB123456C',
  'national insurance number=AB123456C',
  'ASANA_PAT = 1234567890abcdef1234567890abcdef12',
  'knapsackpro key=1234567890abcdef1234567890abcdef',
  'mavenlink key: 1234567890abcdef1234567890abcdef1234567890abcdef1234567890abcdef',
  'eventbrite private access key\nZXC2JK3HV4TY5UIO6PLK',
  'phone: 02.7937.3701',
  'phone: 08.8599.0033',
  'phone=159.521.3984',
  'phone: 532.123.45.67',
  'phone: 510.267.050',
  'my phone number is (8 12) 34-56-78',
  'Reisepass C01X00T47',
  'Reisepass: C01X00T47',
  'X-Hub-Signature-256: 1vDr5x7iaUk8Qz3Lr9Tm2wEyHs4KpNbV',
  '/users/%2Fhome%2Fjdoe%2Fapp',
  'phone (415) 355.8780',
  'mac address: 001A2B3C4D5E',
  'mac address=001a.2b3c.4d5e',
  'exp date=04/27',
  'expiry date: 04/27',
  'passport number=C01X00T47',
  'driving licence no: MORGA607054SM9IJ',
  'bank account=DE123456789',
]
const carriers: Readonly<Record<string, (text: string) => string>> = {
  whole: text => text,
  line: text => `2026-03-04T10:11:12.345Z INFO [main] c.a.UserService - lookup for ${text} returned 0 rows`,
  json: text => JSON.stringify({ id: 7, value: text, ok: true }),
  twice: text => JSON.stringify({ log: JSON.stringify({ payload: { value: text } }), stream: 'stdout' }),
  header: text => `X-Custom: ${text}\r\nHost: a.b\r\n`,
  quoted: text => `got '${text}' from form`,
}

t.test('texts that were lost once are found in every carrier', async t => {
  function* cases(): Generator<readonly [string, string, string?]> {
    for (const text of texts)
      for (const [carrier, wrap] of Object.entries(carriers)) {
        yield [`${text} in ${carrier}`, wrap(text)]
        yield [`${text} in ${carrier} of an attribute`, wrap(text), 'note']
      }
  }
  const { losses, found } = lossesOf(cases())
  t.ok(found > texts.length)
  t.same(losses, [])
})

t.test('what stands percent-encoded in URLs is found, too', async t => {
  const encoded = [
    '(415) 355.8780',
    'my phone number is (8 12) 34-56-78',
    'Reisepass: C01X00T47',
    'phone: 532.123.45.67',
  ]
  const cases = encoded.flatMap(text => [
    [text, `https://shop.example/search?q=${encodeURIComponent(text)}&page=2`, 'url.full'] as const,
    [text, `payload=${encodeURIComponent(text)} end`] as const,
  ])
  const { losses, found } = lossesOf(cases)
  t.ok(found > 0)
  t.same(losses, [])
})

/** Keys that alone say what their values are, in the literals that lead to them. */
const named: readonly (readonly [key: string, ...values: string[]])[] = [
  ['phone', '(0-312) 34567', '(010) 123456', '02.7937.3701', '532.123.45.67'],
  ['user.phone_number', '(00905) 287549', '(0265) 52223'],
  ['fax', '(0265) 52223'],
  ['mac', 'A9 C5 D4 9F EB D3', '001A2B3C4D5E', '001a.2b3c.4d5e'],
  ['mac_address', 'A9 C5 D4 9F EB D3', '001A2B3C4D5E'],
  ['mac-address', '001A2B3C4D5E'],
  ['mobile', '(0265) 52223'],
  ['pincode', '482913'],
  ['fuhrerschein', 'MORGA607054SM9IJ'],
  ['hwaddr', 'A9 C5 D4 9F EB D3', '001A2B3C4D5E'],
  ['driving_licence', 'MORGA607054SM9IJ'],
  ['driver-license', 'MORGA607054SM9IJ'],
  ['hetu', '131052A308T'],
  ['permanent_account_number', 'ABCPD1234Z'],
  ['cardholder', 'Jane Miller'],
  ['payment.card_holder', 'Jane Miller'],
  ['name_on_card', 'Jane Miller'],
  ['address_line1', '12 Main Street, Springfield'],
  ['billing.addressLine2', '12 Main Street, Springfield'],
  ['shipping.address1', '12 Main Street, Springfield'],
  ['address.line1', '12 Main Street, Springfield'],
  ['card.expiration', '04/27'],
  ['valid_thru', '04/27'],
  ['msisdn', '(0265) 52223'],
  ['phones', '(0265) 52223'],
  ['csrf', 'hunter2x9Q'],
  ['xsrf', 'hunter2x9Q'],
  ['service_creds', 'hunter2x9Q'],
  ['db_pw', 'hunter2x'],
  ['contrasena', 'hunter2x'],
  ['contraseña', 'hunter2x'],
  ['usuario.contraseña', 'hunter2x'],
  ['wifi_psk', 'hunter2x'],
  ['senha', 'hunter2x'],
  ['bank_account', '12345678'],
  ['bankAccount', 'DE123456789'],
  ['mfa', '482913'],
  ['acct_num', '12345678'],
  ['creds', 'hunter2x9Q'],
  ['aws.cred', 'hunter2x9Q'],
  ['salasana', 'hunter2x'],
  ['conn_str', 'hunter2x9Q'],
  ['http.request.header.x-honeycomb-team', 'aB3dE5fG7hJ9'],
  ['http.request.header.x-jfrog-art-api', 'aB3dE5fG7hJ9'],
  ['http.request.header.x-hub-signature-256', '1vDr5x7iaUk8Qz3Lr9Tm2wEyHs4KpNbV', 'aB3dE5fG7hJ9'],
]

t.test('values that their key alone names are found', async t => {
  const cases = named.flatMap(([key, ...values]) =>
    values.flatMap(value => [
      [`${key} of an attribute: ${value}`, value, key] as const,
      [`${key} in JSON: ${value}`, JSON.stringify({ id: 7, [key]: value, ok: true })] as const,
      [`${key}="${value}"`, `level=info ${key}="${value}" n=1`] as const,
    ]),
  )
  const { losses, found } = lossesOf(cases)
  t.ok(found >= cases.length - named.length, `${found} of ${cases.length}`)
  t.same(losses, [])
})
