import { ManualClock } from '../testkit/manual-clock.ts'
import { ModelDisk } from '../testkit/model-disk.ts'
import { SeededRandom } from '../testkit/seeded-random.ts'
import { SegmentLog } from './segment-log.ts'

const directory = '/queue'
const recordCount = 30

function create(disk: ModelDisk): SegmentLog {
  return new SegmentLog({
    fileSystem: disk,
    directory,
    createsDirectory: true,
    syncLevel: 'written',
    segmentBytesMax: 1500,
    clock: new ManualClock(),
    events: { fault() {}, healed() {}, damaged() {}, written() {} },
  })
}

/**
 * Any damage to any files of a log: it opens, gives only what was written, each once and in order, and goes on. Says how
 * many records were read.
 */
export async function fuzzDamagedLog(seed: number, count: number): Promise<number> {
  const random = new SeededRandom(seed)
  let read = 0
  for (let i = 0; i < count; i++) {
    const disk = new ModelDisk()
    const before = create(disk)
    await before.open()
    for (let number = 0; number < recordCount; number++) await before.append(record(number))
    await before.close()
    for (let wounds = 1 + random.below(4); wounds > 0; wounds--) wound(disk, random)
    const after = create(disk)
    await after.open()
    await after.scan(() => {})
    await after.append(record(1000))
    let last = -1
    for (let records = await after.read(1000); records.length > 0; records = await after.read(1000)) {
      for (const { payload } of records) {
        const number = Buffer.from(payload).readUInt32LE(0)
        const isWhole = Buffer.from(record(number).payload).equals(Buffer.from(payload))
        if (!isWhole || number <= last) throw new Error(`log ${i} of seed ${seed}: read ${number} after ${last}`)
        last = number
        read++
      }
    }
    if (last !== 1000) throw new Error(`log ${i} of seed ${seed}: what was written after the damage is lost`)
    await after.close()
  }
  return read
}

function record(number: number) {
  const payload = Buffer.alloc(20 + (number % 5) * 40, number & 255)
  payload.writeUInt32LE(number, 0)
  return { kind: 0, wallMs: number, itemCount: 1, units: 1, payload }
}

function wound(disk: ModelDisk, random: SeededRandom): void {
  const paths = [...disk.paths('.seg'), ...disk.paths('acks'), ...disk.paths('extents')]
  const path = random.pick(paths)
  disk.damage(path, bytes => {
    const start = random.below(bytes.length + 1)
    const length = random.below(100)
    switch (random.below(5)) {
      case 0:
        return bytes.slice(0, start)
      case 1:
        return Buffer.concat([bytes, random.bytes(length)])
      case 2:
        return Buffer.concat([bytes.subarray(0, start), bytes.subarray(Math.min(bytes.length, start + length))])
      case 3:
        // A piece of the log stands somewhere else as well.
        return Buffer.concat([bytes.subarray(0, start), bytes.subarray(0, length), bytes.subarray(start)])
      default:
        for (let i = start; i < Math.min(bytes.length, start + length); i++) bytes[i] = random.below(256)
        return bytes
    }
  })
}
