import t from 'tap'
import { parseConfig } from '../../config/parse-config.ts'
import { jsonToOtlp } from '../../pdata/json-to-otlp.ts'
import type { Signal } from '../../pdata/otlp-batch.ts'
import { componentSettings } from '../../testkit/component-settings.ts'
import { generateRequest } from '../../testkit/otlp-generator.ts'
import { encodePlain } from '../../testkit/otlp-oracle.ts'
import { SeededRandom } from '../../testkit/seeded-random.ts'
import { debugConfig } from './config.ts'
import { DebugBackend } from './debug-backend.ts'

function setUp(yaml: string) {
  const settings = componentSettings('debug')
  let text = ''
  const backend = new DebugBackend(parseConfig(debugConfig, yaml), settings, more => {
    text += more
  })
  return {
    settings,
    take() {
      const taken = text
      text = ''
      return taken
    },
    async show(signal: Signal, json: object, itemCount = 1) {
      const bytes = jsonToOtlp(signal, Buffer.from(JSON.stringify(json)))
      await backend.send({ signal, parts: [bytes], itemCount, byteCount: bytes.length, metadata: undefined })
    },
    async showBytes(signal: Signal, bytes: Uint8Array) {
      return backend.send({ signal, parts: [bytes], itemCount: 1, byteCount: bytes.length, metadata: undefined })
    },
  }
}

const text = (key: string, stringValue: string) => ({ key, value: { stringValue } })
const resource = { attributes: [text('service.name', 'shop')] }
const span = {
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: 'b7ad6b7169203331',
  parentSpanId: '00f067aa0ba902b7',
  name: 'GET /cart',
  kind: 2,
  startTimeUnixNano: '1700000000000000001',
  endTimeUnixNano: '1700000000012500001',
  attributes: [text('http.route', '/cart'), { key: 'n', value: { intValue: '9007199254740993' } }],
  events: [{ name: 'retry', timeUnixNano: '1700000000000000002', attributes: [text('why', 'busy')] }],
  links: [{ traceId: '1af7651916cd43dd8448eb211c80319c', spanId: 'c7ad6b7169203331' }],
  status: { code: 2, message: 'late' },
}
const traces = { resourceSpans: [{ resource, scopeSpans: [{ scope: { name: 'lib', version: '1' }, spans: [span] }] }] }

t.test('basic: one line, with errors and services', async t => {
  const { show, take } = setUp('{}')
  await show('traces', traces)
  t.equal(take(), '2026-01-01T00:00:00.000Z  Traces   1 resource, 1 span, 1 error  from shop\n')
})

t.test('normal: a line for each resource, scope and span', async t => {
  const { show, take } = setUp('verbosity: normal')
  await show('traces', traces)
  t.equal(
    take().split('\n').slice(1).join('\n'),
    [
      'Resource #0 service.name=shop',
      '  Scope #0 lib@1',
      '    GET /cart 0af7651916cd43dd8448eb211c80319c b7ad6b7169203331 12.5ms ERROR http.route=/cart n=9007199254740993',
      '',
    ].join('\n'),
  )
})

t.test('detailed: everything, 64-bit numbers exact', async t => {
  const { show, take } = setUp('verbosity: Detailed')
  await show('traces', traces)
  const shown = take()
  for (const line of [
    '     -> service.name: Str(shop)',
    '    Parent ID      : 00f067aa0ba902b7',
    '    Kind           : Server',
    '    Start time     : 2023-11-14T22:13:20.000000001Z',
    '    Status code    : Error',
    '    Status message : late',
    '     -> n: Int(9007199254740993)',
    'Event #0',
    '     -> Name: retry',
    'Link #0',
    '     -> ID: c7ad6b7169203331',
  ]) {
    t.ok(shown.includes(`${line}\n`), line)
  }
})

t.test('metrics and logs too', async t => {
  const { show, take } = setUp('verbosity: normal')
  const histogram = { dataPoints: [{ count: '3', sum: 6, bucketCounts: ['1', '2'], explicitBounds: [2] }] }
  const gauge = { dataPoints: [{ asDouble: 1.5, attributes: [text('cpu', '0')] }] }
  const metrics = [
    { name: 'load', unit: 's', gauge },
    { name: 'sizes', histogram },
  ]
  await show('metrics', { resourceMetrics: [{ resource, scopeMetrics: [{ metrics }] }] }, 2)
  const shown = take()
  t.match(shown, /Metrics +1 resource, 2 metrics, 2 data points/)
  t.ok(shown.includes('load{cpu=0} 1.5 s\n'))
  t.ok(shown.includes('sizes{} count=3 sum=6 le2=1 le+Inf=2\n'))
  const record = {
    severityText: 'WARN',
    severityNumber: 13,
    body: { stringValue: 'low' },
    attributes: [text('disk', 'a')],
  }
  await show('logs', { resourceLogs: [{ resource, scopeLogs: [{ logRecords: [record] }] }] })
  t.ok(take().includes('    WARN low disk=a\n'))
})

t.test('no sender can steer the terminal', async t => {
  for (const verbosity of ['basic', 'normal', 'detailed']) {
    const { show, take } = setUp(`verbosity: ${verbosity}`)
    const evil = '\u001b[2J\u0007\n\u009b31m\u202e'
    const attributes = [text('service.name', evil), text(evil, evil)]
    const spans = [{ ...span, name: evil, attributes, status: { code: 2, message: evil } }]
    await show('traces', {
      resourceSpans: [{ resource: { attributes }, scopeSpans: [{ scope: { name: evil }, spans }] }],
    })
    // biome-ignore lint/suspicious/noControlCharactersInRegex: those must not be there
    t.notMatch(take(), /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/, verbosity)
  }
})

t.test('shows the first few of each second, then every n-th', async t => {
  const { show, take, settings } = setUp('sampling_initial: 2\nsampling_thereafter: 3')
  const lines = () => take().split('\n').length - 1
  for (let i = 0; i < 11; i++) await show('traces', traces)
  t.equal(lines(), 2 + 3)
  await settings.clock.advance(1000)
  for (let i = 0; i < 2; i++) await show('traces', traces)
  t.equal(lines(), 2)
})

t.test('whatever comes is shown or said, never refused', async t => {
  const random = new SeededRandom(5)
  for (let i = 0; i < 60; i++) {
    const { showBytes, take } = setUp(`verbosity: ${random.pick(['normal', 'detailed'])}`)
    const signal = random.pick(['traces', 'metrics', 'logs'] as const)
    const bytes = encodePlain(signal, generateRequest(random, signal))
    if (random.chance(0.3)) bytes[random.below(bytes.length)] = random.below(256)
    t.match(await showBytes(signal, bytes), { kind: 'accepted' })
    t.not(take(), '')
  }
})
