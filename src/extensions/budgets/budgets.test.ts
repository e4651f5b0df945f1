import { once } from 'node:events'
import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { crc32 } from 'node:zlib'
import t from 'tap'
import { parseConfig } from '../../config/parse-config.ts'
import { componentSettings } from '../../testkit/component-settings.ts'
import { sentence } from './alert-channels.ts'
import { Budget } from './budget.ts'
import { Budgets } from './budgets.ts'
import { budgetsConfig } from './config.ts'

interface Received {
  server: Server
  port: number
  bodies: Record<string, unknown>[]
  /** `Idempotency-Key` of every attempt. */
  keys: string[]
}

async function webhook(port = 0, status = () => 200): Promise<Received> {
  const bodies: Record<string, unknown>[] = []
  const keys: string[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', chunk => chunks.push(chunk))
    request.on('end', () => {
      keys.push(String(request.headers['idempotency-key']))
      if (status() === 200) bodies.push(JSON.parse(Buffer.concat(chunks).toString()))
      response.writeHead(status(), { connection: 'close' }).end()
    })
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return { server, port: (server.address() as AddressInfo).port, bodies, keys }
}

async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 400 && !condition(); i++) await delay(5)
}

const deadline = { atMs: 1000 }
const spend = (amount: number, ...scopeValues: string[]) => ({ timeMs: 0, amount, scopeValues })

t.test('kill and restart in between: each alert arrives once', async t => {
  const directory = t.testdir()
  const hook = await webhook()
  t.teardown(() => hook.server.close())
  const config = parseConfig(
    budgetsConfig,
    `{state_file: ${join(directory, 'state')}, budgets: [{name: daily, limit: 1}], alerts: {webhook: {url: "http://127.0.0.1:${hook.port}/a"}}}`,
  )
  // Never shut down: the next one finds what a killed process leaves behind.
  for (let life = 0; life < 6; life++) {
    const budgets = new Budgets(config, componentSettings('budgets'))
    await budgets.start()
    for (let i = 0; i < 4; i++) budgets.recordSpend(spend(0.05, 'shop'))
    await until(() => hook.bodies.length >= [0, 0, 1, 2, 4, 4][life]!)
    await delay(10)
  }
  t.same(
    hook.bodies.map(({ budget, scope_value, threshold }) => [budget, scope_value, threshold]),
    [0.5, 0.8, 0.9, 1].map(threshold => ['daily', 'shop', threshold]),
  )
  t.match(hook.bodies[0], { spent: Number, limit: 1, period: 'day', forecast: Number, currency: 'USD' })
})

t.test('a webhook that is down delays alerts, over a kill too, and loses none', async t => {
  const directory = t.testdir()
  let status = 503
  const hook = await webhook(0, () => status)
  t.teardown(() => hook.server.close())
  const config = parseConfig(
    budgetsConfig,
    `{state_file: ${join(directory, 'state')}, budgets: [{name: b, limit: 1, thresholds: [0.5, 1]}],
      alerts: {retry_interval: 1s, webhook: {url: "http://127.0.0.1:${hook.port}"}}}`,
  )
  const first = new Budgets(config, componentSettings('budgets'))
  await first.start()
  first.recordSpend(spend(1.5, 'shop'))
  await delay(50)
  t.same(hook.bodies, [])
  status = 200
  const settings = componentSettings('budgets')
  const second = new Budgets(config, settings)
  await second.start()
  await until(() => hook.bodies.length === 2)
  t.same(
    hook.bodies.map(body => body['threshold']),
    [0.5, 1],
  )
  t.match(hook.keys[0], /^[0-9a-f]{32}$/)
  t.same(new Set(hook.keys).size, 2, 'each attempt at an alert has its key, over a kill too')
  await second.shutdown(deadline)
  const third = new Budgets(config, componentSettings('budgets'))
  await third.start()
  await delay(30)
  t.equal(hook.bodies.length, 2)
  await third.shutdown(deadline)
  await first.shutdown(deadline)
})

t.test('the decision API answers by scope, the strictest budget first', async t => {
  const config = parseConfig(
    budgetsConfig,
    `{endpoint: "127.0.0.1:0", budgets: [
      {name: team, scope: [team], limit: 1}, {name: service, scope: [team, service.name], limit: 10}]}`,
  )
  const budgets = new Budgets(config, componentSettings('budgets'))
  await budgets.start()
  t.teardown(() => budgets.shutdown(deadline))
  t.same(budgets.scopes, ['team', 'service.name'])
  budgets.recordSpend(spend(0.4, 'pay', 'api'))
  const ask = async (path: string, method = 'GET') => {
    const response = await fetch(`http://127.0.0.1:${budgets.port}${path}`, { method })
    return { status: response.status, body: (await response.json()) as Record<string, unknown> }
  }
  t.match(await ask('/v1/budget/pay/api'), { status: 200, body: { decision: 'allow', spent: 0.4 } })
  budgets.recordSpend(spend(0.2, 'pay', 'api'))
  t.match(await ask('/v1/budget/pay'), { body: { decision: 'warn', budget: 'team' } })
  budgets.recordSpend(spend(0.5, 'pay', 'web'))
  t.match(await ask('/v1/budget/pay/api'), { body: { decision: 'deny', budget: 'team', budgets: { length: 2 } } })
  t.match(await ask('/v1/budget/other'), { body: { decision: 'allow', spent: 0 } })
  t.match(await ask('/v1/budgets'), { body: { budgets: { length: 3 } } })
  t.equal((await ask('/v1/budget/%zz')).status, 400)
  t.equal((await ask('/v1/budget/pay', 'POST')).status, 405)
  t.equal((await ask('/elsewhere')).status, 404)
})

t.test('a torn and a damaged line cost nothing but themselves', async t => {
  const path = join(t.testdir(), 'state')
  const config = parseConfig(budgetsConfig, `{state_file: ${path}, budgets: [{name: b, limit: 1}]}`)
  const first = new Budgets(config, componentSettings('budgets'))
  await first.start()
  first.recordSpend(spend(0.3, 'shop'))
  await first.shutdown(deadline)
  appendFileSync(path, '00000000 {"v":1,"type":"scope"}\ndeadbeef {"v":1,"ty')
  const second = new Budgets(config, componentSettings('budgets'))
  await second.start()
  t.equal(second.statusesOf('shop')[0]?.spent, 0.3)
  second.recordSpend(spend(0.1, 'shop'))
  await second.shutdown(deadline)
  const third = new Budgets(config, componentSettings('budgets'))
  await third.start()
  t.ok(Math.abs(third.statusesOf('shop')[0]!.spent - 0.4) < 1e-12)
  await third.shutdown(deadline)
})

t.test('a state path that cannot be one stops the start', async t => {
  const path = join(t.testdir({ file: '' }), 'file', 'state')
  const config = parseConfig(budgetsConfig, `{state_file: ${path}, budgets: [{name: b, limit: 1}]}`)
  const budgets = new Budgets(config, componentSettings('budgets'))
  await t.rejects(budgets.start(), 'a wrong path is a mistake of the configuration')
})

t.test('other channels get their own form', async t => {
  const hook = await webhook()
  t.teardown(() => hook.server.close())
  const url = `http://127.0.0.1:${hook.port}`
  const config = parseConfig(
    budgetsConfig,
    `{budgets: [{name: b, limit: 1, thresholds: [1]}], alerts: {slack: {url: "${url}/slack"},
      pagerduty: {url: "${url}/pd", routing_key: k}, otlp: {endpoint: "${url}/"},
      webhook: {url: "${url}/t", template: '{"text": "{{budget}} {{scope_value}} {{nothing}}"}'}}}`,
  )
  const budgets = new Budgets(config, componentSettings('budgets'))
  await budgets.start()
  t.teardown(() => budgets.shutdown(deadline))
  budgets.recordSpend(spend(1, 'a "quoted" name'))
  await until(() => hook.bodies.length === 4)
  const find = (key: string) =>
    hook.bodies.find(body => key in body && body['text'] !== 'b a "quoted" name {{nothing}}')
  t.match(find('text'), { text: /b: a "quoted" name has spent 1\.00 USD of 1\.00 USD \(100 %\)/ })
  t.match(find('event_action'), { routing_key: 'k', payload: { severity: 'critical' } })
  t.match(find('resourceLogs'), { resourceLogs: [{ scopeLogs: [{ logRecords: [{ severityNumber: 17 }] }] }] })
  t.ok(hook.bodies.some(body => body['text'] === 'b a "quoted" name {{nothing}}'))
})

t.test('new settings on the running instance: spends, what fired and the address stay', async t => {
  const hook = await webhook()
  t.teardown(() => hook.server.close())
  const path = join(t.testdir(), 'state')
  const yaml = (budgets: string, alerts = '', endpoint = '127.0.0.1:0') =>
    parseConfig(
      budgetsConfig,
      `{endpoint: "${endpoint}", state_file: ${path}, budgets: [${budgets}],
        alerts: {webhook: {url: "http://127.0.0.1:${hook.port}/x", ${alerts}}}}`,
    )
  const budgets = new Budgets(yaml('{name: daily, limit: 1, thresholds: [0.5, 1]}'), componentSettings('budgets'))
  await budgets.start()
  const { port } = budgets
  budgets.recordSpend(spend(0.6, 'shop'))
  await until(() => hook.bodies.length === 1)
  const next = yaml(
    '{name: team, scope: [team], limit: 1, thresholds: [1]}, {name: daily, limit: 2, thresholds: [0.3, 1]}',
    'headers: {x-key: other}',
  )
  t.equal(await budgets.reconfigure(next), true)
  t.equal(budgets.port, port, 'who asks is not turned away')
  t.same(budgets.scopes, ['service.name', 'team'], 'the places of old keys stay')
  const daily = () => budgets.statusesOf('shop').find(({ budget }) => budget === 'daily')!
  t.match(daily(), { spent: 0.6, limit: 2 })
  // Whoever asked for the scopes before still sends one value; the next one sends two.
  budgets.recordSpend(spend(0.1, 'shop'))
  budgets.recordSpend(spend(1.5, 'shop', 'pay'))
  await until(() => hook.bodies.length === 4)
  t.same(
    hook.bodies.map(({ budget, threshold }) => [budget, threshold]),
    [
      ['daily', 0.5],
      ['daily', 0.3],
      ['team', 1],
      ['daily', 1],
    ],
  )
  await budgets.shutdown(deadline)
  const again = new Budgets(next, componentSettings('budgets'))
  await again.start()
  t.ok(Math.abs(again.statusesOf('shop').find(({ budget }) => budget === 'daily')!.spent - 2.2) < 1e-12)
  await again.shutdown(deadline)
})

t.test('an address that is taken can be tried again', async t => {
  const taken = await webhook()
  const config = parseConfig(budgetsConfig, `{endpoint: "127.0.0.1:${taken.port}", budgets: [{name: b, limit: 1}]}`)
  const budgets = new Budgets(config, componentSettings('budgets'))
  await t.rejects(budgets.start(), { code: 'EADDRINUSE' })
  taken.server.close()
  await once(taken.server, 'close')
  await budgets.start()
  t.equal(budgets.port, taken.port)
  t.equal((await fetch(`http://127.0.0.1:${budgets.port}/v1/budgets`)).status, 200)
  await budgets.shutdown(deadline)
})

t.test('a state file that goes bad while spends come: they count, and are written once it can be', async t => {
  const directory = t.testdir({ states: {} })
  const path = join(directory, 'states', 'state')
  const config = parseConfig(
    budgetsConfig,
    `{state_file: ${path}, budgets: [{name: b, limit: 1e6, scopes_max: 100000}]}`,
  )
  const settings = componentSettings('budgets')
  const budgets = new Budgets(config, settings)
  await budgets.start()
  // Nobody, root included, opens a directory for writing: the next compaction fails, and so does what follows.
  rmSync(path)
  mkdirSync(`${path}.new`)
  mkdirSync(path)
  for (let i = 0; i < 30_000; i++) budgets.recordSpend(spend(1, `service-${i % 20_000}`))
  t.equal(budgets.statusesOf('service-7')[0]!.spent, 2)
  rmSync(`${path}.new`, { recursive: true })
  rmSync(path, { recursive: true })
  budgets.recordSpend(spend(1, 'service-7'))
  await budgets.shutdown(deadline)
  const again = new Budgets(config, componentSettings('budgets'))
  await again.start()
  t.equal(again.statusesOf('service-7')[0]!.spent, 3)
  t.equal(again.statusesOf('service-19999')[0]!.spent, 1, 'and those that were not written meanwhile')
  await again.shutdown(deadline)
})

t.test('a state file of noise, or of lines that say something else, is nothing', async t => {
  const path = join(t.testdir(), 'state')
  const line = (json: string) => `${crc32(json).toString(16).padStart(8, '0')} ${json}\n`
  writeFileSync(
    path,
    Buffer.concat([
      Buffer.from(Array.from({ length: 4096 }, (_, i) => (i * 7919) & 255)),
      Buffer.from(`\n${line('{"v":1,"type":"scope"}')}${line('{"v":1,"type":"alert"}')}${line('{"v":2}')}`),
    ]),
  )
  const config = parseConfig(budgetsConfig, `{state_file: ${path}, budgets: [{name: b, limit: 1}]}`)
  const budgets = new Budgets(config, componentSettings('budgets'))
  await budgets.start()
  budgets.recordSpend(spend(0.25, 'shop'))
  t.equal(budgets.statusesOf('shop')[0]!.spent, 0.25)
  await budgets.shutdown(deadline)
})

t.test('a slash in a value is not one between values', async t => {
  const config = parseConfig(
    budgetsConfig,
    `{endpoint: "127.0.0.1:0", budgets: [
      {name: team, scope: [team], limit: 1}, {name: service, scope: [team, service.name], limit: 10}]}`,
  )
  const budgets = new Budgets(config, componentSettings('budgets'))
  await budgets.start()
  t.teardown(() => budgets.shutdown(deadline))
  budgets.recordSpend(spend(0.1, 'a/b', 'c'))
  budgets.recordSpend(spend(0.2, 'a', 'b/c'))
  budgets.recordSpend(spend(0.4, 'a%2Fb', 'c'))
  const ask = async (path: string) => {
    const body = (await (await fetch(`http://127.0.0.1:${budgets.port}/v1/budget/${path}`)).json()) as {
      budgets: { budget: string; scope_value: string; spent: number }[]
    }
    return body.budgets.map(({ budget, scope_value, spent }) => [budget, scope_value, spent])
  }
  t.same(await ask('a%2Fb/c'), [
    ['team', 'a/b', 0.1],
    ['service', 'a%2Fb/c', 0.1],
  ])
  t.same(await ask('a/b%2Fc'), [
    ['team', 'a', 0.2],
    ['service', 'a/b%2Fc', 0.2],
  ])
  t.same(await ask('a%252Fb/c'), [
    ['team', 'a%2Fb', 0.4],
    ['service', 'a%252Fb/c', 0.4],
  ])
  t.same(
    await ask('a%2Fb'),
    [
      ['team', 'a/b', 0.1],
      ['service', 'a/b', 0],
    ],
    'a value that is known is meant',
  )
  t.same(
    await ask('new%2Fone'),
    [
      ['team', 'new', 0],
      ['service', 'new/one', 0],
    ],
    'values that were encoded as one',
  )
})

t.test('a channel that hangs does not hold the end, and its alert comes after the next start', async t => {
  const path = join(t.testdir(), 'state')
  const hanging = createServer(() => {})
  hanging.listen(0, '127.0.0.1')
  await once(hanging, 'listening')
  t.teardown(() => {
    hanging.closeAllConnections()
    hanging.close()
  })
  const yaml = (port: number) =>
    parseConfig(
      budgetsConfig,
      `{state_file: ${path}, budgets: [{name: b, limit: 1, thresholds: [1]}],
        alerts: {timeout: 1h, webhook: {url: "http://127.0.0.1:${port}"}}}`,
    )
  const settings = componentSettings('budgets')
  const budgets = new Budgets(yaml((hanging.address() as AddressInfo).port), settings)
  await budgets.start()
  const asked = once(hanging, 'request')
  budgets.recordSpend(spend(1, 'shop'))
  await asked
  let isDown = false
  const down = budgets.shutdown({ atMs: settings.clock.nowMs() + 10_000 }).then(() => {
    isDown = true
  })
  await new Promise(resolve => setImmediate(resolve))
  t.equal(isDown, false, 'the attempt has a moment left')
  settings.clock.advance(500)
  await down
  const hook = await webhook()
  t.teardown(() => hook.server.close())
  const next = new Budgets(yaml(hook.port), componentSettings('budgets'))
  await next.start()
  await until(() => hook.bodies.length === 1)
  t.match(hook.bodies, [{ threshold: 1 }])
  await next.shutdown(deadline)
})

t.test(
  'an address that nobody can be told at is refused where it is written, and not shown where it is secret',
  async t => {
    const problems = (alerts: string) => {
      try {
        parseConfig(budgetsConfig, `{alerts: ${alerts}}`)
        return ''
      } catch (error) {
        return String(error)
      }
    }
    t.match(problems('{webhook: {url: nonsense}}'), /must start with http:\/\/ or https:\/\/, found "nonsense"/)
    t.match(problems('{pagerduty: {routing_key: k, url: "https://"}}'), /is not a URL/)
    t.match(problems('{otlp: {endpoint: "localhost:4318"}}'), /must start with/)
    t.match(problems('{slack: {url: hooks.example/T000}}'), /is not a URL that starts with https/)
    t.notMatch(problems('{slack: {url: hooks.example/T000}}'), /T000/)
    t.equal(problems('{webhook: {url: "https://hooks.example/a"}, otlp: {}}'), '')
  },
)

t.test('a sentence names the period as one would', async t => {
  const budget = (yaml: string) => new Budget(parseConfig(budgetsConfig, `{budgets: [${yaml}]}`).budgets[0]!)
  const said = (yaml: string) => sentence(budget(yaml).spend('x', 2, Date.UTC(2026, 0, 1, 12))[0]!)
  t.match(
    said('{name: b, limit: 1, thresholds: [1]}'),
    /has spent 2\.00 USD of 1\.00 USD \(200 %\) this day, which passes 100 %; at/,
  )
  t.match(said('{name: b, limit: 1, period: total}'), /\(200 %\) in all, which passes 50 %$/)
  t.match(said('{name: b, limit: 1, period: rolling}'), /\(200 %\) in the rolling window, which passes 50 %$/)
})
