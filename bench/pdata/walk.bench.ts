// Nanoseconds per span of the walks over OTLP bytes, beside protobufjs on the same requests in the same run.
//
//   node bench/pdata/walk.bench.ts [--shapes S,M,G] [--spans 512]
import { parseArgs } from 'node:util'
import { AttributeKey } from '../../src/pdata/attribute-key.ts'
import { ConstantAttribute } from '../../src/pdata/constant-attribute.ts'
import { countItems } from '../../src/pdata/count.ts'
import { mergeRequests } from '../../src/pdata/merge.ts'
import { splitRequest } from '../../src/pdata/split.ts'
import { StageWalk } from '../../src/pdata/stage-walk.ts'
import { validateRequest } from '../../src/pdata/validate.ts'
import { encodeString } from '../../src/pdata/value.ts'
import type { SpanView } from '../../src/pdata/views.ts'
import { drop, keep, type WalkHooks } from '../../src/pdata/walk-hooks.ts'
import { requestTypes } from '../../src/testkit/otlp-oracle.ts'
import { buildBody, type Shape, seededRandom } from '../rig/corpus.ts'

const { values } = parseArgs({
  options: { shapes: { type: 'string', default: 'S,M,G' }, spans: { type: 'string', default: '512' } },
})
const one = new Uint8Array([0x0a, 0x00])
const spanCount = Number(values.spans)
const requestCount = 16

const method = new AttributeKey('http.request.method')
const model = new AttributeKey('gen_ai.request.model')
const scheme = new AttributeKey('url.scheme')
const conversation = new AttributeKey('gen_ai.conversation.id')
const renamed = new AttributeKey('http.method')
const absent = new AttributeKey('no.such.key')
const inserted = new ConstantAttribute(new AttributeKey('deployment.environment'), encodeString('production'))

const readOne: WalkHooks = { span: span => (span.attributes.find(absent) >= 0 ? drop : keep) }
const readName: WalkHooks = { span: span => (span.kind > 9 ? drop : keep) }
const edit: WalkHooks = {
  span({ attributes }: SpanView) {
    attributes.insertConstant(inserted)
    let index = attributes.find(method)
    if (index < 0) index = attributes.find(model)
    if (index >= 0) attributes.rename(index, renamed)
    if (!attributes.remove(scheme)) attributes.remove(conversation)
    return keep
  },
}
let turn = 0
const dropTenth: WalkHooks = { dropReason: 'bench', span: () => (turn++ % 10 === 0 ? drop : keep) }
const keepTenth: WalkHooks = { dropReason: 'bench', span: () => (turn++ % 10 === 0 ? keep : drop) }

for (const shape of values.shapes.split(',') as Shape[]) {
  const random = seededRandom(7)
  const requests = Array.from({ length: requestCount }, () => buildBody(shape, spanCount, random).bytes)
  const bytes = requests.reduce((sum, request) => sum + request.length, 0) / requestCount / spanCount
  const type = requestTypes.traces
  const stage = (hooks: WalkHooks) => {
    const walk = new StageWalk('traces', [hooks])
    return (request: Uint8Array) => walk.run(request)
  }
  const work: Record<string, (request: Uint8Array) => unknown> = {
    'copy (the least that merging costs)': request => mergeRequests([request, one]),
    'count, by boundaries': request => countItems('traces', request),
    'validate, down to the last value': request => validateRequest('traces', request),
    'split into 64 spans each': request => splitRequest('traces', request, { itemsMax: 64 }, spanCount),
    'walk, one field of each span': stage(readName),
    'walk, every attribute indexed': stage(readOne),
    'drop one span in ten': stage(dropTenth),
    'keep one span in ten': stage(keepTenth),
    'insert, rename, delete an attribute': stage(edit),
    'protobufjs decode': request => type.decode(request),
    'protobufjs decode and encode': request => type.encode(type.decode(request)).finish(),
  }
  console.log(`\n${shape}: ${spanCount} spans of ${bytes.toFixed(0)} bytes a request, ns per span`)
  for (const [name, run] of Object.entries(work)) {
    console.log(`  ${name.padEnd(40)} ${measure(requests, run).toFixed(1).padStart(9)}`)
  }
}

/** The best of many single requests: what the machine's other work adds is left out. */
function measure(requests: readonly Uint8Array[], run: (request: Uint8Array) => unknown): number {
  let best = Number.POSITIVE_INFINITY
  const endMs = performance.now() + 1500
  for (let round = 0; round < 3 || performance.now() < endMs; round++) {
    for (const request of requests) {
      const startedNs = process.hrtime.bigint()
      run(request)
      const ns = Number(process.hrtime.bigint() - startedNs) / spanCount
      if (round > 1 && ns < best) best = ns
    }
  }
  return best
}
