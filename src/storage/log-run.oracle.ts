import { ManualClock } from '../testkit/manual-clock.ts'
import type { LogSettings, SyncLevel } from './log-settings.ts'
import type { LogRecord } from './record.ts'
import type { DamagedRange } from './segment.ts'
import { SegmentLog } from './segment-log.ts'

export const directory = '/queue'
export interface Run {
  readonly log: SegmentLog
  readonly damaged: DamagedRange[]
  readonly faults: unknown[]
  healedCount: number
}

export function create(
  disk: LogSettings['fileSystem'],
  level: SyncLevel,
  segmentBytesMax = 2000,
  clock = new ManualClock(),
): Run {
  const run = { damaged: [] as DamagedRange[], faults: [] as unknown[], healedCount: 0 }
  const log = new SegmentLog({
    fileSystem: disk,
    directory,
    createsDirectory: true,
    syncLevel: level,
    segmentBytesMax,
    clock,
    events: {
      fault: error => run.faults.push(error),
      healed: () => {
        result.healedCount++
      },
      damaged: range => run.damaged.push(range),
      written: () => {},
    },
  })
  const result: Run = Object.assign(run, { log })
  return result
}

/** A record whose payload is its own number, repeated: what comes back can be checked. */
export function recordOf(number: number, length = 40 + (number % 7) * 60) {
  const payload = Buffer.alloc(Math.max(8, length), number & 255)
  payload.writeUInt32LE(number, 0)
  return { kind: 0, wallMs: 1000 + number, itemCount: 1 + (number % 5), units: 3, payload }
}

export function numberOf(record: LogRecord): number {
  const bytes = Buffer.from(record.payload)
  const number = bytes.readUInt32LE(0)
  if (!Buffer.from(recordOf(number, bytes.length).payload).equals(bytes))
    throw new Error(`payload of ${number} is damaged`)
  return number
}

export async function readAll(log: SegmentLog): Promise<LogRecord[]> {
  const records: LogRecord[] = []
  for (let more = await log.read(1000); more.length > 0; more = await log.read(1000)) records.push(...more)
  return records
}
