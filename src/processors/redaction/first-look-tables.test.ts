import t from 'tap'
import { SeededRandom } from '../../testkit/seeded-random.ts'
import { detectorSettings } from './detectors/detection.ts'
import { nameEndings } from './detectors/key-words.ts'
import { vendorForms } from './detectors/vendor-keys.ts'
import { firstLookTables } from './first-look-tables.ts'
import { Prefilter } from './prefilter.ts'
import { mayEndName } from './prefilter-names.ts'
import { Candidates } from './scan/candidates.ts'
import { builtInLiterals, literalTables } from './scan/literals.ts'
import { WasmScanner } from './scan/wasm-scanner.ts'

/** Forms and beginnings of forms; what stands together by chance is the harder half of the cases. */
const pieces = [
  ...builtInLiterals.map(literal => literal.replaceAll('?', 'z')),
  ...vendorForms.map(({ prefix }) => prefix),
  ...'password token secret apiKey x-api-key user.name full_name hostname service.name birthday dob street author'.split(
    ' ',
  ),
  ...'parts content role type page sort address header cookie customer_id auth.method key primaryKey monkey tokens verification insurance security confirmation security_code\x12 customer.address\x12 server.address\x12 clientAddress\x12 app.pin\x12 db.pass\x12 expiry\x12 status_code\x12 pin pan born nino'.split(
    ' ',
  ),
  ...'10.1.2.3 192.168.1.10 172.16.0.9 127.0.0.1 8.8.8.8 0.0.0.0 999.1.2.3 1.2.3.4.5 Chrome/126.0.0.0 /v/1.2.3.4'.split(
    ' ',
  ),
  ...'2024-01-15 20240115 claude-sonnet-4-20250514 52.520008 415.555.2671 536.22.8713 4111 1111 12:34:56'.split(' '),
  ...'2001:db8::1 aa:bb:cc:dd:ee:ff a::1 dead:beef: http:// c:\\ user:pw@ @unix( a@b.c 00-1A-2B-3C-4D-5E'.split(' '),
  ...'3f2504e0-4f89-11d3-9a0c-0305e82c3301 GB82WEST12345698765432 deadbeefdeadbeefdeadbeef eyJhbGciOiJIUzI1NiJ9'.split(
    ' ',
  ),
  ...'$2b$10$ $argon2id$v=19$ -us12 _mmk .slack webhook \\n \\" \\u003d %3D %22 \u001b[31m \u001b[1;36m'.split(' '),
  ...`: = > @ =% " ' \\ \` ] [ ; / + . , - _ ~ ! * é \n \0 \u000a \u000c 1 22 333 4444 abcdefghijklmnopq 12345678901234567`.split(
    ' ',
  ),
  ' ',
]

function randomText(random: SeededRandom): Buffer {
  const parts: Uint8Array[] = []
  for (let i = 80 + random.below(400); i > 0; i--) {
    if (random.chance(0.1)) parts.push(random.bytes(random.below(24)))
    else if (random.chance(0.3)) parts.push(Buffer.from(random.pick(pieces).toUpperCase()))
    else parts.push(Buffer.from(random.pick(pieces)))
  }
  return Buffer.concat(parts)
}

for (const isStrict of [false, true]) {
  t.test(`what the first look leaves out, the prefilter rules out, ${isStrict ? 'strict' : 'standard'}`, async t => {
    const random = new SeededRandom(isStrict ? 3 : 4)
    const settings = detectorSettings(() => true, isStrict)
    const scanner = new WasmScanner(literalTables(), firstLookTables(settings))
    const prefilter = new Prefilter(settings)
    let all = 0
    let looked = 0
    for (let round = 0; round < 2000; round++) {
      const bytes = randomText(random)
      const every = new Candidates()
      const some = new Candidates()
      scanner.scan(bytes, 0, bytes.length, every)
      scanner.look(bytes, some)
      all += every.count
      looked += some.count
      const kinds = new Map([...some.values.subarray(0, some.count)].map(value => [value >>> 2, value & 3]))
      // Percent signs are candidates of the look alone.
      for (let at = bytes.indexOf(0x25); at >= 0; at = bytes.indexOf(0x25, at + 1)) every.push(at, 0)
      for (const value of every.values.subarray(0, every.count)) {
        const at = value >>> 2
        if (!prefilter.survives(bytes, at, value & 3)) continue
        const kind = kinds.get(at)
        if (kind === undefined || !prefilter.survives(bytes, at, kind)) {
          t.fail(`lost at ${at}: ${bytes.toString('latin1', Math.max(0, at - 40), at + 40)}`)
        }
      }
    }
    t.ok(looked < all * 0.85, `${looked} of ${all}`)
  })
}

t.test('the first look needs its tables', async t => {
  const bytes = Buffer.from('status_code 10.1.2.3 '.repeat(60))
  const found = (scanner: WasmScanner) => {
    const candidates = new Candidates()
    scanner.look(bytes, candidates)
    return candidates.count
  }
  const tables = firstLookTables(detectorSettings(() => true))
  t.equal(found(new WasmScanner(literalTables())), 60)
  t.ok(found(new WasmScanner(literalTables(), tables)) < 50)
})

t.test('a name of interest may end in each of its words, however it is written', async t => {
  for (const entry of nameEndings()) {
    const word = entry.replace(/^\+/, '')
    // One letter is a word only behind a sign.
    if (/^.\d*$/.test(word)) continue
    const capital = word[0]!.toUpperCase() + word.slice(1)
    const names = [`user_${word}`, `USER_${word.toUpperCase()}`, `x.${word}`, `x-${word}`, `user${capital}`]
    if (!entry.startsWith('+')) names.push(word, capital, word.toUpperCase(), `\\n${word}`, `\u0012\u0070${word}`)
    for (const name of names) {
      const text = Buffer.from(`"${name}`)
      let end = text.length
      while (text[end - 1]! >= 0x30 && text[end - 1]! <= 0x39) end--
      t.ok(mayEndName(text, end), name)
    }
  }
  for (const name of ['parts', 'content', 'page', 'sort', 'amid', 'role'])
    t.notOk(mayEndName(Buffer.from(`"${name}`), name.length + 1))
})
