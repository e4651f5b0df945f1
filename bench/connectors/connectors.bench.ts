/** CPU time of cutting and counting a request, beside a bare walk that looks at every span and at nothing in it. */
import { parseConfig } from '../../src/config/parse-config.ts'
import { countConfig } from '../../src/connectors/count/config.ts'
import { CountWalk } from '../../src/connectors/count/count-walk.ts'
import { routingConfig } from '../../src/connectors/routing/config.ts'
import { Router } from '../../src/connectors/routing/router.ts'
import type { OtlpBatch } from '../../src/pdata/otlp-batch.ts'
import { StageWalk } from '../../src/pdata/stage-walk.ts'
import { keep } from '../../src/pdata/walk-hooks.ts'
import { buildBody, seededRandom } from '../rig/corpus.ts'

const spanCount = 512
const rounds = 400

const table = (condition: string, context = 'span') =>
  parseConfig(routingConfig, `table: [{context: ${context}, condition: '${condition}', pipelines: [a]}]`)
const countOf = (yamlText: string) => new CountWalk('traces', parseConfig(countConfig, yamlText))

const bare = new StageWalk('traces', [{ span: () => keep }])
const byResource = new Router('traces', table('attributes["service.name"] == "nobody"', 'resource'))
const bySpan = new Router('traces', table('attributes["http.request.method"] == "nothing"'))
const halves = new Router('traces', table('name < "H"'))
const plain = countOf('')
const byAttribute = countOf('spans: {x: {attributes: [{key: http.request.method, default_value: none}]}}')

console.log('ns of CPU a span')
for (const shape of ['S', 'M', 'G'] as const) {
  const { bytes } = buildBody(shape, spanCount, seededRandom(7))
  const batch: OtlpBatch = { signal: 'traces', bytes, itemCount: spanCount }
  const results: string[] = []
  for (const [name, run] of [
    ['bare walk', () => bare.run(bytes)],
    ['routed whole by resource', () => byResource.route(batch)],
    ['routed whole by span', () => bySpan.route(batch)],
    ['cut by name', () => halves.route(batch)],
    ['counted', () => plain.count(batch, 1n)],
    ['counted by attribute', () => byAttribute.count(batch, 1n)],
  ] as const) {
    for (let i = 0; i < rounds / 4; i++) run()
    const before = process.cpuUsage()
    for (let i = 0; i < rounds; i++) run()
    const { user, system } = process.cpuUsage(before)
    results.push(`${name} ${(((user + system) * 1000) / rounds / spanCount).toFixed(0)}`)
  }
  console.log(`${shape}: ${results.join(', ')}`)
}
