// Memory and CPU of tail sampling with many live traces: bytes held per waiting span beside its size on the wire, and
// nanoseconds of CPU per span to take it in and to decide it.
//
//   node --expose-gc bench/processors/tail-sampling.bench.ts [--traces 100000] [--spans 10] [--shape S]
import { parseArgs } from 'node:util'
import type { Consumer } from '../../src/component/consumer.ts'
import { parseConfig } from '../../src/config/parse-config.ts'
import { tailSamplingConfig } from '../../src/processors/tail-sampling/config.ts'
import { TailSampling } from '../../src/processors/tail-sampling/tail-sampling.ts'
import { componentSettings } from '../../src/testkit/component-settings.ts'
import { buildBody, type Shape, seededRandom } from '../rig/corpus.ts'

const { values } = parseArgs({
  options: {
    traces: { type: 'string', default: '100000' },
    spans: { type: 'string', default: '10' },
    shape: { type: 'string', default: 'S' },
  },
})
const traceCount = Number(values.traces)
const perRequest = Number(values.spans)
const spansPerTrace = 5
const collect = globalThis.gc
if (collect === undefined) {
  console.error('tail-sampling: run node with --expose-gc')
  process.exit(2)
}

const settings = componentSettings('tail_sampling')
let keptSpans = 0
const next: Consumer = {
  consume: async batch => {
    keptSpans += batch.itemCount
  },
}
const config = parseConfig(
  tailSamplingConfig,
  `{decision_wait: 30s, num_traces: ${traceCount + 10}, memory_max: 4GiB, policies: [
    {name: errors, type: status_code, status_code: {status_codes: [ERROR]}},
    {name: tenth, type: probabilistic, probabilistic: {sampling_percentage: 10}}]}`,
)
const processor = new TailSampling(config, settings, next)
await processor.start()

const random = seededRandom(5)
const bodies = Array.from({ length: 64 }, () => buildBody(values.shape as Shape, perRequest, random))
collect()
const before = process.memoryUsage()
const spanCount = traceCount * spansPerTrace
let wireBytes = 0
const cpuBefore = process.cpuUsage()
for (let span = 0, i = 0; span < spanCount; i++) {
  const { bytes, offsets } = bodies[i % bodies.length]!
  const own = bytes.slice()
  const view = new DataView(own.buffer)
  for (let k = 0; k < perRequest; k++, span++) {
    const trace = Math.floor(span / spansPerTrace)
    view.setUint32(offsets[3 * k]!, Math.imul(trace, 0x9e3779b1))
    view.setUint32(offsets[3 * k]! + 8, trace)
    view.setUint32(offsets[3 * k]! + 12, Math.imul(trace, 0x85ebca6b))
    view.setUint32(offsets[3 * k + 1]!, span)
  }
  wireBytes += own.length
  await processor.consume({ signal: 'traces', bytes: own, itemCount: perRequest })
}
const taken = process.cpuUsage(cpuBefore)
collect()
const during = process.memoryUsage()
const held = during.heapUsed + during.external - before.heapUsed - before.external
const deciding = process.cpuUsage()
await settings.clock.advance(31_000)
const decided = process.cpuUsage(deciding)
const ns = ({ user, system }: NodeJS.CpuUsage) => Math.round(((user + system) * 1000) / spanCount)
console.log(`${traceCount} traces of ${spansPerTrace} spans wait, ${perRequest} spans a request, ${values.shape} spans`)
console.table({
  'bytes on the wire per span': Math.round(wireBytes / spanCount),
  'bytes held per span': Math.round(held / spanCount),
  'held / wire': Number((held / wireBytes).toFixed(2)),
  'ns of CPU per span taken in': ns(taken),
  'ns of CPU per span decided': ns(decided),
  'spans kept': keptSpans,
})
await processor.shutdown({ atMs: 1e12 })
