import { generateKeyPairSync } from 'node:crypto'
import t from 'tap'
import { parseConfig } from '../../config/parse-config.ts'
import { StageWalk } from '../../pdata/stage-walk.ts'
import { heldOutCarriers } from '../../testkit/held-out-carriers.ts'
import { heldOutValues } from '../../testkit/held-out-values.ts'
import { decodePlain, encodePlain, type Plain } from '../../testkit/otlp-oracle.ts'
import { attributesOf, requestOf } from '../../testkit/run-processor.ts'
import { SeededRandom } from '../../testkit/seeded-random.ts'
import { redactionConfig } from './config.ts'
import { explainRequest } from './explain.ts'
import { RedactionStage } from './redaction-stage.ts'

/** More by hand: `ROUNDS=5000 SEED=4 node src/processors/redaction/random-actions.test.ts`. */
const rounds = Number(process.env['ROUNDS'] ?? 250)
const random = new SeededRandom(Number(process.env['SEED'] ?? 6))
const { publicKey } = generateKeyPairSync('x25519')
const sealKey = Buffer.from(publicKey.export({ format: 'jwk' }).x!, 'base64url').toString('base64')

const actions = ['label', 'mask', 'hash', 'tokenize', 'drop', 'drop_record', 'encrypt']
/** What else a file may say, of the processor's own keys and of the Collector's. */
const extras = [
  '',
  'keys: {exempt: [nothing.*]}',
  'keys: {drop: [a, attr1], force: [attr0, k1]}',
  "rules: [{name: zz, pattern: 'zz[0-9]{4}'}]",
  'allow_all_keys: true\nblocked_key_patterns: [attr1]',
  'allow_all_keys: true\nblocked_values: [clean]\nsummary: debug',
  'allowed_keys: [attr0, attr1, attr2, a, k0]',
  'allow_all_keys: true\nredact_all_types: true\nblocked_values: ["[0-9]{7}"]',
]
const makers = Object.values(heldOutValues)
const wraps = Object.entries(heldOutCarriers).filter(([name]) => name !== 'tilde' && name !== 'urlpath')

/** Texts with a secret in them, noted as they are made. */
class Planted {
  readonly secrets: string[] = []

  text(): string {
    const [whole, secret] = random.pick(makers)()
    this.secrets.push(secret)
    return random.pick(wraps)[1](whole)
  }

  value(depth = 0): unknown {
    const kind = random.next()
    if (kind < 0.4) return this.text()
    if (kind < 0.6) return `clean ${random.below(1e6)}`
    if (kind < 0.7) return BigInt(random.below(1e9))
    if (kind < 0.75) return Buffer.from(this.text())
    if (depth > 1) return true
    if (kind < 0.88) return [this.value(depth + 1), this.value(depth + 1)]
    return { a: this.value(depth + 1), [`k${random.below(3)}`]: this.value(depth + 1) }
  }

  attributes(): Plain[] {
    const entries = Array.from({ length: 1 + random.below(4) }, (_, i) => [`attr${i}`, this.value()])
    return attributesOf(Object.fromEntries(entries))
  }

  maybe(otherwise: string): string {
    return random.chance(0.3) ? this.text() : otherwise
  }

  record(signal: 'traces' | 'logs' | 'metrics'): Plain {
    if (signal === 'traces')
      return {
        name: this.maybe('op'),
        attributes: this.attributes(),
        events: [{ name: 'e', attributes: this.attributes() }],
        links: [{ attributes: this.attributes() }],
        status: { message: this.maybe('ok') },
      }
    if (signal === 'logs') {
      const [{ value }] = attributesOf({ body: this.value() }) as [Plain]
      return { body: value, attributes: this.attributes() }
    }
    const exemplars = [{ asDouble: 1, filteredAttributes: this.attributes() }]
    return {
      name: 'm',
      description: this.maybe('d'),
      [random.pick(['gauge', 'sum'])]: { dataPoints: [{ asDouble: 1, attributes: this.attributes(), exemplars }] },
    }
  }
}

function textsOf(value: unknown, into: string[] = []): string[] {
  if (typeof value === 'string') into.push(value)
  else if (value instanceof Uint8Array) into.push(Buffer.from(value).toString())
  else if (typeof value === 'object' && value !== null) for (const item of Object.values(value)) textsOf(item, into)
  return into
}

t.test('nothing planted leaves, whatever becomes of findings and whatever else happens to a request', async t => {
  const left: string[] = []
  let planted = 0
  for (let i = 0; i < rounds; i++) {
    const signal = random.pick(['traces', 'logs', 'metrics'] as const)
    const source = new Planted()
    const records = [source.record(signal), source.record(signal), source.record(signal)]
    const bytes = encodePlain(signal, requestOf(signal, records, { r: source.maybe('x') }))
    const own = random.chance(0.5)
      ? `detectors: {email: {action: ${random.pick(actions)}}, card: {action: ${random.pick(actions)}}, phone: {action: ${random.pick(actions)}}}`
      : ''
    const file = [
      `profile: standard\naction: ${random.pick(actions)}\nhash: {key: "0123456789abcdef"}\nencrypt: {public_key: "${sealKey}"}`,
      own,
      random.pick(extras),
    ].join('\n')
    const walkOf = (yaml: string) =>
      new StageWalk(signal, [new RedactionStage(parseConfig(redactionConfig, yaml), signal)])
    const texts = textsOf(decodePlain(signal, walkOf(file).run(bytes)))
    planted += source.secrets.length
    for (const secret of source.secrets)
      if (texts.some(text => text.includes(secret))) left.push(`${secret} under ${file.replaceAll('\n', ' ')}`)
    const explained = explainRequest(parseConfig(redactionConfig, file), signal, bytes, 'salt')
    const said = JSON.stringify(explained)
    for (const secret of source.secrets) t.notOk(said.includes(secret), 'an explanation has no value in it')
    for (const { start, end } of explained) t.ok(start >= 0 && start < end, 'an explanation names a place')
    const dry = walkOf(`${file}\ndry_run: true`).run(bytes)
    t.ok(Buffer.from(dry).equals(bytes), 'a dry run changes nothing')
  }
  t.ok(left.length <= planted / 1000, `${left.length} of ${planted}: ${left.slice(0, 5).join('\n')}`)
})

/** What a value of JSON is made of: names aside, which may be personal themselves, and text in place of numbers. */
function shapeOf(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(shapeOf).join(',')}]`
  if (typeof value === 'object' && value !== null) return `{${Object.values(value).map(shapeOf).join(',')}}`
  if (typeof value !== 'string') return value === null ? 'null' : 'text'
  const inner = parsed(value)
  return typeof inner === 'object' && inner !== null ? `"${shapeOf(inner)}"` : 'text'
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

t.test(
  'what was JSON stays JSON of the same shape, and requests stay requests, whatever stands for findings',
  async t => {
    const broken: string[] = []
    let count = 0
    const inJson = wraps.filter(([, wrap]) => typeof parsed(wrap('x')) === 'object')
    t.ok(inJson.length > 8)
    for (let i = 0; i < rounds; i++) {
      const signal = random.pick(['traces', 'logs', 'metrics'] as const)
      const texts = Array.from({ length: 4 }, () => random.pick(inJson)[1](random.pick(makers)()[0])).filter(
        text => typeof parsed(text) === 'object',
      )
      const attributes = attributesOf(Object.fromEntries(texts.map((text, n) => [`a${n}`, text])))
      const record =
        signal === 'metrics' ? { name: 'm', gauge: { dataPoints: [{ asDouble: 1, attributes }] } } : { attributes }
      const action = random.pick(['label', 'mask', 'hash', 'tokenize', 'encrypt'])
      const file = `profile: strict\naction: ${action}\nhash: {key: "0123456789abcdef"}\nencrypt: {public_key: "${sealKey}"}`
      const walk = new StageWalk(signal, [new RedactionStage(parseConfig(redactionConfig, file), signal)])
      const out = textsOf(decodePlain(signal, walk.run(encodePlain(signal, requestOf(signal, [record])))))
      for (const text of texts) {
        count++
        const shape = shapeOf(parsed(text))
        if (!out.some(one => shapeOf(parsed(one)) === shape)) broken.push(`${action}: ${text}`)
      }
    }
    t.same(broken.slice(0, 5), [], `${broken.length} of ${count}`)
  },
)
