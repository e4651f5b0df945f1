import t from 'tap'
import { ManualClock } from '../testkit/manual-clock.ts'
import { ModelDisk } from '../testkit/model-disk.ts'
import type { DamagedRange } from './segment.ts'
import { SegmentLog } from './segment-log.ts'

const directory = '/queue'
const itemsEach = 3
const record = () => ({ kind: 0, wallMs: 1, itemCount: itemsEach, units: 2, payload: Buffer.alloc(900, 1) })

async function open(disk: ModelDisk) {
  const damaged: DamagedRange[] = []
  const log = new SegmentLog({
    fileSystem: disk,
    directory,
    createsDirectory: true,
    syncLevel: 'written',
    segmentBytesMax: 2000,
    clock: new ManualClock(),
    events: { fault() {}, healed() {}, damaged: range => damaged.push(range), written() {} },
  })
  await log.open()
  await log.scan(() => {})
  return { log, damaged }
}

/** Four segments of two records; of the first three records `acked` ones are delivered; then the process is killed. */
async function killed(acked: number) {
  const disk = new ModelDisk()
  const { log } = await open(disk)
  for (let i = 0; i < 8; i++) await log.append(record())
  const records = await log.read(10_000)
  for (const { sequence } of records.slice(0, acked)) log.ack(sequence)
  for (let turn = 0; turn < 50; turn++) await new Promise(resolve => setImmediate(resolve))
  disk.kill()
  return disk
}

for (const { name, acked, remove, lost, left } of [
  { name: 'the first, of which nothing was delivered', acked: 0, remove: [0], lost: 2, left: 6 },
  { name: 'one in the middle', acked: 0, remove: [1], lost: 2, left: 6 },
  { name: 'the last', acked: 0, remove: [3], lost: 2, left: 6 },
  { name: 'all of them', acked: 0, remove: [0, 1, 2, 3], lost: 8, left: 0 },
  { name: 'one of which half was delivered', acked: 1, remove: [0], lost: 1, left: 6 },
  { name: 'none, and one is delivered', acked: 2, remove: [], lost: 0, left: 6 },
]) {
  t.test(`files of segments that somebody removes while the agent is down are counted, once: ${name}`, async t => {
    const disk = await killed(acked)
    const paths = disk
      .paths('.seg')
      .sort()
      .slice(acked === 2 ? 0 : -4)
    for (const index of remove) await disk.remove(paths[index]!)
    const first = await open(disk)
    t.equal(
      first.damaged.reduce((sum, { itemCount }) => sum + itemCount, 0),
      lost * itemsEach,
    )
    t.equal((await first.log.read(100_000)).length, left)
    await first.log.append(record())
    const [after] = await first.log.read(100_000)
    t.ok((after?.sequence ?? 0) > 8, 'no sequence is used twice')
    disk.kill()
    const second = await open(disk)
    t.same(second.damaged, [], 'it is not told again')
    t.equal((await second.log.read(100_000)).length, left + 1)
    await second.log.close()
  })
}

t.test('after a loss of power, or a version that kept its slots, nobody knows that a file was there', async t => {
  for (const change of ['boot', 'format'] as const) {
    const disk = await killed(0)
    if (change === 'format') await disk.remove(`${directory}/format`)
    else {
      await disk.remove(`${directory}/lock`)
      const owner = { pid: 1, bootId: 'before', processStart: '1', id: 'ab' }
      await disk.createExclusive(`${directory}/lock`, Buffer.from(JSON.stringify(owner)))
    }
    await disk.remove(disk.paths('.seg').sort()[1]!)
    const { log, damaged } = await open(disk)
    t.same(damaged, [], change)
    t.equal((await log.read(100_000)).length, 6)
    await log.close()
  }
})

for (const { name, from, to } of [
  { name: 'the first two have each other’s names', from: [0, 1], to: [1, 0] },
  { name: 'the first has the name of the third, which is gone', from: [0], to: [2] },
  { name: 'the last has the name of the first', from: [3], to: [0] },
]) {
  t.test(`what is in files under names of others is sent or counted: ${name}`, async t => {
    const disk = await killed(0)
    const paths = disk.paths('.seg').sort()
    for (const index of from) await disk.rename(paths[index]!, `${directory}/moved-${index}`)
    for (const [i, index] of from.entries()) await disk.rename(`${directory}/moved-${index}`, paths[to[i]!]!)
    const { log, damaged } = await open(disk)
    const got: number[] = []
    for (let records = await log.read(1000); records.length > 0; records = await log.read(1000)) {
      for (const { sequence } of records) {
        got.push(sequence)
        log.ack(sequence)
      }
      for (let turn = 0; turn < 20; turn++) await new Promise(resolve => setImmediate(resolve))
    }
    const lost = damaged.reduce((sum, { itemCount }) => sum + itemCount, 0)
    t.equal(got.length * itemsEach + lost, 8 * itemsEach)
    t.equal(new Set(got).size, got.length, 'none comes twice')
    t.ok(got.length >= 4, 'the others come')
    await log.append(record())
    t.equal((await log.read(1000)).length, 1)
    await log.close()
  })
}
