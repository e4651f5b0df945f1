// Sends the same telemetry through a real Collector's routing and count connectors and through ours, for many tables and
// counts, and compares everything that comes out.
//
//   node scripts/differential/connectors.ts --collector bench/out/otelcol
import { parseArgs } from 'node:util'
import { connectorDifferences } from './connector-differences.ts'

const { values } = parseArgs({ options: { collector: { type: 'string' } } })
if (values.collector === undefined) {
  console.error('connectors: needs --collector PATH (bench/peers/build-otelcol.sh builds one)')
  process.exit(2)
}
const { caseCount, found } = await connectorDifferences(values.collector)
for (const line of found) console.log(line)
console.log(`${caseCount} settings, ${found.length} differences`)
process.exitCode = found.length === 0 ? 0 : 1
