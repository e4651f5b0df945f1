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
      const key = prefix + textOf(alphabet.replace(/[.=*]/g, ''), min)
      const marked = markFindings(detector, carrier(key))
      t.notOk(marked.includes(key.slice(prefix.length + 2, -4)), `${carrier(key)}: ${marked}`)
    }
  })
}

t.test('keys of Azure are found by what stands in their middle', async t => {
  for (const mark of azureMarks) {
    for (let round = 0; round < 20; round++) {
      const key = `${textOf('A-Za-z0-9', 1)}${textOf('A-Za-z0-9+/', 50)}${textOf('A-Za-z0-9', 18)}${mark}${textOf('A-Za-z0-9', 6)}`
      t.equal(markFindings(detector, `use ${key}== now`), 'use [azure_key] now')
    }
  }
})

t.test('names with the same beginnings are no keys', async t => {
  for (const text of [
    're_render_all_of_the_pages_of_site',
    'fw_configuration_of_the_firewall',
    'sk_buff sk-learn api-gateway-production-eu-west-1',
    'API-GATEWAYPRODUCTIONEUWEST1 pat.pattern.patrol',
    'cs-CZ-AzFunctionHostRuntimeConfiguration',
  ])
    t.equal(markFindings(detector, text), text)
})
