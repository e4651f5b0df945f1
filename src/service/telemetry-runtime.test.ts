import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { systemClock } from '../clock/clock.ts'
import { parseConfig } from '../config/parse-config.ts'
import { telemetryConfig } from '../config/sections/service.ts'
import { MetricRegistry } from '../telemetry/metric-registry.ts'
import { TelemetryRuntime } from './telemetry-runtime.ts'

const configOf = (yaml: string) => parseConfig(telemetryConfig, yaml)
const reader = (port: number, more = '') =>
  `metrics: {readers: [{pull: {exporter: {prometheus: {host: 127.0.0.1, port: ${port}${more}}}}}]}`

function setUp(t: { teardown(end: () => Promise<void>): void }) {
  const registry = new MetricRegistry()
  registry.scope({}).counter({ name: 'otelcol_things', description: 'Things', unit: '{things}' }).add(1)
  const runtime = new TelemetryRuntime(registry, systemClock, '1.2.3', async () => undefined)
  t.teardown(() => runtime.shutdown())
  const apply = async (yaml: string) => (await runtime.prepare(configOf(yaml))).commit()
  const scrape = async () => await (await fetch(`http://${runtime.addresses[0]}/metrics`)).text()
  return { runtime, apply, scrape }
}

t.test('lines go where the configuration says, in its form and from its level on', async t => {
  const { runtime, apply } = setUp(t)
  const file = join(t.testdir(), 'log')
  await apply(
    `{logs: {level: warn, encoding: json, output_paths: ["${file}"], initial_fields: {a: b}}, metrics: {level: none}}`,
  )
  const logger = runtime.sink.logger()
  logger.info('not this')
  logger.warn('this')
  t.match(JSON.parse(readFileSync(file, 'utf8')), { level: 'warn', msg: 'this', a: 'b' })
})

t.test('levels that only the Collector has are the nearest here', async t => {
  const { runtime, apply } = setUp(t)
  const file = join(t.testdir(), 'log')
  for (const [level, expected] of [
    ['Warning', ['warn', 'error']],
    ['FATAL', ['error']],
  ] as const) {
    await apply(`{logs: {level: ${level}, output_paths: ["${file}.${level}"]}, metrics: {level: none}}`)
    const logger = runtime.sink.logger()
    logger.info('x')
    logger.warn('x')
    logger.error('x')
    const lines = readFileSync(`${file}.${level}`, 'utf8').trim().split('\n')
    t.same(
      lines.map(line => line.split('\t')[1]),
      expected,
    )
  }
})

t.test('metrics are served with the resource, and without names of the default that the file removes', async t => {
  const { apply, scrape } = setUp(t)
  await apply(`{${reader(0)}, resource: {team: x, service.instance.id: null}}`)
  const text = await scrape()
  t.match(text, /^otelcol_things 1$/m)
  t.match(text, /^target_info\{service_name="sluice",service_version="1.2.3",team="x"\} 1$/m)
})

t.test('a reader may ask for suffixes', async t => {
  const { apply, scrape } = setUp(t)
  await apply(reader(0, ', without_type_suffix: false'))
  t.match(await scrape(), /^otelcol_things_total 1$/m)
})

t.test('an unchanged reader keeps its socket, one on the same port with other settings takes it over', async t => {
  const { runtime, apply, scrape } = setUp(t)
  await apply(reader(0))
  const address = runtime.addresses[0]
  await apply(`{${reader(0)}, logs: {level: error}}`)
  t.equal(runtime.addresses[0], address)
  const port = Number(address?.split(':')[1])
  await apply(reader(port))
  t.equal(runtime.addresses[0], address, 'the port was free once the old one had gone')
  t.match(await scrape(), /otelcol_things/)
  await apply('metrics: {level: none}')
  t.same(runtime.addresses, [])
})

t.test('what cannot be opened changes nothing', async t => {
  const { runtime, apply, scrape } = setUp(t)
  await apply(reader(0))
  const other = setUp(t)
  await other.apply(reader(0))
  const taken = other.runtime.addresses[0]?.split(':')[1]
  await t.rejects(
    runtime.prepare(configOf(`{logs: {output_paths: [/no/such/folder/log]}, ${reader(Number(taken))}}`)),
    { message: 'service::telemetry::logs::output_paths: cannot write to /no/such/folder/log: ENOENT' },
  )
  t.match(await scrape(), /otelcol_things/)
})
