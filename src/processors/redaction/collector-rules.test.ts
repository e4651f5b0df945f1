import { createHash, createHmac } from 'node:crypto'
import t from 'tap'
import { parseConfig } from '../../config/parse-config.ts'
import { attributesOf, recordsOf, requestOf, runProcessor, valuesOf } from '../../testkit/run-processor.ts'
import { redactionConfig } from './config.ts'
import { sanitizeJson, sanitizeSql } from './db-sanitizer.ts'
import { RedactionStage } from './redaction-stage.ts'
import { sanitizeMemcached, sanitizeRedis } from './redis-sanitizer.ts'
import { sanitizeUrl, sanitizeUrlsInText } from './url-sanitizer.ts'

/** What the processor makes of a span's attributes. */
function redact(yaml: string, before: Record<string, unknown>) {
  const stage = new RedactionStage(parseConfig(redactionConfig, yaml), 'traces')
  const out = runProcessor(stage, 'traces', requestOf('traces', [{ name: 'a', attributes: attributesOf(before) }]))
  return valuesOf(recordsOf('traces', out.request)[0]?.['attributes'])
}

const quiet = 'summary: silent'

t.test('an empty file removes every attribute, as there', async t => {
  t.same(redact('{}', { a: 'x', b: 1n }), {})
  t.same(redact('summary: ""', { a: 'x', b: 1n }), {}, 'an empty summary is none, as there')
  t.same(redact('summary: info', { a: 'x', b: 1n }), { 'redaction.redacted.count': 2n })
})

t.test('allowed_keys stay, ignored keys are untouched by everything', async t => {
  const yaml = `{allowed_keys: [a], ignored_keys: [id], ignored_key_patterns: ['^safe'], blocked_values: [secret], ${quiet}}`
  t.same(redact(yaml, { a: 'a secret', b: 'x', id: 'secret', safe_one: 'secret' }), {
    a: 'a ****',
    id: 'secret',
    safe_one: 'secret',
  })
})

t.test('attributes that are not allowed go wherever they stand', async t => {
  const attributes = attributesOf({ a: 'x', b: 'y' })
  const kept = attributesOf({ a: 'x' })
  const spanOf = (list: unknown) => ({
    name: 's',
    attributes: list,
    events: [{ attributes: list }],
    links: [{ attributes: list }],
  })
  const metricOf = (list: unknown) => ({
    name: 'm',
    metadata: list,
    sum: { dataPoints: [{ attributes: list, exemplars: [{ filteredAttributes: list }] }] },
  })
  for (const [signal, record, expected] of [
    ['traces', spanOf(attributes), spanOf(kept)],
    ['metrics', metricOf(attributes), metricOf(kept)],
    ['logs', { attributes }, { attributes: kept }],
  ] as const) {
    const stage = new RedactionStage(parseConfig(redactionConfig, 'allowed_keys: [a]'), signal)
    const out = runProcessor(stage, signal, requestOf(signal, [record]))
    const plain = (records: unknown) => JSON.parse(JSON.stringify(records))
    t.match(plain(recordsOf(signal, out.request)), plain([expected]), signal)
    t.notMatch(JSON.stringify(recordsOf(signal, out.request)), '"b"', signal)
  }
})

t.test('blocked values apply in the order of the file, on the running text', async t => {
  const yaml = (values: string) => `{allow_all_keys: true, blocked_values: [${values}], ${quiet}}`
  t.same(redact(yaml(`'4[0-9]{3}', '4000 1111'`), { a: '4000 1111' }), { a: '**** 1111' })
  t.same(redact(yaml(`'4000 1111', '4[0-9]{3}'`), { a: '4000 1111' }), { a: '****' })
})

t.test('an allowed value protects the whole value, also under a blocked key', async t => {
  const yaml = `{allow_all_keys: true, blocked_key_patterns: ['.*token.*'], blocked_values: ['[0-9]+'], allowed_values: ['.+@mycompany.com'], ${quiet}}`
  t.same(redact(yaml, { my_token: 'a@mycompany.com 12', other: 'n 12', token: 'a\nb', n_token: 5n }), {
    my_token: 'a@mycompany.com 12',
    other: 'n ****',
    token: '****',
    n_token: '****',
  })
})

t.test('other types are looked at as text where the file says so', async t => {
  const yaml = `{allow_all_keys: true, redact_all_types: true, blocked_values: ['4[0-9]{5}'], ${quiet}}`
  t.same(redact(yaml, { a: 412345n, b: 7n, c: ['x 412345'] }), { a: '****', b: 7n, c: '["x ****"]' })
})

t.test('hashes take the place of the mask', async t => {
  const hash = (name: string) => createHash(name).update('secret').digest('hex')
  const yaml = (name: string) => `{allow_all_keys: true, blocked_values: [secret], hash_function: ${name}, ${quiet}}`
  t.same(redact(yaml('md5'), { a: 'a secret' }), { a: `a ${hash('md5')}` })
  t.same(redact(yaml('sha1'), { a: 'a secret' }), { a: `a ${hash('sha1')}` })
  t.same(redact(yaml('sha3'), { a: 'a secret' }), { a: `a ${hash('sha3-256')}` })
  const key = 'k'.repeat(32)
  const keyed = `{allow_all_keys: true, blocked_values: [secret], hash_function: hmac-sha256, hmac_key: ${key}, ${quiet}}`
  t.same(redact(keyed, { a: 'secret' }), { a: createHmac('sha256', key).update('secret').digest('hex') })
  t.throws(() => redact('{hash_function: hmac-sha256, hmac_key: short}', {}), /32 bytes/)
})

t.test('the summary counts, names keys in debug, and adds to an earlier one', async t => {
  const yaml = `{allowed_keys: [a, b, c], ignored_keys: [id], blocked_values: [secret], allowed_values: [fine], summary: debug}`
  t.same(
    redact(yaml, {
      a: 'secret',
      b: 'fine',
      id: 'x',
      d: 'y',
      e: 'z',
      'redaction.masked.keys': 'q',
      'redaction.masked.count': 2n,
    }),
    {
      a: '****',
      b: 'fine',
      id: 'x',
      'redaction.masked.keys': 'a,q',
      'redaction.masked.count': 3n,
      'redaction.redacted.keys': 'd,e',
      'redaction.redacted.count': 2n,
      'redaction.allowed.keys': 'b',
      'redaction.allowed.count': 1n,
      'redaction.ignored.count': 1n,
    },
  )
})

t.test('log bodies are walked by key', async t => {
  const yaml = '{allow_all_keys: true, blocked_values: [secret], blocked_key_patterns: [pass], summary: debug}'
  const stage = new RedactionStage(parseConfig(redactionConfig, yaml), 'logs')
  const body = { kvlistValue: { values: attributesOf({ a: ['x', 'secret'], pass: 'word', n: 1n, d: 2 }) } }
  const out = runProcessor(stage, 'logs', requestOf('logs', [{ body }]))
  const record = recordsOf('logs', out.request)[0]!
  t.same(record['body'], { kvlistValue: { values: attributesOf({ a: ['x', '****'], pass: '****', n: 1n, d: 2 }) } })
  t.same(valuesOf(record['attributes']), {
    'redaction.body.masked.count': 2n,
    'redaction.body.masked.keys': 'a.[1],pass',
  })
})

t.test('numbers in bodies are text, as there, whatever redact_all_types says', async t => {
  const yaml = `{allow_all_keys: true, blocked_values: ['4[0-9]{15}'], ${quiet}}`
  const stage = new RedactionStage(parseConfig(redactionConfig, yaml), 'logs')
  const bodies = [{ intValue: '4111111111111111' }, { stringValue: 'clean' }, { doubleValue: 2.5 }]
  const records = bodies.map(body => ({ body }))
  const out = runProcessor(stage, 'logs', requestOf('logs', records))
  t.same(
    recordsOf('logs', out.request).map(({ body }) => body),
    [{ stringValue: '****' }, { stringValue: 'clean' }, { doubleValue: 2.5 }],
  )
  const deep = { arrayValue: { values: [{ stringValue: 'a' }, { intValue: '4111111111111111' }] } }
  const nested = runProcessor(stage, 'logs', requestOf('logs', [{ body: deep }]))
  t.same(recordsOf('logs', nested.request)[0]!['body'], {
    arrayValue: { values: [{ stringValue: 'a' }, { stringValue: '****' }] },
  })
})

t.test('a pattern that matches nothing at all masks what is no text, too', async t => {
  t.same(redact(`{allow_all_keys: true, blocked_values: ['.*'], ${quiet}}`, { a: 'x', n: 5n, e: '' }), {
    a: '****',
    n: '****',
    e: '****',
  })
})

t.test('a profile beside the Collector`s keys redacts what they leave', async t => {
  const yaml = '{profile: standard, blocked_values: [secret]}'
  t.same(redact(yaml, { a: 'secret of bob@example.com', b: 'ann@example.com' }), { a: '**** of [email]', b: '[email]' })
})

t.test('patterns outside of RE2 are refused', async t => {
  t.throws(() => parseConfig(redactionConfig, `{blocked_values: ['(?<=a)b']}`), /RE2/)
})

t.test('URLs lose what varies', async t => {
  t.equal(sanitizeUrl('https://shop.test/users/17/orders/5f2b9c?x=1#y'), 'https://shop.test/users/*/orders/*')
  t.equal(sanitizeUrl('/api/v1/products'), '/api/v1/products')
  t.equal(sanitizeUrl('/users/{id}/<int:n>/:k/{"id":7}'), '/users/{id}/<int:n>/:k/*')
  const yaml = '{allow_all_keys: true, url_sanitizer: {enabled: true, attributes: [http.url]}}'
  t.same(
    redact(`{allow_all_keys: true, summary: silent, ${yaml.slice(23)}`, {
      'http.url': '/users/17',
      other: '/users/17',
    }),
    {
      'http.url': '/users/*',
      other: '/users/17',
    },
  )
})

t.test('bodies of logs lose what varies in their URLs, and keep their words', async t => {
  // What the Collector makes of the first two and of the map is the same; of the others it leaves a star.
  for (const [text, sanitized] of [
    ['/users/123/orders/9f3b?x=1', '/users/*/orders/*'],
    ['plain words only', 'plain words only'],
    ['GET /users/123 took 5ms', 'GET /users/* took 5ms'],
    [
      'see https://shop.test/users/17, "/api/v1/items/42" and a/b 3/4',
      'see https://shop.test/users/*, "/api/v1/items/*" and a/b 3/4',
    ],
  ] as const)
    t.equal(sanitizeUrlsInText(text), sanitized)
  const stage = new RedactionStage(
    parseConfig(redactionConfig, '{allow_all_keys: true, url_sanitizer: {enabled: true}}'),
    'logs',
  )
  const bodies = [
    { stringValue: 'GET /users/123 took 5ms' },
    { kvlistValue: { values: [{ key: 'url', value: { stringValue: '/users/123' } }] } },
  ]
  const out = runProcessor(
    stage,
    'logs',
    requestOf(
      'logs',
      bodies.map(body => ({ body })),
    ),
  )
  t.same(
    recordsOf('logs', out.request).map(({ body }) => body),
    [
      { stringValue: 'GET /users/* took 5ms' },
      { kvlistValue: { values: [{ key: 'url', value: { stringValue: '/users/*' } }] } },
    ],
  )
})

t.test('the database system of a record chooses its sanitizer', async t => {
  const yaml = `{allow_all_keys: true, ${quiet}, db_sanitizer: {sql: {enabled: true, attributes: [q]}, redis: {enabled: true, attributes: [q]}, mongo: {enabled: true, attributes: [q]}}}`
  const of = (system: string, q: string) => redact(yaml, { 'db.system.name': system, q })['q']
  t.equal(of('PostgreSQL', "SELECT 'x'"), 'SELECT ?')
  t.equal(of('redis', "SET 'x' 5"), "SET 'x' ?")
  t.equal(of('memcached', "set 'x' 5"), "set 'x' 5", 'another system, whose section is off')
  t.same(redact(yaml, { 'db.system': 'mysql', q: 'a = 5' }), { 'db.system': 'mysql', q: 'a = ?' })
  const sql = `{allow_all_keys: true, ${quiet}, db_sanitizer: {sql: {enabled: true, attributes: [q]}}}`
  t.same(redact(sql, { q: 'a = 5' }), { q: 'a = ?' }, 'no system: an attribute that a section names loses its literals')
  t.same(redact(sql, { 'db.system': 'mssql', q: 'a = 5' }), { 'db.system': 'mssql', q: 'a = ?' })
})

t.test('names of spans of a database lose literals, bodies of logs too', async t => {
  const yaml = (more = '') =>
    parseConfig(redactionConfig, `{allow_all_keys: true, ${quiet}, db_sanitizer: {sql: {enabled: true}${more}}}`)
  const name = (text: string, attributes: Record<string, unknown>, kind: number, more = '') => {
    const span = { name: text, kind, attributes: attributesOf(attributes) }
    const { request } = runProcessor(new RedactionStage(yaml(more), 'traces'), 'traces', requestOf('traces', [span]))
    return recordsOf('traces', request)[0]?.['name']
  }
  t.equal(name('SELECT a WHERE b = 5', { 'db.system': 'mysql' }, 3), 'SELECT a WHERE b = ?')
  t.equal(name('SELECT a WHERE b = 5', {}, 3), 'SELECT a WHERE b = 5')
  t.equal(name('SELECT a WHERE b = 5', { 'db.system': 'mysql' }, 4), 'SELECT a WHERE b = 5')
  t.equal(name('SELECT b = 5', { 'db.system': 'mysql' }, 3, ', sanitize_span_name: false'), 'SELECT b = 5')
  const body = { stringValue: "SELECT a WHERE b = 'x'" }
  const { request } = runProcessor(new RedactionStage(yaml(), 'logs'), 'logs', requestOf('logs', [{ body }]))
  t.same(recordsOf('logs', request)[0]?.['body'], { stringValue: 'SELECT a WHERE b = ?' })
})

t.test('queries lose their literals', async t => {
  // As the Collector has them, but for what stands in a comment.
  for (const [query, expected] of [
    [
      "SELECT * FROM t1 WHERE a = 'it''s' AND b = 4.5 AND c IN (1, 2)",
      'SELECT * FROM t? WHERE a = ?? AND b = ? AND c IN (?, ?)',
    ],
    ['INSERT INTO "my col2" VALUES ($1, $tag$ a $tag$)', 'INSERT INTO "my col?" VALUES (?, ?)'],
    [
      'SELECT f1(2), t.true FROM t\n WHERE a = true AND b IS NULL',
      'SELECT f1(?), t.true FROM t\n WHERE a = ? AND b IS ?',
    ],
    ["a=-1.5e10 OR b = -5 OR c = :name1 OR d = @v2 OR e = N'x'", 'a=-? OR b = ? OR c = :name? OR d = @v2 OR e = N?'],
    ['GET user:42 10.1.2.3 0x1f 07e4 7e4', 'GET user:? ? ? ?e? ?'],
    ["SELECT 1 -- of 'bob', 5", 'SELECT ? -- of ?, ?'],
  ] as const)
    t.equal(sanitizeSql(query), expected)
  for (const [command, expected] of [
    ['SET user:17 secret EX 60', 'SET user:17 ? EX 60'],
    ['set k "two words"\nGET k', 'set k ?\nGET k'],
    ['AUTH bob hunter2', 'AUTH ?'],
    ['HSET k f v g w', 'HSET k f ? g ?'],
    ['MSET a 1 b 2', 'MSET a ? b ?'],
    ['ZADD k NX 1 m 2 n', 'ZADD k NX 1 ? 2 ?'],
    ['LPUSH k a b c', 'LPUSH k ?'],
    ['CONFIG SET requirepass x', 'CONFIG SET requirepass ?'],
    ['CONFIG GET save', 'CONFIG GET save'],
    ['BITFIELD k SET i8 0 5', 'BITFIELD k SET i8 0 ?'],
    ['HELLO 3 AUTH bob hunter2', 'HELLO ?'],
    ['PING', 'PING'],
  ] as const)
    t.equal(sanitizeRedis(command), expected)
  t.equal(sanitizeMemcached('set k 0 60 5\r\nvalue\r\n'), 'set k 0 60 5')
  t.equal(sanitizeJson('{"find":"users","filter":{"age":{"$gt":5}}}'), '{"find":"?","filter":{"age":{"$gt":"?"}}}')
  t.equal(sanitizeJson('{not json'), '?')
})
