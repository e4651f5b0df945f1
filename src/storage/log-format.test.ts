import t from 'tap'
import { ManualClock } from '../testkit/manual-clock.ts'
import { ModelDisk } from '../testkit/model-disk.ts'
import { inspectLog } from './inspect-log.ts'
import { logFormat, markFormat, NewerFormatError, readFormat } from './log-format.ts'
import { SegmentLog } from './segment-log.ts'

const directory = '/queue'

function create(disk: ModelDisk) {
  return new SegmentLog({
    fileSystem: disk,
    directory,
    createsDirectory: true,
    syncLevel: 'written',
    segmentBytesMax: 2000,
    clock: new ManualClock(),
    events: { fault() {}, healed() {}, damaged() {}, written() {} },
  })
}

async function write(disk: ModelDisk, text: string) {
  const file = await disk.open(`${directory}/format`)
  await file.truncate(0)
  await file.write([Buffer.from(text)], 0)
  await file.close()
}

t.test('a log says its format; none, or one that is torn, is the first', async t => {
  const disk = new ModelDisk()
  await disk.makeDirectory(directory)
  t.equal(await readFormat(disk, directory), 1)
  await markFormat(disk, directory)
  t.equal(await readFormat(disk, directory), logFormat)
  for (const torn of ['', '2', 'x\n']) {
    await write(disk, torn)
    t.equal(await readFormat(disk, directory), 1, JSON.stringify(torn))
  }
})

t.test('what a later version wrote is named, and left as it is', async t => {
  const disk = new ModelDisk()
  const log = create(disk)
  await log.open()
  await log.append({ kind: 0, wallMs: 1, itemCount: 1, units: 1, payload: Buffer.from('telemetry') })
  await log.close()
  await write(disk, `${logFormat + 1}\n`)
  const before = (await disk.list(directory)).toSorted()
  const steps = disk.stepCount
  const later = create(disk)
  await t.rejects(later.open(), new NewerFormatError(directory, logFormat + 1))
  await later.close()
  await t.rejects(inspectLog(disk, directory, { record: () => true, damaged() {} }), { name: 'NewerFormatError' })
  t.equal(disk.stepCount, steps)
  t.same((await disk.list(directory)).toSorted(), before)
  await write(disk, `${logFormat}\n`)
  const again = create(disk)
  await again.open()
  await again.scan(() => {})
  t.equal((await again.read(1000)).length, 1)
  await again.close()
})
