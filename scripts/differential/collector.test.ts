import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { connectorDifferences } from './connector-differences.ts'
import { ottlDifferences } from './ottl-differences.ts'

const collector = fileURLToPath(new URL('../../bench/out/otelcol', import.meta.url))
const skip = existsSync(collector) ? false : 'bench/peers/build-otelcol.sh has not built a Collector'

t.test('statements do what they do in a real Collector', { skip, timeout: 120_000 }, async t => {
  const { caseCount, found } = await ottlDifferences(collector)
  t.ok(caseCount > 400)
  t.same(
    found.filter(({ why }) => why === undefined),
    [],
  )
})

t.test('connectors route and count as in a real Collector', { skip, timeout: 120_000 }, async t => {
  const { caseCount, found } = await connectorDifferences(collector)
  t.ok(caseCount > 40)
  t.same(found, [])
})
