import t from 'tap'
import { parseConfig } from '../../config/parse-config.ts'
import type { Plain } from '../../testkit/otlp-oracle.ts'
import { attributesOf, recordsOf, requestOf, runProcessor, valuesOf } from '../../testkit/run-processor.ts'
import { transformConfig } from './config.ts'
import { createTransformStage } from './transform-stage.ts'

const kinds = { unspecified: 0, internal: 1, server: 2, client: 3, producer: 4, consumer: 5 }

function run(spans: readonly Plain[], args: string) {
  const yaml = JSON.stringify({
    error_mode: 'propagate',
    trace_statements: [`set_semconv_span_name(${args})`, 'set(span.attributes["seen"], 1) where false'],
  })
  const stage = createTransformStage(parseConfig(transformConfig, yaml), 'traces')
  const out = runProcessor(stage, 'traces', requestOf('traces', spans, {}, { name: 'lib' }))
  return recordsOf('traces', out.request)
}

/** Kind, attributes and the name that the conventions give; the name of the others stays. */
const cases: readonly (readonly [kind: keyof typeof kinds, attributes: Record<string, unknown>, name: string])[] = [
  ['server', { 'http.request.method': 'GET', 'http.route': '/users/{id}', 'url.path': '/users/7' }, 'GET /users/{id}'],
  ['server', { 'http.method': 'POST' }, 'POST'],
  ['client', { 'http.request.method': 'GET', 'http.route': '/no', 'url.template': '/u/{id}' }, 'GET /u/{id}'],
  ['server', { 'rpc.system': 'grpc', 'rpc.service': 'shop.Cart', 'rpc.method': 'Add' }, 'shop.Cart/Add'],
  ['server', { 'rpc.system.name': 'grpc', 'rpc.service': 'shop.Cart' }, 'shop.Cart/*'],
  ['client', { 'rpc.system': 'grpc', 'rpc.method': 'Add' }, 'Add'],
  ['client', { 'rpc.system': 'grpc' }, 'grpc'],
  ['client', { 'db.system.name': 'postgresql', 'db.query.summary': 'SELECT a' }, 'SELECT a'],
  [
    'client',
    { 'db.system': 'mysql', 'db.operation': 'SELECT', 'db.name': 'shop', 'db.collection.name': 'a' },
    'SELECT shop.a',
  ],
  ['client', { 'db.system': 'mysql', 'db.operation.name': 'CALL', 'db.stored_procedure.name': 'p' }, 'CALL p'],
  ['client', { 'db.system': 'redis', 'server.address': 'h', 'server.port': 6379n }, 'h:6379'],
  ['client', { 'db.system': 'redis' }, 'redis'],
  [
    'producer',
    { 'messaging.system': 'kafka', 'messaging.operation.name': 'send', 'messaging.destination.name': 'orders' },
    'send orders',
  ],
  [
    'consumer',
    { 'messaging.system': 'rabbitmq', 'messaging.operation': 'process', 'messaging.destination.temporary': true },
    'process (temporary)',
  ],
  ['consumer', { 'messaging.system': 'rabbitmq', 'messaging.destination.anonymous': true }, '(anonymous)'],
  [
    'consumer',
    { 'messaging.system': 'kafka', 'messaging.destination.template': '/c/{id}', 'messaging.destination.name': '/c/7' },
    '/c/{id}',
  ],
  ['producer', { 'messaging.system': 'kafka' }, 'kafka'],
  ['internal', { 'http.request.method': 'GET', 'http.route': '/x' }, 'old'],
  ['unspecified', { 'db.system': 'redis' }, 'old'],
  ['consumer', { 'http.request.method': 'GET', 'http.route': '/x' }, 'old'],
  ['server', {}, 'old'],
]

t.test('spans are named as the semantic conventions say, and keep the old name where that is wanted', t => {
  const spans = cases.map(([kind, attributes]) => ({
    name: 'old',
    kind: kinds[kind],
    attributes: attributesOf(attributes as never),
  }))
  const records = run(spans, '"1.37.0", "was"')
  for (const [i, [kind, attributes, name]] of cases.entries()) {
    const text = `${kind} ${Object.keys(attributes)}`
    t.equal(records[i]!['name'], name, text)
    t.equal(valuesOf(records[i]!['attributes'])['was'], name === 'old' ? undefined : 'old', text)
  }
  const [plain] = run(spans, '"1.40.0"')
  t.equal('was' in valuesOf(plain!['attributes']), false)
  t.end()
})

t.test('versions of other conventions, and an empty name for the attribute, are refused at the start', t => {
  for (const args of ['"1.36.0"', '"1.40.1"', '"2.0.0"', '"new"', '"1.37.0", ""']) {
    const yaml = JSON.stringify({
      trace_statements: [`set_semconv_span_name(${args})`, 'set(span.name, "x") where false'],
    })
    t.throws(() => parseConfig(transformConfig, yaml), /must be between 1\.37\.0|must not be empty/, args)
  }
  t.end()
})
