import { createHmac, generateKeyPairSync } from 'node:crypto'
import t from 'tap'
import { parseConfig } from '../../config/parse-config.ts'
import { attributesOf, recordsOf, requestOf, runProcessor, valuesOf } from '../../testkit/run-processor.ts'
import { redactionConfig } from './config.ts'
import { RedactionStage } from './redaction-stage.ts'
import { openSeal } from './sealed-box.ts'

const card = '4929 3813 3266 4295'

function run(yaml: string, attributes: Record<string, unknown>) {
  const stage = new RedactionStage(parseConfig(redactionConfig, yaml), 'traces')
  const out = runProcessor(stage, 'traces', requestOf('traces', [{ name: 'a', attributes: attributesOf(attributes) }]))
  return { ...out, values: valuesOf(recordsOf('traces', out.request)[0]?.['attributes']) as Record<string, unknown> }
}

t.test('labels are constant, and may be one`s own', async t => {
  t.same(run('profile: standard', { a: `pay ${card}` }).values, { a: 'pay [card]' })
  t.same(run('detectors: {card: {label: "<card>"}}', { a: card }).values, { a: '<card>' })
})

t.test('a name and its value may be fields of their own', async t => {
  const list = (...texts: string[]) => ({ arrayValue: { values: texts.map(stringValue => ({ stringValue })) } })
  const pair = (name: string, value: string) => ({
    kvlistValue: {
      values: [
        { key: 'name', value: { stringValue: name } },
        { key: 'value', value: { stringValue: value } },
      ],
    },
  })
  for (const [before, after] of [
    [list('tool', '--password', 'hunter22', '-v'), list('tool', '--password', '[secret]', '-v')],
    [list('tool', '--level', 'hunter22'), list('tool', '--level', 'hunter22')],
    [list('--api-key', '--verbose', 'k3hd82hf9a'), list('--api-key', '--verbose', 'k3hd82hf9a')],
    [pair('X-Api-Key', 'k3hd82hf9a'), pair('X-Api-Key', '[secret]')],
    [pair('x-request-key', 'k3hd82hf9a'), pair('x-request-key', 'k3hd82hf9a')],
  ]) {
    const stage = new RedactionStage(parseConfig(redactionConfig, 'profile: standard'), 'logs')
    const records = [{ body: before, attributes: [{ key: 'process.command_args', value: before }] }]
    const [record] = recordsOf('logs', runProcessor(stage, 'logs', requestOf('logs', records)).request)
    t.same(record?.['body'], after)
    t.same(record?.['attributes'], [{ key: 'process.command_args', value: after }])
  }
})

t.test('a token with dots behind an encoded header is found', async t => {
  const url = 'https://x.test/find?q=Authorization%3A%20Bearer%20'
  t.same(run('profile: standard', { 'url.full': `${url}a2OtG.5JneR7MD3E2Bpuperz-l2Urx9MK&n=1` }).values, {
    'url.full': `${url}[authorization]`,
  })
})

t.test('national ids are found as their countries print them, with and without a word for them', async t => {
  for (const [locale, detector, value] of [
    ['it', 'it_codice_fiscale', 'RSSMRA85T10A562S'],
    ['fr', 'fr_nir', '2 55 08 14 168 025 38'],
  ] as const) {
    const yaml = `{profile: standard, locales: [${locale}]}`
    for (const frame of ['@', 'the holder @ has signed', '(@)', '{"x":"@"}', 'https://x.test/u/@?n=1', 'codice: @.']) {
      t.same(run(yaml, { a: frame.replace('@', value) }).values, { a: frame.replace('@', `[${detector}]`) })
    }
    // The check letter or digits of somebody else.
    const wrong = value.replace(/.$/, last => (last === 'S' ? 'T' : '9'))
    t.same(run(yaml, { a: `see ${wrong}` }).values, { a: `see ${wrong}` })
    t.same(run('{profile: standard, locales: [us]}', { a: `see ${value}` }).values, { a: `see ${value}` })
  }
})

t.test('an id that could be anything is found behind words for it', async t => {
  for (const text of ['NI number @', 'my NI no. is @, ok', 'national insurance number: @', 'Insurance number @']) {
    t.same(run('profile: standard', { a: text.replace('@', 'AB123456C') }).values, {
      a: text.replace('@', '[uk_nino]'),
    })
  }
  t.same(run('profile: standard', { national_insurance_number: 'AB123456C', pan: 'ABCPE1234F' }).values, {
    national_insurance_number: '[uk_nino]',
    pan: '[in_pan]',
  })
  for (const text of ['alumni number AB123456C', 'part AB123456C', 'omni node ABCPE1234F']) {
    t.same(run('profile: standard', { a: text }).values, { a: text })
  }
  t.same(run('{profile: standard, locales: [fr]}', { a: 'numéro de sécurité sociale 255081416802538' }).values, {
    a: 'numéro de sécurité sociale [fr_nir]',
  })
})

t.test('masks keep at most a third', async t => {
  t.same(run('detectors: {card: {action: mask, keep_last: 4}}', { a: card }).values, { a: '**** **** **** 4295' })
  t.same(run('detectors: {card: {action: mask, keep_last: 40}}', { a: card }).values, { a: '**** **** ***6 4295' })
  t.same(run('detectors: {email: {action: mask, keep_last: 1}}', { a: 'bob@example.com' }).values, {
    a: '***@example.com',
  })
})

t.test('hashes are keyed, name their key, and ignore how a number is written', async t => {
  const yaml = 'action: hash\nhash: {key: 0123456789abcdef0123, key_id: k2}'
  const expected = createHmac('sha256', '0123456789abcdef0123')
    .update('card\0')
    .update('4929381332664295')
    .digest('hex')
  t.same(run(yaml, { a: card, b: card.replaceAll(' ', '-') }).values, {
    a: `k2:${expected.slice(0, 16)}`,
    b: `k2:${expected.slice(0, 16)}`,
  })
  t.throws(() => parseConfig(redactionConfig, 'action: hash'), /16 bytes/)
})

t.test('pseudonyms keep the shape and repeat', async t => {
  const yaml = 'action: tokenize\nhash: {key: 0123456789abcdef0123}'
  const { values } = run(yaml, { a: card, b: card, c: 'bob@example.com', d: '93.184.216.34' })
  t.equal(values['a'], values['b'])
  t.match(values['a'], /^9\d{3} \d{4} \d{4} \d{4}$/)
  t.match(values['c'], /^[0-9a-f]{12}@redacted\.invalid$/)
  t.match(values['d'], /^198\.1[89]\.\d+\.\d+$/)
})

t.test('drop removes the attribute, drop_record the span', async t => {
  t.same(run('detectors: {card: {action: drop}}', { a: card, b: 'x' }).values, { b: 'x' })
  const out = run('detectors: {card: {action: drop_record}}', { a: card })
  t.equal(out.itemCount, 0)
  t.same(out.counts[0]?.dropReason, 'redacted')
  t.equal(out.counts[0]?.dropped, 1)
})

t.test('encrypt seals what it takes for the holder of the private key', async t => {
  const pair = generateKeyPairSync('x25519')
  const key = pair.publicKey.export({ format: 'der', type: 'spki' }).subarray(-32).toString('base64')
  const { values } = run(`action: encrypt\nencrypt: {public_key: ${key}}`, { a: card })
  t.equal(values['a'], '[card]')
  t.same(JSON.parse(openSeal(pair.privateKey, String(values['redaction.sealed']))), [
    { detector: 'card', field: 'span_attributes', text: card },
  ])
  t.throws(() => openSeal(generateKeyPairSync('x25519').privateKey, String(values['redaction.sealed'])))
})

t.test('what stays beside a removed attribute is redacted in every message', async t => {
  const attributes = attributesOf({ gone: 'x', kept: 'bob@example.com' })
  const kept = attributesOf({ kept: '[email]' })
  const point = { asDouble: 1, attributes, exemplars: [{ asDouble: 1, filteredAttributes: attributes }] }
  const after = { asDouble: 1, attributes: kept, exemplars: [{ asDouble: 1, filteredAttributes: kept }] }
  for (const [signal, before, expected] of [
    ['metrics', { name: 'm', gauge: { dataPoints: [point] } }, { name: 'm', gauge: { dataPoints: [after] } }],
    ['metrics', { name: 'm', sum: { dataPoints: [point, point] } }, { name: 'm', sum: { dataPoints: [after, after] } }],
    ['logs', { attributes }, { attributes: kept }],
    [
      'traces',
      { name: 'a', attributes, events: [{ attributes }], links: [{ attributes }] },
      { name: 'a', attributes: kept, events: [{ attributes: kept }], links: [{ attributes: kept }] },
    ],
  ] as const) {
    const stage = new RedactionStage(parseConfig(redactionConfig, 'keys: {drop: [gone]}'), signal)
    const out = runProcessor(stage, signal, requestOf(signal, [before]))
    t.match(recordsOf(signal, out.request)[0], expected)
    t.notMatch(JSON.stringify(out.request), /bob@/)
  }
})

t.test('a field that is emptied as a whole takes everything found in it along', async t => {
  const yaml = 'detectors: {us_ssn: {action: drop}}'
  for (const text of ['536-22-8726 bob@example.com', 'bob@example.com 536-22-8726 amy@example.com']) {
    const stage = new RedactionStage(parseConfig(redactionConfig, yaml), 'logs')
    const { request } = runProcessor(stage, 'logs', requestOf('logs', [{ body: { stringValue: text } }]))
    t.same(recordsOf('logs', request)[0]!['body'], { stringValue: '' })
  }
})

t.test('a body that the Collector`s keys write anew is redacted in all of its parts', async t => {
  const yaml = `{profile: standard, allow_all_keys: true, blocked_values: [internal], blocked_key_patterns: [pin], summary: silent}`
  const stage = new RedactionStage(parseConfig(redactionConfig, yaml), 'logs')
  const body = {
    a: 'internal note',
    b: ['amy@example.com', { c: `paid with ${card}`, password: 'hunter22X' }],
    'bob@example.com': 'x',
    pin: '4821',
  }
  const value = (content: Record<string, unknown>) => ({ kvlistValue: { values: attributesOf(content) } })
  const out = runProcessor(stage, 'logs', requestOf('logs', [{ body: value(body) }]))
  t.same(
    recordsOf('logs', out.request)[0]!['body'],
    value({
      a: '**** note',
      b: ['[email]', { c: 'paid with [card]', password: '[secret]' }],
      '[email]': 'x',
      pin: '****',
    }),
  )
})

t.test('a dry run counts the same and changes nothing', async t => {
  const wet = run('profile: standard', { a: card })
  const dry = run('{profile: standard, dry_run: true}', { a: card })
  t.ok(dry.isSame)
  t.same(wet.counts[0]?.metrics, [['matches|card|label', 1]])
  t.same(dry.counts[0]?.metrics, [['matches|card|label|dry_run', 1]])
  const rules = run('{allow_all_keys: true, blocked_values: [secret], summary: debug, dry_run: true}', { a: 'secret' })
  t.ok(rules.isSame)
  t.same(rules.counts[0]?.metrics, [['matches|rules|masked|dry_run', 1]])
})

t.test('keys are dropped and forced whatever their values are, and in bodies, too', async t => {
  const yaml = '{profile: standard, keys: {exempt: [raw], force: [nick], drop: [tmp]}}'
  const forced = run(yaml, { nick: 5n, raw: 'bob@example.com', other: 7n })
  t.same(forced.values, { nick: '[redacted]', raw: 'bob@example.com', other: 7n })
  t.same(run(yaml, { nick: [1n, 'a', { b: true }] }).values, { nick: '[redacted]' })
  const value = (content: Record<string, unknown>) => ({ kvlistValue: { values: attributesOf(content) } })
  const stage = new RedactionStage(parseConfig(redactionConfig, yaml), 'logs')
  const before = { nick: 5n, tmp: 'bob@example.com', raw: 'amy@example.com', note: 'to bob@example.com', n: 1n }
  const out = runProcessor(stage, 'logs', requestOf('logs', [{ body: value(before) }]))
  t.same(
    recordsOf('logs', out.request)[0]!['body'],
    value({ nick: '[redacted]', raw: 'amy@example.com', note: 'to [email]', n: 1n }),
  )
})

t.test('keys are exempt, forced or dropped by name', async t => {
  const yaml = '{profile: standard, keys: {exempt: ["raw.*"], force: [nick], drop: ["tmp.*"]}}'
  t.same(run(yaml, { 'raw.card': card, nick: 'bo', 'tmp.x': 'y', b: card }).values, {
    'raw.card': card,
    nick: '[redacted]',
    b: '[card]',
  })
})

t.test('what is allowed or suppressed is left, and only that', async t => {
  const yaml =
    '{profile: standard, allow: {suffixes: ["@example.com"]}, suppress: [{detector: phone, starts_with: ["+1415"]}]}'
  const out = run(yaml, { a: `bob@example.com ${card}`, b: '+14155552671 and +442079460958' })
  t.same(out.values, { a: 'bob@example.com [card]', b: '+14155552671 and [phone]' })
  t.ok(out.counts[0]?.metrics.some(([name]) => name === 'suppressed|allowed'))
})

t.test('rules of one`s own need their words and pass their checks', async t => {
  const yaml = `{profile: none, rules: [{name: badge, pattern: 'B-(\\d{6})', group: 1, keywords: [badge]}, {name: n, pattern: '\\b\\d{4}\\b', validator: luhn}]}`
  t.same(run(yaml, { a: 'badge B-123456, and the code of the article is B-654321', b: 'häuser 0018 0017' }).values, {
    a: 'badge B-[badge], and the code of the article is B-654321',
    b: 'häuser [n] 0017',
  })
})

t.test('a bare number in JSON becomes a quoted label, as deep as it stands', async t => {
  const inner = JSON.stringify({ card: 4929381332664295, n: 1 })
  const { values } = run('profile: standard', { a: inner, b: JSON.stringify({ body: inner }) })
  t.same(JSON.parse(String(values['a'])), { card: '[card]', n: 1 })
  t.same(JSON.parse(JSON.parse(String(values['b'])).body), { card: '[card]', n: 1 })
})

t.test('a value over the limit that holds a candidate is replaced whole, and one at the limit is searched', async t => {
  const yaml = '{profile: standard, max_value_bytes: 100}'
  const at = `${'x '.repeat(40)}${card}  `.slice(0, 100)
  t.match(run(yaml, { a: at.padEnd(100) }).values['a'], /\[card\]/)
  const over = run(yaml, { a: at.padEnd(101), b: card })
  t.same(over.values, { a: '[oversized]', b: '[card]' })
  t.ok(over.counts[0]?.metrics.some(([name]) => name === 'errors|oversized'))
})

t.test(
  'a value whose names read it over and over is replaced whole, and what they might have led to with it',
  async t => {
    for (const hostile of ['pw=', 'auth: ']) {
      const value = `${hostile.repeat(20_000)} 4111 1111 1111 1111`
      const out = run('profile: standard', { a: value, b: 'card 4111 1111 1111 1111' })
      t.same(out.values, { a: '[redaction_error]', b: 'card [card]' })
      t.ok(out.counts[0]?.metrics.some(([name]) => name === 'errors|inspection'))
    }
  },
)

t.test('what was searched in vain for one candidate is no obstacle to the next', async t => {
  const urls = 'x://'.repeat(600)
  t.match(run('profile: standard', { a: `${urls}u:Xk29dLmzQ4@h` }).values['a'], /:\[url_credentials\]@h$/)
  const names = 'api_key: '.repeat(300)
  t.match(run('profile: standard', { a: `${names}8f3kd93jf93kdkf93kdf` }).values['a'], /api_key: \[secret\]$/)
  const header = `auth: ${'y '.repeat(200)}\ncookie: a=1\n`
  t.equal(run('profile: standard', { a: header.repeat(3) }).values['a'], header.replace('a=1', 'a=[cookie]').repeat(3))
})

t.test('nothing found: the same bytes', async t => {
  t.ok(run('profile: standard', { a: 'GET /orders', b: 10n }).isSame)
})

t.test('text outside of attributes that is dropped takes no attribute with it', async t => {
  for (const more of ['', ", {name: never, pattern: '[a-z]+', keywords: [nowhere]}"]) {
    const yaml = `{profile: none, rules: [{name: id, pattern: '/users/[0-9]+', action: drop}${more}]}`
    const stage = new RedactionStage(parseConfig(redactionConfig, yaml), 'traces')
    const span = { name: 'a', attributes: attributesOf({ a: 'x', b: '/users/1' }), status: { message: 'at /users/17' } }
    const out = recordsOf('traces', runProcessor(stage, 'traces', requestOf('traces', [span])).request)[0]!
    t.same(valuesOf(out['attributes']), { a: 'x' })
    t.notOk((out['status'] as { message?: string }).message)
  }
})
