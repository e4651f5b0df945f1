import t from 'tap'
import { systemClock } from '../../clock/clock.ts'
import type { AgentPhase, AgentState } from '../../component/component.ts'
import { parseConfig } from '../../config/parse-config.ts'
import { componentSettings, testHost } from '../../testkit/component-settings.ts'
import { healthCheckConfig } from './config.ts'
import { goDuration, healthAnswer } from './health-answer.ts'
import { HealthCheck } from './health-check.ts'

function stateOf(phase: AgentPhase): AgentState {
  const components = new Map([['exporter:otlp', { status: 'permanent', message: 'backend gone' } as const]])
  return { phase, sinceMs: Date.UTC(2026, 0, 1), generation: 1, configHash: '', components }
}

t.test('answers over HTTP on the address of the configuration', async t => {
  let phase: AgentPhase = 'starting'
  const host = testHost({ state: () => stateOf(phase) })
  const settings = { ...componentSettings('health_check'), host, clock: systemClock }
  const config = parseConfig(healthCheckConfig, 'endpoint: 127.0.0.1:0')
  const health = new HealthCheck(config, settings)
  await health.start()
  t.teardown(() => health.shutdown({ atMs: systemClock.nowMs() + 100 }))
  const get = (path: string, method = 'GET') => fetch(`http://${health.address}${path}`, { method })

  t.equal((await get('/')).status, 503)
  phase = 'ready'
  const answer = await get('/')
  t.equal(answer.status, 200)
  t.match(await answer.json(), { status: 'Server available', upSince: '2026-01-01T00:00:00.000Z', uptime: /s$/ })
  t.equal((await get('/readyz')).status, 200)
  t.equal((await get('/nowhere')).status, 404)
  t.equal((await get('/', 'POST')).status, 405)
  t.equal((await get('/', 'HEAD')).status, 200)

  t.equal(await health.reconfigure({ ...config, path: '/health' }), true, 'the path changes in place')
  t.equal((await get('/health')).status, 200)
  t.equal((await get('/')).status, 404)
  t.equal(await health.reconfigure({ ...config, endpoint: '127.0.0.1:1' }), false, 'another address does not')
})

for (const { phase, live, ready, started } of [
  { phase: 'starting', live: 200, ready: 503, started: 503 },
  { phase: 'ready', live: 200, ready: 200, started: 200 },
  { phase: 'draining', live: 200, ready: 503, started: 200 },
] as const) {
  t.test(`while ${phase}: livez ${live}, readyz ${ready}, startupz ${started}, whatever the backends do`, async t => {
    const status = (path: string) => healthAnswer(path, { path: '/', bodies: undefined }, stateOf(phase), 0)?.status
    t.same([status('/livez'), status('/readyz'), status('/startupz'), status('/')], [live, ready, started, ready])
  })
}

t.test('fixed bodies replace the JSON', async t => {
  const paths = { path: '/h', bodies: { healthy: 'yes', unhealthy: 'no' } }
  t.same(healthAnswer('/h', paths, stateOf('ready'), 0), { status: 200, body: 'yes' })
  t.same(healthAnswer('/h', paths, stateOf('draining'), 0), { status: 503, body: 'no' })
})

t.test('uptime is written as Go writes a duration', async t => {
  for (const [ms, text] of [
    [0, '0ms'],
    [999, '999ms'],
    [1500, '1.5s'],
    [61_000, '1m1s'],
    [3_600_000, '1h0m0s'],
    [90_061_001, '25h1m1.001s'],
  ] as const) {
    t.equal(goDuration(ms), text)
  }
})
