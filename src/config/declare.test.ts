import t from 'tap'
import { ConfigError } from './config-error.ts'
import {
  attributeValue,
  bool,
  defineConfig,
  duration,
  list,
  map,
  oneOf,
  opaque,
  optional,
  section,
  string,
  uint,
  variant,
} from './declare.ts'
import { parseConfig } from './parse-config.ts'
import { queueConfig, retryConfig } from './sections/exporter-queue.ts'
import { grpcClientConfig, grpcServerConfig } from './sections/grpc.ts'
import { httpClientConfig, httpServerConfig } from './sections/http.ts'

const innerConfig = defineConfig({ size: uint('size', 4, 'A size.'), name: string('name', '') })
const sample = defineConfig(
  {
    sendBatchSize: uint('send_batch_size', 8192, 'Items.', { max: 10_000 }),
    timeoutMs: duration('timeout', '200ms', 'Longest time.'),
    compression: oneOf('compression', ['gzip', 'zstd', 'none'], 'gzip', 'Codec.'),
    headers: map('headers', opaque('', ''), {}, 'Headers.'),
    inner: section('inner', innerConfig, 'Inside.'),
    grpc: optional('grpc', innerConfig, 'Maybe.'),
    names: list('names', string('', ''), ['a']),
    isFast: bool('fast', true),
    value: attributeValue('value'),
    actions: list('actions', variant('', 'type', { put: innerConfig, drop: defineConfig({ at: uint('at', 1) }) })),
  },
  (config, problems) => {
    if (config.sendBatchSize === 13) problems.error(['send_batch_size'], 'must not be 13', 'take 14')
  },
)

function codes(yamlText: string): string[] {
  try {
    parseConfig(sample, yamlText)
    return []
  } catch (error) {
    return (error as ConfigError).problems.filter(p => p.severity === 'error').map(p => p.code)
  }
}

t.test('gives every default where nothing is written', async t => {
  const config = parseConfig(sample, '')
  t.same(config, {
    sendBatchSize: 8192,
    timeoutMs: 200,
    compression: 'gzip',
    headers: {},
    inner: { size: 4, name: '' },
    grpc: undefined,
    names: ['a'],
    isFast: true,
    value: undefined,
    actions: [],
  })
})

t.test('reads what is written, with types', async t => {
  const config = parseConfig(
    sample,
    `
send_batch_size: 1_000
timeout: 1m30s
compression: zstd
headers: { authorization: "Bearer s3cret" }
inner: { size: 0x10 }
grpc:
names: x,y
fast: false
value: [1, 1.5, yes, { a: 9007199254740993 }]
actions: [{ type: put, size: 1 }, { type: drop }]
`,
  )
  t.equal(config.sendBatchSize, 1000)
  t.equal(config.timeoutMs, 90_000)
  t.equal(config.compression, 'zstd')
  t.equal(config.headers['authorization']?.reveal(), 'Bearer s3cret')
  t.notMatch(JSON.stringify(config.headers), 's3cret')
  t.same(config.grpc, { size: 4, name: '' })
  t.same(config.names, ['x', 'y'])
  t.strictSame(config.value, [1n, 1.5, 'yes', { a: 9007199254740993n }])
  t.same(config.actions, [
    { type: 'put', size: 1, name: '' },
    { type: 'drop', at: 1 },
  ])
})

for (const { name, yaml, expected } of [
  { name: 'an unknown key', yaml: 'send_batch_sizes: 1', expected: ['SLC0102'] },
  { name: 'text for a number', yaml: 'send_batch_size: "12"', expected: ['SLC0103'] },
  { name: 'a fraction for a whole number', yaml: 'send_batch_size: 1.5', expected: ['SLC0103'] },
  { name: 'a negative number', yaml: 'send_batch_size: -1', expected: ['SLC0105'] },
  { name: 'the limit itself', yaml: 'send_batch_size: 10000', expected: [] },
  { name: 'one above the limit', yaml: 'send_batch_size: 10001', expected: ['SLC0105'] },
  { name: 'a number for text', yaml: 'inner: { name: 12 }', expected: ['SLC0103'] },
  { name: 'yes for a boolean', yaml: 'fast: yes', expected: ['SLC0103'] },
  { name: 'a word outside the set', yaml: 'compression: GZIP', expected: ['SLC0104'] },
  { name: 'days', yaml: 'timeout: 1d', expected: ['SLC0108'] },
  { name: 'what a check finds', yaml: 'send_batch_size: 13', expected: ['SLC0110'] },
  { name: 'a key twice', yaml: 'fast: true\nfast: false', expected: ['SLC0107'] },
  { name: 'an unknown variant', yaml: 'actions: [{ type: puts }]', expected: ['SLC0104'] },
  { name: 'a key of another variant', yaml: 'actions: [{ type: drop, size: 1 }]', expected: ['SLC0102'] },
  { name: 'a missing space', yaml: 'inner: size:4', expected: ['SLC0113'] },
  { name: 'two mistakes at once', yaml: 'fast: 1\ntimeout: soon', expected: ['SLC0103', 'SLC0108'] },
]) {
  t.test(`judges ${name}`, async t => t.same(codes(yaml), expected))
}

t.test('the shared blocks parse their own defaults', async t => {
  t.equal(parseConfig(httpServerConfig, '').endpoint, 'localhost:4318')
  t.equal(parseConfig(httpClientConfig, 'endpoint: http://a:1').timeoutMs, 30_000)
  t.equal(
    parseConfig(grpcServerConfig, 'keepalive: { server_parameters: { time: 1m } }').keepalive?.serverParameters?.timeMs,
    60_000,
  )
  t.equal(parseConfig(grpcClientConfig, 'endpoint: a:1\ntls: { insecure: true }').tls.insecure, true)
  t.equal(parseConfig(queueConfig, 'batch:').batch?.minSize, 8192)
  t.equal(parseConfig(retryConfig, '').maxElapsedTimeMs, 300_000)
  t.throws(() => parseConfig(grpcClientConfig, ''), ConfigError)
})

t.test('a wrong item of a list is named by its list and its place', async t => {
  const even = string('', '', '', {
    validate: (value: string) => (value.length % 2 === 0 ? undefined : `is odd: "${value}"`),
  })
  const outer = defineConfig({ inner: section('inner', defineConfig({ names: list('names', even, []) })) })
  t.throws(() => parseConfig(outer, 'inner: {names: [ab, c]}'), { message: /"names\[1\]" is odd: "c"/ })
})
