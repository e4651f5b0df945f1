import t from 'tap'
import { ManualClock } from '../testkit/manual-clock.ts'
import { ModelDisk } from '../testkit/model-disk.ts'
import { inspectLog } from './inspect-log.ts'
import { SegmentLog } from './segment-log.ts'

t.test('a segment that its writer removes during the look is passed over, not made anew', async t => {
  const disk = new ModelDisk()
  const log = new SegmentLog({
    fileSystem: disk,
    directory: '/queue',
    createsDirectory: true,
    syncLevel: 'written',
    segmentBytesMax: 100,
    clock: new ManualClock(),
    events: { fault: error => t.fail(`${error}`), healed: () => {}, damaged: () => {}, written: () => {} },
  })
  await log.open()
  for (let i = 0; i < 4; i++)
    await log.append({ kind: 0, wallMs: 1, itemCount: 1, units: 1, payload: Buffer.alloc(100, i) })
  await log.close()
  const [, removed] = disk.paths('.seg').sort()
  const seen: number[] = []
  const removals: Promise<void>[] = []
  await inspectLog(disk, '/queue', {
    record(record) {
      if (seen.length === 0) removals.push(disk.remove(removed!))
      return seen.push(record.payload[0]!) > 0
    },
    damaged: range => t.fail(`damaged: ${JSON.stringify(range)}`),
  })
  await Promise.all(removals)
  t.strictSame(seen, [0, 2, 3])
  t.notOk(disk.paths('.seg').includes(removed!))
  t.equal(disk.openFileCount, 0)
})
