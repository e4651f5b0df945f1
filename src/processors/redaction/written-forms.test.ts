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

/** A long string of hex, as hashes of tickets are. */
const hex = '52d7a9a3c32576c8fedf705376cea582ab5938f7fc8bc741acf05c5990741b36ef4311fe3562'.repeat(2)

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
  ['Basic c3ZjOmtDSWNDTWN5T3E=', 'Basic [authorization]'],
  ['X-Functions-Key: eaqiBFeKG0uwB3u6IoZVdxoe06MEOK48', 'X-Functions-Key: [secret]'],
  ['API key: 8f3kd93jf9', 'API key: [secret]'],
  ['Using amadeus Key=ttdveNai3Gj6Zrjvgz4fyBEWRLARCG6a', 'Using amadeus Key=[secret]'],
  ['geocodify_key=1234567890abcdef1234567890abcdef12345678', 'geocodify_key=[secret]'],
  ['cache key: 8f3kd93jf9, primary key: 8f3kd93jf9', 'cache key: 8f3kd93jf9, primary key: 8f3kd93jf9'],
  ['aws_secret_access_key=/2vkTJDFRapDlZ92KVg/F98jFYxAjJFfjWXPwSLa', 'aws_secret_access_key=[aws_secret_key]'],
  // Commands in any text.
  ['ran sshpass -p hunter2x ssh h', 'ran sshpass -p [secret] ssh h'],
  ["sshpass -p 'Iptcmg007!' ssh h", "sshpass -p '[secret]' ssh h"],
  ['mysql -h db -u svc_app -pIptcmg007x orders', 'mysql -h db -u svc_app -p[secret] orders'],
  ['{"c":"docker login -u bob -p \\"Rz0kMqE8o71\\" reg.io"}', '{"c":"docker login -u bob -p \\"[secret]\\" reg.io"}'],
  ['mysql is up, and the login of -p bob failed', 'mysql is up, and the login of -p bob failed'],
  [
    `sshpass -p hunter2x ssh a; ${'echo ok; '.repeat(170)}curl -u bob:hunter2x https://x; mysql -phunter2y db`,
    `sshpass -p [secret] ssh a; ${'echo ok; '.repeat(170)}curl -u bob:[secret] https://x; mysql -p[secret] db`,
  ],
  // Connections and logins.
  ['Server=h;User Id=sa;Password=secret;Database=d', 'Server=h;User Id=sa;Password=[secret];Database=d'],
  ['Password=secret;Database=d', 'Password=secret;Database=d'],
  ['new NetworkCredential("bob", "Iptcmg007!")', 'new NetworkCredential("bob", "[secret]")'],
  ['machine api.acme.io login bob password ekcqoesccy', 'machine api.acme.io login bob password [secret]'],
  ['493817 is your login code', '[secret] is your login code'],
  ['login code: 493817', 'login code: [secret]'],
  ['login code 404', 'login code 404'],
  ['password="correct horse battery staple"', 'password="[secret]"'],
  ['{"password":"must contain eight letters"}', '{"password":"must contain eight letters"}'],
  ['password = @"hunter2!x";', 'password = @"[secret]";'],
  ["curl -b 'sid=eaqiBFeKG0uw; a=b' https://x", "curl -b 'sid=[secret]; a=b' https://x"],
  ['/v.m3u8?hdnts=exp=1~hmac=0bfe6e6951d9047a8bf37ba8', '/v.m3u8?hdnts=exp=1~hmac=[signed_url]'],
  // Ids whose form only their name tells.
  ['ABCPD1234Z', '[in_pan]', 'pan_number'],
  ['ABCPD1234Z', '[in_pan]', 'user_pan_no'],
  ['ABCPD1234Z', '[in_pan]', 'panCard'],
  ['ABCPD1234Z', '[in_pan]', 'customer.panNumber'],
  ['ABCPD1234Z', '[in_pan]', 'user.pan_number'],
  ['MORGA607054SM9IJ', '[driving_licence]', 'user.driving_licence'],
  ['MORGA607054SM9IJ', '[driving_licence]', 'drivingLicenceNumber'],
  ['12', '12', 'page_number'],
  ['my pan card number is ABCPD1234Z', 'my pan card number is [in_pan]'],
  ['AB123456C', '[uk_nino]', 'ni_number'],
  ['BSN 1112.22.333', 'BSN [nl_bsn]'],
  ['DNI 12.345.678-Z', 'DNI [es_dni]'],
  ['12.345.678-Z', '[es_dni]', 'dni'],
  ['12.345.678', '12.345.678', 'dni.version'],
  ['personal number 19811218-9876', 'personal number [se_personnummer]'],
  ['811218-9876', '[se_personnummer]', 'personal_number'],
  ['passport C01X00T47, my passport number is M123A4567', 'passport [passport], my passport number is [passport]'],
  ['passport issued', 'passport issued'],
  ['imei: 35-209900-176148-1', 'imei: [imei]'],
  ['{"mac":"A9 C5 D4 9F EB D3"}', '{"mac":"[mac]"}'],
  ['001A2B3C4D5E', '[mac]', 'macAddress'],
  ['IR200170000000339545727003', '[iban]'],
  ['to ME 25 5100 0000 0623 4133 57 or NO 02 15037577003', 'to ME 25 5100 0000 0623 4133 57 or [iban]'],
  ['131052A308T', '[fi_hetu]', 'hetu'],
  ['NewClientCertificateCredential("t", "client-id7", x)', 'NewClientCertificateCredential("t", "client-id7", x)'],
  // Numbers of telephones by the lengths that are in use, special services among them.
  ['+61 1300 123 456', '[phone]'],
  ['dial +355 800 1234 or +38764123456', 'dial [phone] or [phone]'],
  ['tel +12421231234', 'tel [phone]'],
  ['+49777930223804', '[phone]'],
  ['offset=+12345678901234 bytes', 'offset=+12345678901234 bytes'],
  ['moved by +27123456 and +24762889', 'moved by +27123456 and [phone]'],
  ['call my mobile: 35078110» from', 'call my mobile: [phone]» from'],
  ['phone%3A%20503.417.9740x5429', 'phone%3A%20[phone]'],
  ['+40740.123.456', '[phone]'],
  ['nino: ab 12 34 56 c ok', 'nino: [uk_nino] ok'],
  // What a limit cut off, and what is hidden in base64.
  ['connect to mongodb+srv://u:dAthx1Ow', 'connect to mongodb+srv://u:[url_credentials]'],
  ['docker-pullable://redis:7.2.4-alpine', 'docker-pullable://redis:7.2.4-alpine'],
  ['postgres://db-1:5432', 'postgres://db-1:5432'],
  [`payload=${Buffer.from('{"user":"svc","password":"qFRcMmouLJEu"}').toString('base64')} ok`, 'payload=[secret] ok'],
  [
    `cursor ${Buffer.from('{"lastId":"1234567890","order":"asc","page":2}').toString('base64')} ok`,
    `cursor ${Buffer.from('{"lastId":"1234567890","order":"asc","page":2}').toString('base64')} ok`,
  ],
  // What Kerberos' tickets are guessed from, whose parts have at signs and asterisks between them.
  [`got $krb5asrep$23$user@EXAMPLE.ORG:${hex.slice(0, 32)}$${hex} now`, 'got [password_hash] now'],
  [`{"hash":"$krb5tgs$23$*user$realm$test/spn*$${hex.slice(0, 32)}$${hex}"}`, '{"hash":"[password_hash]"}'],
  ['the krb5kdc and krb5.conf of $krb5', 'the krb5kdc and krb5.conf of $krb5'],
  [
    'Proxy-Authorization: OAuth oauth_consumer_key="xvz1evFS4wEEPTGEFPHBog", oauth_token="370773112-GmHxMAgY"',
    'Proxy-Authorization: OAuth oauth_consumer_key="[authorization]", oauth_token="[authorization]"',
  ],
  ['<user><password>%_6H)cyV</password></user>', '<user><password>[secret]</password></user>'],
  ['542.677.924', '[phone]', 'phone'],
  ['phone: 542.677.924, build 542.677.924', 'phone: [phone], build 542.677.924'],
  ['/browse/%2FUsers%2Fjdoe%2FDocuments', '/browse/%2FUsers%2F[user_path]%2FDocuments'],
  // Lines of files that programs keep cookies and passwords in.
  [
    '# HTTP Cookie File\n.example.com\tTRUE\t/\tFALSE\t1735689600\tsessionid\tabc123def456\n.example.com',
    '# HTTP Cookie File\n.example.com\tTRUE\t/\tFALSE\t1735689600\tsessionid\t[cookie]\n.example.com',
  ],
  ['flag\tTRUE\tFALSE\t3\tvalue', 'flag\tTRUE\tFALSE\t3\tvalue'],
  ['db.example.com:5432:*:app:hunter2hunter2\nnext', 'db.example.com:5432:*:app:[secret]\nnext'],
  ['{"file":"localhost:5432:shop:app:s3cr3tPw\\n"}', '{"file":"localhost:5432:shop:app:[secret]\\n"}'],
  ['127.0.0.1:5432:5432/tcp and db:5432:shop', '127.0.0.1:5432:5432/tcp and db:5432:shop'],
  // Words that are a secret, and words about one.
  ['passphrase: correct horse battery staple', 'passphrase: [secret]'],
  ['the passphrase is correct horse battery staple, ok?', 'the passphrase is [secret], ok?'],
  ['passphrase: enter the passphrase for the key', 'passphrase: enter the passphrase for the key'],
  // What a slash parts from a user's name, what a statement of Oracle has, text on a line of its own.
  ['ID:bob/PW:dipPr15Gg!', 'ID:bob/PW:[secret]'],
  ['registry.example/password:1.2.3-rc1', 'registry.example/password:1.2.3-rc1'],
  ['ALTER USER bob IDENTIFIED BY SqLpa5sW0rD;', 'ALTER USER bob IDENTIFIED BY [secret];'],
  ['the user is identified by user1234 here', 'the user is identified by user1234 here'],
  ['a span is identified by span1234', 'a span is identified by span1234'],
  ['{"xml":"<appToken>\\n    x7ryytke2dn7yg6t9x\\n</appToken>"}', '{"xml":"<appToken>\\n    [secret]\\n</appToken>"}'],
  ['X3_PSWD=d37Yt1Jnv0-z', 'X3_PSWD=[secret]'],
  ['with a25a4ac62a074cd52c668c6b9937cf40-432f2836-db15b420', 'with [mailgun_key]'],
  ['a25a4ac6-2a07-4cd5-82c6-68c6b9937cf4', 'a25a4ac6-2a07-4cd5-82c6-68c6b9937cf4'],
  ['253072A07300443', '[fr_nir]', 'nir'],
  ['{"nir":"2 53 07 2B 073 004 70"}', '{"nir":"[fr_nir]"}'],
  ['253072A07300444', '253072A07300444', 'nir'],
  ['cnpj: 12.ABC.345/01DE-35', 'cnpj: [br_cnpj]'],
  ['{"cnpj":"12ABC34501DE35"}', '{"cnpj":"[br_cnpj]"}'],
  ['{"cnpj":"12ABC34501DE36"}', '{"cnpj":"12ABC34501DE36"}'],
  ['Passport No. L01X00T44', 'Passport No. [passport]'],
  // Who has the link sets the password.
  ['https://a.example/reset-password/okC4Y28CaEwGe8AFdnjl2S9lxFu', 'https://a.example/reset-password/[signed_url]'],
  ['GET /users/password/reset/okC4Y28CaEwGe8AFdnjl2S9lxFu?x=1', 'GET /users/password/reset/[signed_url]?x=1'],
  ['/auth/magic-link/0bfe6e6951d9047a8bf37ba86e6e6e1d', '/auth/magic-link/[signed_url]', 'url.path'],
  ['/reset-password/okC4Y28CaEwGe8AFdnjl2S9lxFu', '/reset-password/[signed_url]', 'http.target'],
  ['/counters/reset/frontend-deployment-canary-west', '/counters/reset/frontend-deployment-canary-west'],
  ['/api/reset/f80765e6-1997-4f06-ac7a-00d7de94e3f9', '/api/reset/f80765e6-1997-4f06-ac7a-00d7de94e3f9'],
  ['/presets/okC4Y28CaEwGe8AFdnjl2S9lxFu', '/presets/okC4Y28CaEwGe8AFdnjl2S9lxFu'],
  ['/repos/reset/commits/0bfe6e6951d9047a8bf37ba86e6e6e1d', '/repos/reset/commits/0bfe6e6951d9047a8bf37ba86e6e6e1d'],
  // Blocks of YAML, Markdown, sentences, SQL's function and a bot's address.
  ['password: |\n  Zx81mQ72kLp0Vt5n\nport: 1', 'password: |\n  [secret]\nport: 1'],
  ['{"yaml":"token: >-\\n  Zx81mQ72kLp0Vt5n\\n"}', '{"yaml":"token: >-\\n  [secret]\\n"}'],
  ['password: |\n  a line of text about it\n', 'password: |\n  a line of text about it\n'],
  ['- **Password:** Zx81mQ72kLp0Vt5n', '- **Password:** [secret]'],
  ['- **Password**: Zx81mQ72kLp0Vt5n', '- **Password**: [secret]'],
  ['- **Password:** the one you chose', '- **Password:** the one you chose'],
  ['the password for the new db is Zx81mQ72kLp0Vt5n', 'the password for the new db is [secret]'],
  ['the password for the new db is required since 2024', 'the password for the new db is required since 2024'],
  ['password - Zx81mQ72kLp0Vt5n', 'password - [secret]'],
  ['use Zx81mQ72kLp0Vt5n as the password', 'use [secret] as the password'],
  ['use field2 of the form as the password', 'use field2 of the form as the password'],
  ["SET PASSWORD FOR bob = PASSWORD('Zx81mQ72kLp0Vt5n')", "SET PASSWORD FOR bob = PASSWORD('[secret]')"],
  ['secret_key_base: Zx81mQ72kLp0Vt5nZx81mQ72kLp0', 'secret_key_base: [secret]'],
  [
    'https://api.telegram.org/bot123456789:AAZx81mQ72kLp0Vt5nZx81mQ72kLp0Vt5na/sendMessage',
    'https://api.telegram.org/bot[telegram_token]/sendMessage',
  ],
  // As models of language write numbers: with hyphens that do not break.
  ['call me at +1\u2011415\u2011555\u20112671', 'call me at [phone]'],
  ['{"text":"SSN 536\u201122\u20118713"}', '{"text":"SSN [us_ssn]"}'],
  ['card 4111\u20111111\u20111111\u20111111', 'card [card]'],
  ['pages 12\u201114 of 2024\u20112025', 'pages 12\u201114 of 2024\u20112025'],
  ['tél: 06 12 34 56 78', 'tél: [phone]'],
  ['cd /mnt/c/Users/jdoe/app && ls /c/Users/jdoe', 'cd /mnt/c/Users/[user_path]/app && ls /c/Users/[user_path]'],
  ['/api/v1/Users/jdoe/app', '/api/v1/Users/jdoe/app'],
  // A note about an order is no id of one.
  ['+14155552671', '[phone]', 'order.note'],
  ['4111111111111111', '[card]', 'transaction.description'],
  ['4111111111111111', '4111111111111111', 'transaction.id'],
]

for (const [text, expected, key = 'note'] of cases)
  t.test(`knows ${key}=${text}`, async t => t.equal(redacted(text, key), expected))

t.test('names and numbers are read whatever the length of their value looks like', async t => {
  const random = 'aZ3kQ9xP0mLr7TfVb2NcYw8hGsJd5uKe'.repeat(10)
  const left: string[] = []
  for (let length = 12; length < 260; length++)
    if (String(redacted(`+14155552671 ${random}`.slice(0, length), 'note')).includes('4155552671'))
      left.push(`a number of ${length} bytes`)
  for (let length = 24; length < 260; length++)
    if (String(redacted(`2a04:aa23:a64::14cc ${random}`.slice(0, length), 'note')).includes('aa23:a64'))
      left.push(`an address of ${length} bytes`)
  for (const name of ['Authorization: NTLM ', 'token=', 'Cookie: a=', 'password: '])
    for (let length = name.length + 12; length < 260; length++) {
      const text = name + random.slice(0, length - name.length)
      if (String(redacted(text, 'note')).includes('aZ3kQ9xP0m')) left.push(`${name}of ${length} bytes`)
    }
  t.same(left, [])
})
