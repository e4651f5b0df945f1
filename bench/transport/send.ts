// What sending batches costs: CPU-seconds per million spans of our own gRPC client, of the one over node:http2, of grpc-js,
// and over HTTP/1.1 of our own client, of undici and of node:http, in rounds that alternate. The rig must be built (bench/rig/build.sh).
//
//   node bench/transport/send.ts [--rounds 3] [--spans 8192] [--parts 16] [--batches 400]
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { freePort, listening, start, stop } from '../rig/agent-process.ts'

const here = dirname(fileURLToPath(import.meta.url))
const sink = join(here, '../out/sink')
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    spans: { type: 'string', default: '8192' },
    parts: { type: 'string', default: '16' },
    batches: { type: 'string', default: '400' },
    kinds: { type: 'string', default: 'sockets,node,grpc-js,http,undici,node-http' },
  },
})
if (!existsSync(sink)) {
  console.error('send: build the rig first: bench/rig/build.sh')
  process.exit(2)
}

const measured = new Map<string, number[]>()
for (let round = 0; round < Number(values.rounds); round++) {
  for (const kind of values.kinds.split(',')) {
    const port = await freePort()
    const receiver = start({ command: [sink, '--port', `${port}`], cpu: 1 })
    await listening(port, receiver)
    const run = start({
      command: [
        ...[process.execPath, join(here, 'sender.ts'), '--kind', kind, '--port', `${port}`],
        ...['--spans', values.spans, '--parts', values.parts, '--batches', values.batches],
      ],
      cpu: 0,
    })
    await once(run.child, 'close')
    const { usPerBatch } = JSON.parse(run.output()) as { usPerBatch: number }
    measured.set(kind, [...(measured.get(kind) ?? []), usPerBatch])
    await stop(receiver)
  }
}
console.table(
  [...measured].map(([client, list]) => {
    const median = list.sort((a, b) => a - b)[list.length >> 1]!
    return {
      client,
      'spans/batch': Number(values.spans),
      'us/batch': Math.round(median),
      'CPU-s/Mspan': Number((median / Number(values.spans)).toFixed(3)),
    }
  }),
)
