import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { components } from '../components.ts'
import { loadConfig } from '../config/load.ts'
import { nearest } from '../config/nearest.ts'
import { formatProblemsText } from '../config/problem-format.ts'
import { agentRun } from '../testkit/agent-run.ts'
import { encodePlain } from '../testkit/otlp-oracle.ts'
import { dryBuild } from './dry-build.ts'

const folder = fileURLToPath(new URL('../../config/', import.meta.url))
const names = readdirSync(folder).filter(name => name.endsWith('.yaml'))

/** The addresses of the file, on ports that are free. */
function onFreePorts(text: string): string[] {
  const sets = ['service.telemetry.logs.level=error', 'service.telemetry.metrics.level=none']
  for (const protocol of ['grpc', 'http']) sets.push(`receivers.otlp.protocols.${protocol}.endpoint=127.0.0.1:0`)
  for (const extension of ['health_check', 'budgets']) {
    if (text.includes(`  ${extension}:\n`)) sets.push(`extensions.${extension}.endpoint=127.0.0.1:0`)
  }
  if (text.includes('  debug:\n')) sets.push('exporters.debug.output_paths=[]')
  return sets
}

t.test('there are examples for the common cases', async t => {
  for (const name of ['agent', 'gateway', 'debug', 'llm', 'kubernetes']) {
    t.ok(names.includes(`${name}.yaml`), `${name}.yaml; nearest: ${nearest(name, names)}`)
  }
})

for (const name of names) {
  const path = join(folder, name)
  const text = readFileSync(path, 'utf8')

  t.test(`config/${name} begins with the modeline, loads without a word, and can be built`, async t => {
    t.ok(text.startsWith('# yaml-language-server: $schema=sluice.schema.json\n'))
    const { resolved, problems } = await loadConfig({ configs: [path], registry: components.all, env: {} })
    t.same(problems, [], formatProblemsText(problems))
    t.same(resolved === undefined ? ['not loaded'] : await dryBuild(resolved, components), [])
  })

  t.test(`config/${name} runs and takes a span`, async t => {
    const request = { configs: [path], sets: onFreePorts(text), registry: components.all, env: {} }
    const run = agentRun(components, [path], { request, shutdownTimeoutMs: 200 })
    await run.start()
    t.teardown(() => run.shutdown())
    const body = encodePlain('traces', { resourceSpans: [{ scopeSpans: [{ spans: [{ name: 'hello' }] }] }] })
    const answers = await Promise.all(
      run.agent.listening().flatMap(line => {
        const port = /:(\d+)/.exec(line)?.[1]
        const send = { method: 'POST', body, headers: { 'content-type': 'application/x-protobuf' } }
        return fetch(`http://127.0.0.1:${port}/v1/traces`, send).then(
          response => response.status,
          () => 0,
        )
      }),
    )
    t.ok(answers.includes(200), `one of ${run.agent.listening().join(', ')} takes OTLP over HTTP`)
    t.equal(run.ledger.entry('traces').received, 1)
    await run.shutdown()
    t.equal(run.ledger.imbalance('traces'), 0)
  })
}

const readme = readFileSync(fileURLToPath(new URL('../../README.md', import.meta.url)), 'utf8')
const printed = [...readme.matchAll(/^```yaml\n(.*?)^```/gms)].map(([, text]) => text!)

t.test('the configurations that the README prints load without a word, and can be built', async t => {
  const whole = printed.filter(text => text.includes('service:'))
  t.equal(whole.length, 2)
  for (const text of whole) {
    // A piece that replaces part of the first configuration is tried in it.
    const pieces = text === whole[0] ? printed.filter(piece => !whole.includes(piece)) : []
    for (const configs of [[text], ...pieces.map(piece => [text, piece])]) {
      const sources = configs.map(config => `yaml:${config}`)
      const { resolved, problems } = await loadConfig({ configs: sources, registry: components.all, env: {} })
      t.same(problems, [], formatProblemsText(problems))
      t.same(resolved === undefined ? ['not loaded'] : await dryBuild(resolved, components), [])
    }
  }
})

t.test('cost and budgets that do not find each other are told so before the money is gone', async t => {
  const source = (named: string) => `yaml:
receivers: {otlp: {protocols: {http: {}}}}
processors: {cost: {${named}}}
extensions: {budgets/team: {budgets: [{name: daily, scope: service.name, limit: 1, period: day}]}}
exporters: {nop: {}}
service:
  extensions: [budgets/team]
  pipelines: {traces: {receivers: [otlp], processors: [cost], exporters: [nop]}}`
  const problemsOf = async (named: string) => {
    const { problems } = await loadConfig({ configs: [source(named)], registry: components.all, env: {} })
    return problems.filter(({ severity }) => severity === 'error').map(({ code, message }) => `${code} ${message}`)
  }
  t.same(await problemsOf('budgets: budgets/tema'), ['SLC0305 there is no extension "budgets/tema"'])
  t.same(await problemsOf('budgets: budgets/team'), [])
  t.same(await problemsOf(''), [], 'who names none has none')
})
