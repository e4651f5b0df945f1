// What the standard profile costs by kind of content, in one process: `node bench/redaction/contents.bench.ts [name]`.
// Every request is new, as in traffic: what was remembered of the values before helps only where they come again.
import { parseConfig } from '../../src/config/parse-config.ts'
import { StageWalk } from '../../src/pdata/stage-walk.ts'
import { redactionConfig } from '../../src/processors/redaction/config.ts'
import { RedactionStage } from '../../src/processors/redaction/redaction-stage.ts'
import { median } from '../rig/median.ts'
import { kinds, requestOf, signalOf } from './contents.ts'

const warmUpCount = 60
const requestCount = Number(process.env['REQUESTS'] ?? 25)

console.log('ns per KB, and requests changed')
for (const [name, make] of Object.entries(kinds)) {
  if (process.argv[2] !== undefined && !name.includes(process.argv[2])) continue
  const signal = signalOf(make)
  const walk = new StageWalk(signal, [new RedactionStage(parseConfig(redactionConfig, 'profile: standard'), signal)])
  for (let i = 0; i < warmUpCount; i++) walk.run(requestOf(make))
  const requests = Array.from({ length: requestCount }, () => requestOf(make))
  let changed = 0
  const costs = requests.map(bytes => {
    const start = process.hrtime.bigint()
    if (walk.run(bytes) !== bytes) changed++
    return (Number(process.hrtime.bigint() - start) / bytes.length) * 1024
  })
  console.log(`  ${name.padEnd(20)} ${median(costs).toFixed(0).padStart(7)} ${changed} of ${requestCount}`)
}
