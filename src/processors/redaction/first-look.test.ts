import t from 'tap'
import { parseConfig } from '../../config/parse-config.ts'
import { encodePlain } from '../../testkit/otlp-oracle.ts'
import { attributesOf, recordsOf, requestOf, runProcessor, valuesOf } from '../../testkit/run-processor.ts'
import { SeededRandom } from '../../testkit/seeded-random.ts'
import { redactionConfig } from './config.ts'
import { detectorSettings } from './detectors/detection.ts'
import { firstLookTables } from './first-look-tables.ts'
import { Prefilter } from './prefilter.ts'
import { RedactionStage } from './redaction-stage.ts'
import { Candidates } from './scan/candidates.ts'
import { literalTables } from './scan/literals.ts'
import { WasmScanner } from './scan/wasm-scanner.ts'

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
  // A name that is itself a value.
  [
    '{"headers":[{"name":"x-api-key","value":"8f3kd93jf93"},{"name":"cookie","value":"sid=abc123"}]}',
    '{"headers":[{"name":"x-api-key","value":"[secret]"},{"name":"cookie","value":"sid=[cookie]"}]}',
  ],
  ['{"key":"password","value":{"stringValue":"hunter2!x9"}}', '{"key":"password","value":{"stringValue":"[secret]"}}'],
  [
    String.raw`{"m":"{\"Value\":\"hunter2!x9\",\"Name\":\"DB_PASSWORD\"}"}`,
    String.raw`{"m":"{\"Value\":\"[secret]\",\"Name\":\"DB_PASSWORD\"}"}`,
  ],
  [
    "[('x-api-key', '8f3kd93jf93kdkf93kdf'), ('accept', 'text/html')]",
    "[('x-api-key', '[secret]'), ('accept', 'text/html')]",
  ],
  ['- name: DB_PASSWORD\n  value: hunter2x9\n', '- name: DB_PASSWORD\n  value: [secret]\n'],
  [
    'Content-Disposition: form-data; name="password"\r\n\r\nhunter2!x9\r\n--b',
    'Content-Disposition: form-data; name="password"\r\n\r\n[secret]\r\n--b',
  ],
  ["CREATE USER bob IDENTIFIED BY 's3cr3tPW!'", "CREATE USER bob IDENTIFIED BY '[secret]'"],
  ["SET PASSWORD FOR 'x'@'%' = 'Xk29dLmzQ4'", "SET PASSWORD FOR 'x'@'%' = '[secret]'"],
  ['Server=h;UID=u;PWD={Xk;29dLmzQ4};', 'Server=h;UID=u;PWD={[secret]};'],
  ['jdbc:oracle:thin:scott/Xk29dLmzQ4@h:1521:orcl', 'jdbc:oracle:thin:scott/[url_credentials]@h:1521:orcl'],
  ['<add key="DbPassword" value="hunter2x"/>', '<add key="DbPassword" value="[secret]"/>'],
  [
    '<wsse:Password Type="x#PasswordText">hunter2x</wsse:Password>',
    '<wsse:Password Type="x#PasswordText">[secret]</wsse:Password>',
  ],
  ['userPassword: {SSHA}abcDEF123xyz', 'userPassword: [secret]'],
  ['my ssn is 536.22.8713', 'my ssn is [us_ssn]'],
  ['card number 4929381332664295 cvv 737 exp 12/27', 'card number [card] cvv [card_cvv] exp [card_expiry]'],
  ['the OTP is 493817, cvv 737', 'the OTP is [secret], cvv [card_cvv]'],
  ['my passport number is C03005988', 'my passport number is [passport]'],
  ['steuer-id 86095742719', 'steuer-id [de_steuer_id]'],
  [
    'Authorization: Digest username="bob", response="6629fae49393a05397450978507c4ef1"',
    'Authorization: Digest username="[person]", response="[authorization]"',
  ],
  ['mnemonic: abandon ability able about', 'mnemonic: [secret]'],
  ['curl -u bob:hunter2x https://x', 'curl -u bob:[secret] https://x', 'process.command_line'],
  ['sshpass -p hunter2x ssh -p 22 h', 'sshpass -p [secret] ssh -p 22 h', 'process.command_line'],
  ['docker login -u bob -p hunter2x reg.io', 'docker login -u bob -p [secret] reg.io', 'process.command_line'],
  ['mysqldump -uroot -phunter2x db', 'mysqldump -uroot -p[secret] db', 'process.command_line'],
  ['redis-cli -h c -p 6379 -a hunter2x ping', 'redis-cli -h c -p 6379 -a [secret] ping', 'process.command_line'],
  ['mysql -P 3306 -p -u root', 'mysql -P 3306 -p -u root', 'process.command_line'],
  ['run curl -sS -u bob:hunter2x https://x', 'run curl -sS -u bob:[secret] https://x'],
  [
    String.raw`{"c":"curl --user \"bob:hunter2x\" https://x"}`,
    String.raw`{"c":"curl --user \"bob:[secret]\" https://x"}`,
  ],
  ["curl --user bob:'hunter2x' -X PUT", "curl --user bob:'[secret]' -X PUT"],
  ['curl/8.5.0 -u user:password', 'curl/8.5.0 -u user:password'],
  ['redis-cli -h c -a hunter2x ping', 'redis-cli -h c -a [secret] ping'],
  // Assignments of many languages.
  ['<dbToken>\n    8f3kd93jf93kdkf93kdf\n</dbToken>', '<dbToken>\n    [secret]\n</dbToken>'],
  ['$apiToken .= "8f3kd93jf93kdkf93kdf"', '$apiToken .= "[secret]"'],
  ['API_TOKEN ?= "8f3kd93jf93kdkf93kdf"', 'API_TOKEN ?= "[secret]"'],
  ['API_TOKEN ::= "8f3kd93jf93kdkf93kdf"', 'API_TOKEN ::= "[secret]"'],
  ['var apiToken string = "8f3kd93jf93kdkf93kdf"', 'var apiToken string = "[secret]"'],
  ['api_token: str = "8f3kd93jf93kdkf93kdf"', 'api_token: str = "[secret]"'],
  ['if (token !== "8f3kd93jf93kdkf93kdf") {', 'if (token !== "[secret]") {'],
  ['discord_token: 23991095819335062479016852229226', 'discord_token: [secret]'],
  ['API_KEY=\nOTHER_API_KEY=\n', 'API_KEY=\nOTHER_API_KEY=\n'],
  ['hash $2a$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW', 'hash [password_hash]'],
  ['bob:$1$OKgLCmVl$d02jECa4DXn/oXX0R.MoQ/:19000', 'bob:[password_hash]:19000'],
  ['{"key":"pin","value":"4821"}', '{"key":"pin","value":"[secret]"}'],
  ['12/27', '[card_expiry]', 'exp'],
  ['493817 is your verification code', '[secret] is your verification code'],
  ['G-493817 is your Example security code.', 'G-[secret] is your Example security code.'],
  ['3 of 5 retries for verification code', '3 of 5 retries for verification code'],
  ['AUTH hunter2x', 'AUTH [authorization]'],
  ['"AUTH" "hunter2x"', '"AUTH" "[authorization]"'],
  ['AUTH PLAIN dXNlcjpwYXNzdzByZA==', 'AUTH PLAIN [authorization]'],
  ['AUTH failed for bob', 'AUTH failed for bob'],
  ['MAC address 001a.2b3c.4d5e learned', 'MAC address [mac] learned'],
  [
    '{"kty":"EC","crv":"P-256","x":"gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0","d":"0_NxaRPUMQoAJt50Gz8YiTr8gRTwyEaCumd-MToTmIo"}',
    '{"kty":"EC","crv":"P-256","x":"gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0","d":"[private_key]"}',
  ],
  [
    'my seed phrase is abandon ability able about above absent absorb abstract absurd abuse access accident',
    'my seed phrase is [secret]',
  ],
  [
    'the phrase is one that people often write when they talk about the weather in their home town',
    'the phrase is one that people often write when they talk about the weather in their home town',
  ],
  [
    'Private-Lines: 1\nAAABAEoSl0zkFKR1mHRvGCuyh1ldEbUyhz2wgp2Nf7PE5gX3VqTF\nPrivate-MAC: 1f3d',
    'Private-Lines: 1\n[private_key]\nPrivate-MAC: 1f3d',
  ],
  [
    '---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\nComment: "x"\nP2/56wAAAgIAAAAmZGwtbW9kcHt\n---- END SSH2 ENCRYPTED PRIVATE KEY ----',
    '[private_key]',
  ],
  [
    'k := "-----BEGIN EC PRIVATE KEY-----" +\n"MHcCAQEEIIrYSSNQFaA2" +\n"-----END EC PRIVATE KEY-----"',
    'k := "[private_key]"',
  ],
  ...[
    'пароль',
    'Пароль',
    '密码',
    'パスワード',
    '비밀번호',
    'contraseña',
    'hasło',
    'şifre',
    'lösenord',
    'mot de passe',
    'mật khẩu',
  ].map(name => [`${name}: Qw3rty92x`, `${name}: [secret]`] as const),
  // Signs as entities and escapes; wide spaces, dashes and digits where something else leads to the value.
  ['mail jane.doe&#64;corp-mail.com now', 'mail [email] now'],
  ['mail jane.doe&#x40;corp-mail.com now', 'mail [email] now'],
  [String.raw`mail jane.doe\x40corp-mail.com now`, 'mail [email] now'],
  ['card 4929\u00a03813\u00a03266\u00a04295 of bob@corp.io', 'card [card] of [email]'],
  [
    'ssn 536\u201122\u20118713, call +1\u202f415\u2011555\u20112671, bob@corp.io',
    'ssn [us_ssn], call [phone], [email]',
  ],
  ['卡号 ４９２９３８１３３２６６４２９５ bob@corp.io', '卡号 [card] [email]'],
  ['card 4929\u200b3813\u200b3266\u200b4295 of bob@corp.io', 'card [card] of [email]'],
  ['DOB 1984-02-11, birthday is 11 Feb 1984', 'DOB [birth_date], birthday is [birth_date]'],
  [
    '{"tls.key":"LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBLRVktLS0tLQpNSUlFcEFJQkFBS0NBUUVBcm9vdA=="}',
    '{"tls.key":"[private_key]"}',
  ],
]

/** Behind a quote or a bracket, or where a value begins: what stands before may be a length. */
const openings: typeof cases = [
  ['password("61e6f61fa39f9fab63db5148f4b8d3fe95ff6023b32975")', 'password("[secret]")'],
  ['session=e80ccedf086df443f9b9f3bd3320ad53&x=1', 'session=[signed_url]&x=1'],
  ['?code=1bfb6c5ba429e312119ca0f7adde0846dbd8f, x', '?code=[signed_url], x'],
]

for (const [text, expected, key = 'note'] of [...cases, ...openings]) {
  t.test(`is led to what is in ${key}=${text}`, async t => {
    const stage = new RedactionStage(parseConfig(redactionConfig, 'profile: standard'), 'traces')
    const span = { name: 'a', attributes: attributesOf({ [key]: text }) }
    const { request } = runProcessor(stage, 'traces', requestOf('traces', [span]))
    t.equal(valuesOf(recordsOf('traces', request)[0]?.['attributes'])[key], expected)
  })
}

t.test('base64 of images holds no secrets, whatever stands in it by chance', async t => {
  const random = new SeededRandom(5)
  const stage = new RedactionStage(parseConfig(redactionConfig, 'profile: standard'), 'traces')
  for (let round = 0; round < 100; round++) {
    const image = Buffer.from(random.bytes(600 + random.below(4000))).toString('base64')
    const attributes = attributesOf({ a: `data:image/png;base64,${image}`, b: JSON.stringify([{ content: image }]) })
    const span = requestOf('traces', [{ name: 'a', attributes }])
    t.notOk(stage.payload(encodePlain('traces', span)), image)
  }
})

t.test('parameters too short to grant access lead nowhere, also at the end of a value', async t => {
  const settings = detectorSettings(() => true)
  const prefilter = new Prefilter(settings)
  const survivors = (value: string) => {
    const attributes = attributesOf({ 'url.query': value, 'url.path': '/', 'client.port': 'http' })
    const bytes = encodePlain('traces', requestOf('traces', [{ name: 'a', attributes }]))
    return [...bytes.keys()].filter(at => bytes[at] === 0x3d && prefilter.survives(bytes, at, 0))
  }
  for (const short of ['code=404&n=1', 'n=1&state=open', 'session=dsxbx5', 'sid=a', 'sig=1234567'])
    t.same(survivors(short), [], short)
  for (const long of ['code=40440440&n=1', 'n=1&state=openopen', 'session=dsxbx5aa', 'sig=12345678', 'sig="a"', 'sig='])
    t.equal(survivors(long).length, 1, long)
})

t.test('a word leads on in the key of a value, and not in a text that is a value itself', async t => {
  const prefilter = new Prefilter(detectorSettings(() => true))
  const leadsOn = (signal: 'logs' | 'traces', record: Record<string, unknown>, word: string) => {
    const bytes = Buffer.from(encodePlain(signal, requestOf(signal, [record])))
    return prefilter.survives(bytes, bytes.indexOf(word) + word.length - 1, 0)
  }
  for (const rest of ['', 'x'.repeat(100), 'x'.repeat(200)]) {
    const key = `${rest}.password`
    t.ok(leadsOn('traces', { name: 'a', attributes: attributesOf({ [key]: 'b' }) }, 'assw'), key)
    t.notOk(leadsOn('traces', { name: 'a', attributes: attributesOf({ b: key }) }, 'assw'), key)
    t.notOk(leadsOn('logs', { body: { stringValue: key } }, 'assw'), key)
    t.notOk(leadsOn('logs', { body: { stringValue: `a\n${key}` } }, 'assw'), key)
  }
})

t.test('what stands in most lines and addresses leads nowhere', async t => {
  const settings = detectorSettings(() => true)
  const scanner = new WasmScanner(literalTables(), firstLookTables(settings))
  const prefilter = new Prefilter(settings)
  const placesIn = (text: string) => {
    const attributes = attributesOf({ 'x.value': text, 'x.long': 'a '.repeat(80), 'x.end': 'b' })
    const bytes = encodePlain('logs', requestOf('logs', [{ body: { stringValue: text }, attributes }]))
    const found = new Candidates()
    scanner.look(bytes, found)
    return [...found.values.subarray(0, found.count)]
      .filter(value => prefilter.survives(bytes, value >>> 2, value & 3))
      .map(value => Buffer.from(bytes).toString('latin1', (value >>> 2) - 12, (value >>> 2) + 4))
  }
  const digits = '2026-11-28T12:34:56.123Z took 12 ms'
  for (const text of [
    digits,
    '10.1.2.3 - - [28/Nov/2026:12:34:56 +0000] "GET /p/7 HTTP/1.1" 200 51234 "https://a.example/" "-" rt=0.001',
    'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5_1 like Mac OS X) AppleWebKit/605.1.15 Version/17.5 Safari/604.1',
    `sha256:${'0123456789abcdef'.repeat(4)}`,
    '3f2504e0-4f89-11d3-9a0c-0305e82c3301',
    `${'0123456789abcdef'.repeat(2)},1234567abcdef012`,
    'abcdef1234567890,1234567abcdef890',
    '/p?filter=size%3AXL%2Ccolor%3Ared&t=12%3A34%3A56&n%3D1',
    '/p?currencyCode=USD',
    'ip-10-0-12-14.eu-west-1.compute.internal',
  ])
    t.same(placesIn(text), [], text)
  for (const text of [
    '28/Nov/2026 from 2001:db8:85a3:8d3:1319:8a2e:370:7348',
    'at fe80::1ff:fe23:4567:890a',
    'C%3A%5CUsers%5Cbob%5Cx',
    '/p?pin%3D4821&x=1',
    '/p?user%22password%22%3A%22hunter2x%22',
    '123456789:AAE1x2y3z4a5b6c7d8e9f0g1h2i3j4k5l6m',
    'mac 00:1a:2b:3c:4d:5e',
    'call 212-555-0199-12',
    '1234567 abcdef',
  ])
    t.not(placesIn(text).length, 0, text)
})

t.test(
  'ids of telemetry lead nowhere, whatever their length looks like and whatever stands in them by chance',
  async t => {
    const random = new SeededRandom(6)
    const hex = (length: number) => Buffer.from(random.bytes(length)).toString('hex').slice(0, length)
    const settings = detectorSettings(() => true)
    const scanner = new WasmScanner(literalTables(), firstLookTables(settings))
    const prefilter = new Prefilter(settings)
    let hot = 0
    let count = 0
    for (let round = 0; round < 400; round++) {
      const uuid = `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}`
      for (const id of [uuid, hex(32), hex(64)]) {
        const bytes = encodePlain(
          'traces',
          requestOf('traces', [{ name: 'a', attributes: attributesOf({ 'x.id': id, y: id }) }]),
        )
        const found = new Candidates()
        scanner.look(bytes, found)
        const values = [...found.values.subarray(0, found.count)]
        count++
        if (values.some(value => prefilter.survives(bytes, value >>> 2, value & 3))) hot++
      }
    }
    // Where digits reach an end, they may be a number's.
    t.ok(hot < count * 0.1, `${hot} of ${count}`)
  },
)
