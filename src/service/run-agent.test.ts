import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { systemClock } from '../clock/clock.ts'
import { agentRun } from '../testkit/agent-run.ts'
import type { FakeExporter, FakeReceiver } from '../testkit/fake-components.ts'
import { FakeWorld } from '../testkit/fake-components.ts'
import { ConfigRefused } from './run-agent.ts'

const telemetry = 'telemetry: {logs: {level: error, output_paths: [LOG]}, metrics: {address: 127.0.0.1:0}}'

function yamlOf(dir: string, exporters: string, behaviour = ''): string {
  return `receivers: {in: }
exporters: {out: {behaviour: "${behaviour}"}, out/2: }
service:
  ${telemetry.replace('LOG', join(dir, 'log'))}
  pipelines: {traces: {receivers: [in], exporters: [${exporters}]}}
`
}

async function setUp(t: Test, lingerMs = 0) {
  const dir = t.testdir()
  const file = join(dir, 'sluice.yaml')
  writeFileSync(file, yamlOf(dir, 'out'))
  const world = new FakeWorld()
  const printed: string[] = []
  const run = agentRun(world.components, [file], { lingerMs, print: line => printed.push(line) })
  t.teardown(() => run.shutdown())
  await run.start()
  const write = (exporters: string, behaviour?: string) => {
    writeFileSync(`${file}.tmp`, yamlOf(dir, exporters, behaviour))
    renameSync(`${file}.tmp`, file)
  }
  const receive = (itemCount: number) =>
    world.newest<FakeReceiver>('receiver:in').receive({ signal: 'traces', bytes: new Uint8Array(1), itemCount })
  const ask = (method: string, path: string, headers: Record<string, string> = {}) =>
    fetch(`http://${run.telemetry.addresses[0]}${path}`, { method, headers })
  return { run, world, printed, file, write, receive, ask }
}

async function until(condition: () => boolean): Promise<void> {
  const endMs = systemClock.nowMs() + 5000
  while (!condition() && systemClock.nowMs() < endMs) await new Promise(resolve => setTimeout(resolve, 5))
}

t.test('reloads by itself when its file is replaced', async t => {
  const { run, world, write, receive } = await setUp(t)
  write('out, out/2')
  await until(() => run.agent.state().generation === 2)
  await receive(3)
  t.equal(world.newest<FakeExporter>('exporter:out/2').delivered.length, 1)
})

t.test('a wrong file changes nothing and is told with its place', async t => {
  const { run, file, ask } = await setUp(t)
  const before = run.agent.state()
  writeFileSync(file, 'receivers: {in: {no_such_key: 1}}')
  await t.rejects(run.reload('test'), ConfigRefused)
  t.equal(run.agent.state().configHash, before.configHash)
  t.equal(run.registry.value('sluice_config_last_reload_successful'), 0)
  const answer = await ask('POST', '/-/reload')
  t.equal(answer.status, 422)
  t.match(await answer.json(), { error: /sluice.yaml:1:\d+.*no_such_key/s })
})

t.test('the admin endpoint reloads, and tells beforehand what would change', async t => {
  const { run, write, ask } = await setUp(t)
  write('out', 'holds')
  const preview = await (await ask('POST', '/-/reload?dry_run=1')).json()
  t.match(preview, { generation: 1, changes: ['~ exporter:out changes', /= receiver:in stays/] })
  t.equal(run.agent.state().generation, 1)
  const done = await ask('POST', '/-/reload')
  t.equal(done.status, 200)
  t.match(await done.json(), { generation: 2, changes: ['~ exporter:out changes'] })
  t.match(await (await ask('POST', '/-/reload')).json(), { generation: 2, changes: [] }, 'the same file is no change')
})

t.test('the admin endpoint is for this machine, and not for pages in its browsers', async t => {
  const { ask } = await setUp(t)
  t.equal((await ask('GET', '/-/reload')).status, 405)
  t.equal((await ask('POST', '/-/reload', { origin: 'http://evil.example' })).status, 403)
  t.equal((await ask('GET', '/-/nothing')).status, 404)
  t.match(await (await ask('GET', '/-/status')).json(), { phase: 'ready', generation: 1, reloads_by_itself: true })
})

t.test('reloads asked for at the same time come one after the other, and the last file wins', async t => {
  const { run, write, world } = await setUp(t)
  write('out/2')
  const first = run.reload('a')
  write('out, out/2')
  await Promise.all([first, run.reload('b'), run.reload('c')])
  t.ok(world.newest('exporter:out').isRunning)
  t.ok(world.newest('exporter:out/2').isRunning)
  t.ok(run.agent.state().generation <= 3)
})

t.test('its metrics port serves the ledger, and the end prints it', async t => {
  const { run, receive, ask, printed } = await setUp(t)
  await receive(5)
  const text = await (await ask('GET', '/metrics')).text()
  t.match(text, /^sluice_ledger_items\{signal="traces",account="exported",reason=""\} 5$/m)
  t.match(text, /^otelcol_process_uptime /m)
  await run.shutdown()
  t.equal(printed.at(-1), 'traces: 5 received = 5 exported + 0 queued + 0 dropped + 0 rejected')
})

t.test('with a linger it takes what still comes after TERM, though it is not ready any more', async t => {
  const { run, receive, printed } = await setUp(t, 400)
  const ending = run.shutdown()
  // The agent's own timers keep no process alive, and here nothing else does.
  const keepAlive = setInterval(() => {}, 100)
  t.teardown(() => clearInterval(keepAlive))
  t.equal(run.agent.state().phase, 'draining')
  await receive(2)
  await ending
  t.match(printed.at(-1), /^traces: 2 received = 2 exported/)
})
