import t from 'tap'
import { SeededRandom } from '../../../testkit/seeded-random.ts'
import { literalTables } from '../scan/literals.ts'
import { createScanner } from '../scan/wasm-scanner.ts'
import { Detector } from './detect.ts'
import { detectorSettings } from './detection.ts'
import { markFindings } from './mark-findings.ts'
import { azureMarks, vendorForms } from './vendor-keys.ts'

const random = new SeededRandom(21)
const detector = new Detector(
  detectorSettings(() => true),
  createScanner(literalTables()),
)
const printable = Array.from({ length: 94 }, (_, i) => String.fromCharCode(33 + i))
const textOf = (alphabet: string, length: number) => {
  const allowed = printable.filter(character => new RegExp(`^[${alphabet}]$`).test(character))
  return Array.from({ length }, () => random.pick(allowed)).join('')
}
/** Forms with a check of their own have tests elsewhere. */
const plain = vendorForms.filter(({ check }) => check === undefined || check === 'random')
const carriers: readonly ((key: string) => string)[] = [
  key => `api key ${key} in use`,
  key => JSON.stringify({ api_key: key }),
  key => `https://x.test/a?api_key=${key}&n=1`,
]

for (const { name, prefix, alphabet, min } of plain) {
  t.test(`${name} that begins with ${prefix} is found`, async t => {
    for (const carrier of carriers) {
      const key = prefix + textOf(alphabet.replace(/[.=*+/]/g, ''), min)
      const marked = markFindings(detector, carrier(key))
      t.notOk(marked.includes(key.slice(prefix.length + 2, -4)), `${carrier(key)}: ${marked}`)
    }
  })
}

t.test('keys of Azure are found by what stands in their middle', async t => {
  for (const mark of azureMarks) {
    for (let round = 0; round < 20; round++) {
      const offset = [33, 42, 44, 76][round % 4]!
      const key = `${textOf('A-Za-z0-9', 1)}${textOf('A-Za-z0-9+/', offset - 19)}${textOf('A-Za-z0-9', 18)}${mark}${textOf('A-Za-z0-9', 6)}`
      t.equal(markFindings(detector, `use ${key}== now`), 'use [azure_key] now')
      const digest = `sha512-${textOf('A-Za-z0-9+/', 40)}${mark}${textOf('A-Za-z0-9+/', 42)}==`
      t.equal(markFindings(detector, `"integrity": "${digest}"`), `"integrity": "${digest}"`)
    }
  }
})

for (const { name, prefix, body } of [
  { name: 'dynatrace_token', prefix: 'dt0c01', body: () => `.${textOf('A-Z0-9', 24)}.${textOf('A-Z0-9', 64)}` },
  { name: 'mapbox_token', prefix: 'pk.', body: () => `${textOf('a-z0-9', 60)}.${textOf('a-z0-9', 22)}` },
  { name: 'airtable_token', prefix: 'pat', body: () => `${textOf('A-Za-z0-9', 14)}.${textOf('a-f0-9', 64)}` },
  {
    name: 'onepassword_token',
    prefix: 'A3-',
    body: () => [6, 6, 5, 5, 5, 5].map(length => textOf('A-Z0-9', length)).join('-'),
  },
  { name: 'vendor_key', prefix: '1000.', body: () => `${textOf('a-f0-9', 32)}.${textOf('a-f0-9', 32)}` },
  { name: 'vendor_key', prefix: 'hawk.', body: () => `${textOf('A-Za-z0-9', 20)}.${textOf('A-Za-z0-9', 20)}` },
  { name: 'vendor_key', prefix: 'pk_', body: () => `${textOf('0-9', 8)}_${textOf('A-Z0-9', 32)}` },
]) {
  t.test(`${name} that begins with ${prefix} and has parts is found without a word beside it`, async t => {
    for (let round = 0; round < 10; round++) {
      const key = prefix + body()
      t.notOk(markFindings(detector, `calling with ${key} now`).includes(key.slice(prefix.length + 2, -4)), key)
    }
  })
}

t.test('hashes of passwords are found by how they are written', async t => {
  for (const hash of [
    `$2b$12$${textOf('./A-Za-z0-9', 53)}`,
    `$6$rounds=5000$${textOf('A-Za-z0-9', 12)}$${textOf('./A-Za-z0-9', 86)}`,
    `$argon2id$v=19$m=65536,t=3,p=4$${textOf('A-Za-z0-9', 22)}$${textOf('A-Za-z0-9', 43)}`,
    `pbkdf2_sha256$260000$${textOf('A-Za-z0-9', 22)}$${textOf('A-Za-z0-9', 43)}=`,
  ]) {
    t.equal(markFindings(detector, `stored ${hash} for it`), 'stored [password_hash] for it')
    t.equal(markFindings(detector, JSON.stringify({ value: hash })), '{"value":"[password_hash]"}')
  }
  for (const text of [
    'Foo$$Lambda$14/0x0000000800c03000.apply and Bar$1.run$AccessControllerDelegationImpl',
    'costs $2 or $5 a piece in /usr/share/documentation_of_the_price',
  ])
    t.equal(markFindings(detector, text), text)
})

t.test('names with the same beginnings are no keys', async t => {
  for (const text of [
    're_render_all_of_the_pages_of_site',
    'fw_configuration_of_the_firewall',
    'sk_buff sk-learn api-gateway-production-eu-west-1',
    'API-GATEWAYPRODUCTIONEUWEST1 pat.pattern.patrol',
    'cs-CZ-AzFunctionHostRuntimeConfiguration',
    'pk_orders_customers_2024_index key-00000000-0000-4000-8000-000000000000',
    'api_gateway_production_eu_west_1_stage_2024_v3 live_migration_of_instances_to_other_hosts_3',
    'api_gateway_production',
    'live_migration_failed',
  ])
    t.equal(markFindings(detector, text), text)
})
