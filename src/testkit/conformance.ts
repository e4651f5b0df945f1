import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import type {
  AnyFactory,
  Component,
  ConnectorFactory,
  ConnectorNext,
  ExporterFactory,
  ExtensionFactory,
  ProcessorFactory,
  ReceiverFactory,
  ReceiverNext,
} from '../component/component.ts'
import type { Consumer } from '../component/consumer.ts'
import type { Field } from '../config/declare.ts'
import { parseConfig } from '../config/parse-config.ts'
import { componentSettings, type TestSettings } from './component-settings.ts'

export interface ConformanceSettings {
  /** A configuration that starts in a test, as YAML: loopback, port 0. */
  readonly config?: string
  /** What the component finds around it. */
  readonly settings?: Parameters<typeof componentSettings>[1]
}

/** What every component of its kind must do, whatever else it does. Called by each `factory.test.ts`. */
export function testReceiver(t: Test, factory: ReceiverFactory, how: ConformanceSettings = {}): void {
  testFactory(t, factory, how)
  testSignals(t, factory)
  const next: ReceiverNext = { get: () => acceptAll }
  testLifeCycle(t, factory, how, (config, settings) => factory.create(config, settings, next))
}

export function testProcessor(t: Test, factory: ProcessorFactory, how: ConformanceSettings = {}): void {
  testFactory(t, factory, how)
  testSignals(t, factory)
  if (factory.form === 'stateful') {
    for (const signal of factory.signals) {
      testLifeCycle(t, factory, how, (config, settings) => factory.create(config, settings, acceptAll, signal), signal)
    }
  } else {
    t.test('two stages of one configuration share nothing', async t => {
      for (const signal of factory.signals) {
        const config = parseConfig(factory.config, how.config ?? '{}')
        const stages = [factory.createStage(config, signal), factory.createStage(config, signal)]
        t.not(stages[0], stages[1], `${signal}: an instance each`)
      }
    })
  }
}

export function testExporter(t: Test, factory: ExporterFactory, how: ConformanceSettings = {}): void {
  testFactory(t, factory, how)
  testSignals(t, factory)
  testLifeCycle(t, factory, how, (config, settings) => factory.create(config, settings))
}

export function testConnector(t: Test, factory: ConnectorFactory, how: ConformanceSettings = {}): void {
  testFactory(t, factory, how)
  t.test('joins at least one signal to another', async t => {
    t.ok(factory.routes.length > 0)
  })
  const next: ConnectorNext = { pipelines: () => ['traces/next'], get: () => acceptAll, all: () => acceptAll }
  testLifeCycle(t, factory, how, (config, settings) => factory.create(config, settings, next))
}

export function testExtension(t: Test, factory: ExtensionFactory, how: ConformanceSettings = {}): void {
  testFactory(t, factory, how)
  testLifeCycle(t, factory, how, (config, settings) => factory.create(config, settings))
}

const acceptAll: Consumer = { consume: async () => {} }

function testFactory(t: Test, factory: AnyFactory, how: ConformanceSettings): void {
  t.test('says what it is', async t => {
    t.match(factory.type, /^[a-z][a-z0-9_]*$/, 'type is snake_case')
    t.match(factory.summary, /\.$/, 'summary is a sentence')
    for (const alias of factory.aliases ?? []) t.not(alias, factory.type, 'an alias is another name')
  })

  t.test('refuses a key that it does not know, and names it', async t => {
    const text = [how.config ?? '', 'no_such_key_here: 1'].join('\n')
    t.throws(() => parseConfig(factory.config, text), { message: /no_such_key_here/ })
  })

  t.test('its README shows each key with its default, and what is lost when', async t => {
    const readme = readReadme(factory)
    t.ok(readme !== undefined, `${readmePath(factory)} exists`)
    for (const field of Object.values(factory.config.shape)) {
      t.ok(documents(readme ?? '', field), `${field.key} with default ${field.defaultText}`)
    }
  })
}

function documents(readme: string, field: Field<unknown>): boolean {
  const lines = readme.split('\n').filter(line => line.includes(field.key))
  if (lines.length === 0) return false
  return field.defaultText === '' || lines.some(line => line.includes(field.defaultText))
}

function testSignals(t: Test, factory: { readonly signals: readonly string[] }): void {
  t.test('serves at least one signal, each once', async t => {
    t.ok(factory.signals.length > 0)
    t.equal(new Set(factory.signals).size, factory.signals.length)
  })
}

type Create = (config: unknown, settings: TestSettings) => Component

function testLifeCycle(t: Test, factory: AnyFactory, how: ConformanceSettings, create: Create, of = ''): void {
  const make = () => {
    const settings = componentSettings(factory.type, how.settings)
    return { settings, component: create(parseConfig(factory.config, how.config ?? '{}'), settings) }
  }
  const suffix = of === '' ? '' : ` (${of})`

  t.test(`shuts down without a start, and twice${suffix}`, async t => {
    const { component, settings } = make()
    await component.shutdown(soon(settings))
    await component.shutdown(soon(settings))
    t.equal(settings.clock.pendingCount, 0, 'no timer is left')
  })

  t.test(`starts and shuts down, each twice, and leaves nothing behind${suffix}`, async t => {
    const { component, settings } = make()
    await component.start()
    await component.start()
    await component.shutdown(soon(settings))
    await component.shutdown(soon(settings))
    t.equal(settings.clock.pendingCount, 0, 'no timer is left')
    for (const signal of ['traces', 'metrics', 'logs', 'profiles']) {
      t.equal(settings.ledger.queued(signal), 0, `no ${signal} are queued`)
    }
  })

  t.test(`its metrics have a description and are in its README${suffix}`, async t => {
    const { component, settings } = make()
    await component.start()
    const readme = readReadme(factory) ?? ''
    for (const { description } of settings.registry.families()) {
      t.match(description.name, /^(otelcol|sluice)_[a-z0-9_]+$/, `${description.name} is a metric name`)
      t.not(description.description, '', `${description.name} says what it counts`)
      t.ok(
        readme.includes(description.name.replace(/_(spans|metric_points|log_records|profiles)$/, '')),
        `README has ${description.name}`,
      )
    }
    await component.shutdown(soon(settings))
  })
}

function soon(settings: TestSettings) {
  return { atMs: settings.clock.nowMs() + 1000 }
}

function readmePath(factory: AnyFactory): string {
  const folder = factory.type.replaceAll('_', '-')
  return fileURLToPath(new URL(`../${factory.kind}s/${folder}/README.md`, import.meta.url))
}

function readReadme(factory: AnyFactory): string | undefined {
  const path = readmePath(factory)
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined
}
