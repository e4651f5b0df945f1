import t from 'tap'
import { parseConfig } from '../../config/parse-config.ts'
import { redactionConfig } from './config.ts'

const key = '0123456789abcdef'
/** A broken file, and what its error has to say. */
const broken: readonly (readonly [yaml: string, says: RegExp])[] = [
  ['profile: standart', /did you mean "standard"/],
  ['detectors: {emial: {}}', /did you mean email/],
  ['suppress: [{detector: emial}]', /did you mean email/],
  ['fields: {span_nam: false}', /did you mean span_name/],
  ['locales: [xx]', /no locale/],
  ['addresses: [publick]', /did you mean public/],
  ['action: tokenize', /at least 16 bytes/],
  ['hash: {key: short}', /at least 16 bytes/],
  [`hash: {key: "${key}", key_id: 'a"b'}`, /break JSON/],
  ['action: encrypt', /needs a public_key/],
  ['encrypt: {public_key: abc}', /no X25519 public key/],
  ['rules: [{name: a, pattern: "(?=x)"}]', /no RE2 pattern/],
  ['rules: [{name: a, pattern: "(x)", group: 2}]', /at most 1/],
  ['rules: [{name: email, pattern: x}]', /taken: email/],
  ['rules: [{name: a, pattern: x}, {name: a, pattern: y}]', /taken: a/],
  [`rules: [{name: 'a"b', pattern: x}]`, /break JSON/],
  ['detectors: {email: {label: "a\\nb"}}', /break JSON/],
  ['mask_character: "**"', /one ASCII character/],
  ['allow: {hashes: [zz]}', /64 hex digits/],
  ['hash_function: hmac-sha512', /at least 64 bytes/],
]

for (const [yaml, says] of broken) {
  t.test(`refuses ${yaml}`, async t => {
    t.throws(() => parseConfig(redactionConfig, yaml), says)
  })
}

t.test('takes what is whole', async t => {
  const yaml = `rules: [{name: badge, pattern: 'B-(\\d{6})', group: 1}]\nsuppress: [{detector: badge, exact: [B-000000]}]\nhash: {key: "${key}"}`
  t.equal(parseConfig(redactionConfig, yaml).rules[0]!.name, 'badge')
})
