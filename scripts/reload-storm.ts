// The long form of the reload storm: node --expose-gc scripts/reload-storm.ts [reloads] [spans per second]
import { components } from '../src/components.ts'
import { reloadStorm } from '../src/testkit/reload-storm.ts'

const [reloads = '300', spansPerSecond = '5000'] = process.argv.slice(2)
const report = await reloadStorm({ components, reloadCount: Number(reloads), spansPerSecond: Number(spansPerSecond) })
console.log(report)
const isGood =
  report.lostSpans + report.doubledSpans + report.failedRequests + Math.abs(report.imbalance) === 0 &&
  report.latencyP99Ms <= 50 &&
  report.descriptors[1] <= report.descriptors[0] + 4 &&
  report.heapBytes[1] <= report.heapBytes[0] * 1.5 + 20_000_000
console.log(isGood ? 'good' : 'NOT GOOD')
process.exit(isGood ? 0 : 1)
