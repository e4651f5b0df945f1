import t, { type Test } from 'tap'
import { parseConfig } from '../../config/parse-config.ts'
import { StageWalk } from '../../pdata/stage-walk.ts'
import { patternFactors } from '../../processor-helper/pattern-factors.ts'
import { randomRequest, walkedSignals } from '../../testkit/request-variants.ts'
import { SeededRandom } from '../../testkit/seeded-random.ts'
import { CollectorRules } from './collector-rules.ts'
import { redactionConfig } from './config.ts'
import { compilePolicy } from './policy.ts'
import { RedactionStage } from './redaction-stage.ts'
import { factorTables, PlainFactorScanner, WasmFactorScanner } from './scan/factor-scanner.ts'

const values = [
  { blocked: `'[a-z]+@[a-z.]+[a-z]{2}'`, allowed: '' },
  { blocked: `'[0-9]{2}', 'x{20,30}'`, allowed: '' },
  { blocked: `'naïve', '/users/[0-9]+'`, allowed: `'^GET$', '^error: [0-9]+$', ` },
  { blocked: `'(?i)ALICE', 'token=.*'`, allowed: '' },
  { blocked: `'4111 1111 1111 1111'`, allowed: '' },
]
/** Matches nothing, since no word ends between two letters, and has nothing rare in it: with it every value is read. */
const everyValue = String.raw`'[a-z]+\b[a-z]+'`

/** Runs both configurations over generated requests; how many of them changed. */
function compare(t: Test, seed: number, quickYaml: string, slowYaml: string): number {
  const random = new SeededRandom(seed)
  let changed = 0
  for (const signal of walkedSignals) {
    const runOf = (yaml: string) => {
      const stage = new RedactionStage(parseConfig(redactionConfig, `{${yaml}}`), signal)
      return { stage, walk: new StageWalk(signal, [stage]) }
    }
    const quick = runOf(quickYaml)
    const slow = runOf(slowYaml)
    for (let i = 0; i < 150; i++) {
      const one = randomRequest(random, signal)
      const request = random.chance(0.3) ? Buffer.concat([one, randomRequest(random, signal)]) : one
      const expected = Buffer.from(slow.walk.run(Uint8Array.from(request)))
      if (!expected.equals(request)) changed++
      if (!Buffer.from(quick.walk.run(Uint8Array.from(request))).equals(expected)) t.fail(`${signal} ${i} differs`)
      if (i % 30 === 0) t.same([...quick.stage.takeCounts()], [...slow.stage.takeCounts()])
    }
  }
  return changed
}

for (const { blocked, allowed } of values) {
  for (const more of ['profile: none', 'profile: standard', 'ignored_keys: [a], hash_function: md5']) {
    t.test(`with ${blocked} and ${more} the search over all bytes misses nothing`, async t => {
      const yaml = (last: string) =>
        `allow_all_keys: true, summary: debug, ${more}, blocked_values: [${blocked}], allowed_values: [${allowed}${last}]`
      t.ok(new CollectorRules(parseConfig(redactionConfig, `{${yaml('')}}`)).hits)
      t.notOk(new CollectorRules(parseConfig(redactionConfig, `{${yaml(everyValue)}}`)).hits)
      const changed = compare(t, 9, yaml(''), yaml(everyValue))
      t.equal(changed > 10, more !== 'profile: none' || !blocked.includes('4111'), `${changed} changed`)
    })
  }
}

const mailRule = String.raw`{name: mail, pattern: '[a-z]+@[a-z.]+'}, {name: id, pattern: '/users/\d+', action: drop}`
/** May match anywhere, and is never valid: with it every value is looked at. */
const neverRule = `{name: never, pattern: '[a-z]+', keywords: [nowhere-to-be-found]}`
for (const [name, keys, rules] of [
  ['rules', '', mailRule],
  ['dropped and forced keys', 'keys: {drop: [user.email, "service.*"], force: [http.method, ""]},', ''],
  [
    'rules beside dropped, forced and exempt keys',
    'keys: {drop: [a], force: [http.method], exempt: [host.name]},',
    mailRule,
  ],
] as const) {
  t.test(`${name} are found without looking at every value`, async t => {
    const yaml = (more: string) =>
      `profile: none, ${keys} rules: [${[rules, more].filter(part => part !== '').join(', ')}]`
    t.ok(compilePolicy(parseConfig(redactionConfig, `{${yaml(neverRule)}}`)).seesEverything)
    t.notOk(compilePolicy(parseConfig(redactionConfig, `{${yaml('')}}`)).seesEverything)
    t.ok(compare(t, 21, yaml(''), yaml(neverRule)) > 100)
  })
}

for (const yaml of [
  'allowed_keys: [a]',
  'allow_all_keys: true, blocked_key_patterns: [a]',
  'allow_all_keys: true, ignored_key_patterns: [a]',
  'allow_all_keys: true, redact_all_types: true',
  'allow_all_keys: true, url_sanitizer: {enabled: true, attributes: [a]}',
  'allow_all_keys: true, url_sanitizer: {enabled: true, sanitize_span_name: true}',
  'allow_all_keys: true, db_sanitizer: {sql: {enabled: true, attributes: [a]}}',
]) {
  t.test(`every attribute is seen with ${yaml}`, async t => {
    t.notOk(new CollectorRules(parseConfig(redactionConfig, `{${yaml}, blocked_values: ['x@y']}`)).isAboutValues)
  })
}

t.test('both scanners find the same ends of factors, at seams too', async t => {
  const random = new SeededRandom(4)
  const sets = [
    '4[0-9]{12}',
    '[a-z]+@[a-z]+',
    '[0-9]{3}-[0-9]{2}-',
    'x',
    'ab',
    'AKIA',
    'ghp_',
    'é',
    '%40',
    '[é-ü]z',
  ].map(source => patternFactors([source], 1)!)
  for (let round = 0; round < 60; round++) {
    const tables = factorTables(Array.from({ length: 1 + random.below(12) }, () => random.pick(sets)).flat())
    const wasm = new WasmFactorScanner(tables)
    const plain = new PlainFactorScanner(tables)
    const size = random.pick([0, 1, 3, 63, 64, 65, 300, 32 * 1024 - 1, 32 * 1024, 32 * 1024 + 2, 70_000])
    const bytes = Buffer.from(random.bytes(size))
    for (let i = 0; i < size; i += 1 + random.below(60))
      bytes.write(random.pick(['a@b', '41234', '123-45-', 'AKIA', 'é', '%40']), i)
    wasm.find(bytes)
    plain.find(bytes)
    t.same([...wasm.found.subarray(0, wasm.count)], [...plain.found.subarray(0, plain.count)], `${size} bytes`)
  }
})
