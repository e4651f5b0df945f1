/**
 * How long a queue on disk keeps a start waiting: the time until it takes a batch, and until all of its backlog is
 * counted, beside an empty queue in the same run.
 *
 *   node bench/exporter-helper/recovery.bench.ts [--mebibytes 1024] [--directory DIR]
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { systemClock } from '../../src/clock/clock.ts'
import { nodeFileSystem } from '../../src/storage/file-system.ts'
import { SegmentLog } from '../../src/storage/segment-log.ts'

const { values } = parseArgs({
  options: { mebibytes: { type: 'string', default: '1024' }, directory: { type: 'string', default: tmpdir() } },
})
const payload = new Uint8Array(3500).fill(7)
const recordCount = Math.floor((Number(values.mebibytes) * 1024 * 1024) / payload.length)
const parent = mkdtempSync(join(values.directory, 'sluice-recovery-bench-'))

function create(directory: string): SegmentLog {
  return new SegmentLog({
    fileSystem: nodeFileSystem,
    directory,
    createsDirectory: true,
    syncLevel: 'written',
    segmentBytesMax: 16 << 20,
    clock: systemClock,
    events: { fault: console.error, healed() {}, damaged() {}, written() {} },
  })
}

const record = () => ({ kind: 0, wallMs: Date.now(), itemCount: 10, units: 1, payload })

try {
  const log = create(join(parent, 'full'))
  await log.open()
  for (let written = 0; written < recordCount; written += 400) {
    await Promise.all(Array.from({ length: Math.min(400, recordCount - written) }, () => log.append(record())))
  }
  await log.close()
  for (const name of ['empty', 'full']) {
    const startMs = performance.now()
    const opened = create(join(parent, name))
    await opened.open()
    await opened.append(record())
    const takesMs = performance.now() - startMs
    let records = 0
    const before = process.cpuUsage()
    await opened.scan(totals => {
      records += totals.records
    })
    const { user, system } = process.cpuUsage(before)
    console.log(
      `${name}: takes a batch after ${takesMs.toFixed(0)} ms; ${records} requests counted after ${(performance.now() - startMs).toFixed(0)} ms ` +
        `(${((user + system) / 1000).toFixed(0)} ms of CPU, behind the start)`,
    )
    await opened.close()
  }
} finally {
  rmSync(parent, { recursive: true, force: true })
}
