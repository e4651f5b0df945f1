import { SeededRandom } from '../../testkit/seeded-random.ts'
import { detectorSettings } from './detectors/detection.ts'
import { vendorForms } from './detectors/vendor-keys.ts'
import { firstLookTables } from './first-look-tables.ts'
import { Prefilter } from './prefilter.ts'
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
  ...'parts content role type page sort address header cookie customer_id auth.method key primaryKey monkey tokens verification insurance security confirmation security_code\x12 customer.address\x12 server.address\x12 clientAddress\x12 app.pin\x12 db.pass\x12 expiry\x12 status_code\x12 pin pan born nino national_insurance_number NI number ni no alumni number pan\x12'.split(
    ' ',
  ),
  ...'cardholder\x12 folder\x12 cardHolder\x12 address_line1\x12 baseline1\x12 address.line1\x12 addressLine1\x12 user.ssn\x12 userSsn\x12 lessn\x12 jwt\x12 hotel\x12 tel\x12 db_pw\x12 creds\x12 speeds\x12 expiration\x12 inspiration\x12 conn_str\x12 msisdn\x12 valid_thru\x12 consumer\x12 kontonummer\x12 x-slack-signature\x12 address_1\x12 bankAccount\x12 name_on_card\x12'.split(
    ' ',
  ),
  // Keys come again, and what the scanner remembers of them must hold beside others.
  ...'host.name\x12 service.name\x12\t network.peer.address\x12\t customer.address\x12\x0b first.name\x12 display_name\x12 user.pass\x12'.split(
    ' ',
  ),
  ...'10.1.2.3 192.168.1.10 172.16.0.9 127.0.0.1 8.8.8.8 0.0.0.0 999.1.2.3 1.2.3.4.5 Chrome/126.0.0.0 /v/1.2.3.4'.split(
    ' ',
  ),
  ...'2024-01-15 20240115 claude-sonnet-4-20250514 52.520008 415.555.2671 +1.415.355.2671 +1.212.202.2671 536.22.8713 4111 1111 12:34:56'.split(
    ' ',
  ),
  ...'2001:db8::1 aa:bb:cc:dd:ee:ff a::1 dead:beef: http:// c:\\ user:pw@ @unix( a@b.c 00-1A-2B-3C-4D-5E'.split(' '),
  ...'3f2504e0-4f89-11d3-9a0c-0305e82c3301 GB82WEST12345698765432 deadbeefdeadbeefdeadbeef eyJhbGciOiJIUzI1NiJ9'.split(
    ' ',
  ),
  ...'$2b$10$ $argon2id$v=19$ -us12 _mmk .slack webhook \\n \\" \\u003d %3D %22 \u001b[31m \u001b[1;36m'.split(' '),
  ...`: = > @ =% " ' \\ \` ] [ ; / + . , - _ ~ ! * é \n \0 \u000a \u000c 1 22 333 4444 abcdefghijklmnopq 12345678901234567`.split(
    ' ',
  ),
  ...'пароль 密码 hasło khẩu contraseña パスワード'.split(' '),
  ' ',
  '415\u2011555\u20112671',
  '4\u20112',
  'mật khẩu',
  '(415) 555.2671',
]

/** A piece as it is, in capitals, or with one byte that differs from its own in one bit: what buckets may take for it. */
function randomPiece(random: SeededRandom): Uint8Array {
  if (random.chance(0.1)) return random.bytes(random.below(24))
  const piece = random.pick(pieces)
  const bytes = Buffer.from(random.chance(0.3) ? piece.toUpperCase() : piece)
  if (random.chance(0.1)) bytes[random.below(bytes.length)]! ^= 1 << random.below(8)
  return bytes
}

function randomText(random: SeededRandom): Buffer {
  // What stands at the ends of short texts has nothing around it.
  const count = random.chance(0.5) ? 1 + random.below(12) : 80 + random.below(400)
  return Buffer.concat(Array.from({ length: count }, () => randomPiece(random)))
}

/** What the first look leaves out, the prefilter rules out. Says how many candidates of all were left out. */
export function fuzzFirstLook(seed: number, count: number): number {
  const random = new SeededRandom(seed)
  let left = 0
  for (let i = 0; i < count; i++) left += lookAt(randomText(random), i % 2 === 0 ? standard : strict)
  return left
}

function lookers(isStrict: boolean) {
  const settings = detectorSettings(() => true, isStrict)
  const scanner = new WasmScanner(literalTables(), firstLookTables(settings))
  return { scanner, prefilter: new Prefilter(settings), teaching: new Prefilter(settings, scanner) }
}
const standard = lookers(false)
const strict = lookers(true)
const every = new Candidates()
const some = new Candidates()

function lookAt(bytes: Buffer, { scanner, prefilter, teaching }: ReturnType<typeof lookers>): number {
  every.clear()
  some.clear()
  scanner.scan(bytes, 0, bytes.length, every)
  scanner.look(bytes, some)
  const left = every.count - some.count
  const kinds = new Map([...some.values.subarray(0, some.count)].map(value => [value >>> 2, value & 3]))
  // Percent signs are candidates of the look alone.
  for (let at = bytes.indexOf(0x25); at >= 0; at = bytes.indexOf(0x25, at + 1)) every.push(at, 0)
  for (const value of every.values.subarray(0, every.count)) {
    const at = value >>> 2
    if (!prefilter.survives(bytes, at, value & 3)) {
      // What is learned of this text must be true of the next ones.
      teaching.survives(bytes, at, value & 3)
      continue
    }
    const kind = kinds.get(at)
    if (kind === undefined || !prefilter.survives(bytes, at, kind)) {
      const around = `${bytes.toString('latin1', Math.max(0, at - 40), at)}|${bytes.toString('latin1', at, at + 40)}`
      throw new Error(`lost at ${at}, kind ${value & 3}, in ${JSON.stringify(around)}`)
    }
  }
  return left
}
