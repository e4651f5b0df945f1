import t from 'tap'
import { parseConfig } from '../../config/parse-config.ts'
import { requestOf, runProcessor, valuesOf } from '../../testkit/run-processor.ts'
import { resourceConfig } from './config.ts'
import { ResourceStage } from './resource-stage.ts'
import { fuzzResourceShortcut } from './shortcut.fuzz.ts'

const yaml = `attributes:
  - {key: deployment.environment, value: test, action: upsert}
  - {key: host.name, action: delete}
  - {key: team, from_attribute: owner, action: insert}`

for (const [signal, groups] of [
  ['traces', 'resourceSpans'],
  ['metrics', 'resourceMetrics'],
  ['logs', 'resourceLogs'],
] as const) {
  t.test(`edits the resources of ${signal} and nothing else`, async t => {
    const stage = new ResourceStage(parseConfig(resourceConfig, yaml))
    const request = requestOf(signal, [{}], { 'host.name': 'h', owner: 'o', 'deployment.environment': 'x' })
    const group = (
      (runProcessor(stage, signal, request).request[groups] ?? []) as Record<string, { attributes: unknown }>[]
    )[0]
    t.same(valuesOf(group?.['resource']?.attributes), { owner: 'o', 'deployment.environment': 'test', team: 'o' })
  })
}

t.test('a group without a resource gets one', async t => {
  const stage = new ResourceStage(parseConfig(resourceConfig, yaml))
  const out = runProcessor(stage, 'traces', { resourceSpans: [{ scopeSpans: [{ spans: [{ name: 'a' }] }] }] })
  t.match(out.request, {
    resourceSpans: [
      { resource: { attributes: [{ key: 'deployment.environment' }] }, scopeSpans: [{ spans: [{ name: 'a' }] }] },
    ],
  })
})

for (const signal of ['traces', 'logs', 'metrics'] as const) {
  t.test(`resources of ${signal} are edited to the same bytes without views`, async t => {
    t.ok(fuzzResourceShortcut(signal, 7, 300) > 100)
  })
}
