// What receiving costs: CPU per request and CPU-seconds per million spans of our own transport, alone and with the whole
// OTLP receiver on it, of node:http2 and node:http behind the same interface, and of grpc-js, in rounds that alternate. The rig must be built (bench/rig/build.sh).
//
//   node bench/transport/receive.ts [--rounds 3] [--seconds 3] [--spans 10,512] [--protocols grpc,http] [--kinds ...]
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { cpuSeconds, freePort, listening, start, stop } from '../rig/agent-process.ts'
import { writeCorpus } from '../rig/corpus.ts'

const here = dirname(fileURLToPath(import.meta.url))
const loadgen = join(here, '../out/loadgen')
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '3' },
    spans: { type: 'string', default: '10,512' },
    protocols: { type: 'string', default: 'grpc,http' },
    kinds: { type: 'string', default: 'sockets,otlp,node,grpc-js' },
    connections: { type: 'string', default: '8' },
    inflight: { type: 'string', default: '4' },
    flags: { type: 'string', default: '' },
  },
})
if (!existsSync(loadgen)) {
  console.error('receive: build the rig first: bench/rig/build.sh')
  process.exit(2)
}

interface Load {
  readonly requests: number
  readonly ok: number
  readonly failed: number
}

async function load(port: number, corpus: string, protocol: string, seconds: number): Promise<Load> {
  const run = start({
    command: [
      loadgen,
      ...['--port', `${port}`, '--protocol', protocol, '--corpus', corpus, '--seconds', `${seconds}`],
      ...['--connections', values.connections, '--inflight', values.inflight],
    ],
    cpu: 1,
  })
  await once(run.child, 'close')
  return JSON.parse(run.output()) as Load
}

const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-'))
const rows: Record<string, number | string>[] = []
try {
  for (const protocol of values.protocols.split(',')) {
    for (const spans of values.spans.split(',').map(Number)) {
      const corpus = join(folder, `${spans}`)
      const { bytesPerSpan } = writeCorpus(corpus, 'S', spans, 64)
      const measured = new Map<string, number[]>()
      let failed = 0
      for (let round = 0; round < Number(values.rounds); round++) {
        for (const kind of values.kinds.split(',')) {
          if (kind === 'grpc-js' && protocol !== 'grpc') continue
          const port = await freePort()
          const receiver = join(here, 'receiver.ts')
          const flags = values.flags.split(' ').filter(flag => flag !== '')
          const args = ['--kind', kind, '--port', `${port}`, '--protocol', protocol]
          const command = [process.execPath, ...flags, receiver, ...args]
          const server = start({ command, cpu: 0 })
          await listening(port, server)
          await load(port, corpus, protocol, 1)
          const before = cpuSeconds(server.pid)
          const result = await load(port, corpus, protocol, Number(values.seconds))
          const perRequestUs = ((cpuSeconds(server.pid) - before) * 1e6) / result.ok
          failed += result.failed + result.requests - result.ok
          measured.set(kind, [...(measured.get(kind) ?? []), perRequestUs])
          await stop(server)
        }
      }
      for (const [kind, list] of measured) {
        const median = list.sort((a, b) => a - b)[list.length >> 1]!
        rows.push({
          protocol,
          'spans/request': spans,
          'bytes/span': Math.round(bytesPerSpan),
          server: kind,
          'us/request': Number(median.toFixed(1)),
          'CPU-s/Mspan': Number((median / spans).toFixed(3)),
          failed,
        })
      }
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
console.table(rows)
