// Sends the same telemetry through a real Collector's transform processor and through ours, for many statements and
// expressions, and compares everything that comes out.
//
//   node scripts/differential/ottl.ts --collector bench/out/otelcol
import { parseArgs } from 'node:util'
import { ottlDifferences } from './ottl-differences.ts'

const { values } = parseArgs({ options: { collector: { type: 'string' }, only: { type: 'string' } } })
if (values.collector === undefined) {
  console.error('ottl: needs --collector PATH (bench/peers/build-otelcol.sh builds one)')
  process.exit(2)
}
const { caseCount, found } = await ottlDifferences(values.collector, values.only)
const unexplained = found.filter(({ why }) => why === undefined)
for (const { line, why } of found) console.log(why === undefined ? line : `(${why}) ${line}`)
console.log(`${caseCount} settings, ${unexplained.length} unexplained differences`)
process.exitCode = unexplained.length === 0 ? 0 : 1
