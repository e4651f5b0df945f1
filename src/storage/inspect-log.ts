import { AckFile } from './ack-file.ts'
import type { Extent } from './extent.ts'
import { ExtentFile } from './extent-file.ts'
import { errorCode, type FileSystem } from './file-system.ts'
import { readFormat } from './log-format.ts'
import type { LogRecord } from './record.ts'
import { type DamagedRange, firstSequenceOf, Segment, SegmentReader } from './segment.ts'

export interface LogVisitor {
  /** Every record that is not acked, in order; false ends the visit. */
  record(record: LogRecord): boolean
  damaged(range: DamagedRange): void
}

/** Looks at a log without becoming its writer: nothing is locked or changed, and a running agent may go on writing. */
export async function inspectLog(fileSystem: FileSystem, directory: string, visitor: LogVisitor): Promise<void> {
  await readFormat(fileSystem, directory)
  const acks = await AckFile.readSet(fileSystem, directory)
  const extents = await ExtentFile.read(fileSystem, directory).catch(() => new Map<number, Extent>())
  const first = (await fileSystem.list(directory)).flatMap(name => firstSequenceOf(name) ?? []).sort((a, b) => a - b)
  for (const sequence of first) {
    const segment = new Segment(fileSystem, directory, sequence)
    segment.extent = extents.get(sequence)
    const reader = new SegmentReader(segment, 0, range => visitor.damaged(range))
    let goesOn = true
    try {
      segment.endOffset = await (await segment.openExisting()).size()
      for (let place = await reader.next(); place !== undefined && goesOn; place = await reader.next()) {
        if (!acks.has(place.record.sequence)) goesOn = visitor.record(place.record)
      }
    } catch (error) {
      // Its writer has delivered all of it since the directory was read.
      if (segment.file !== undefined || errorCode(error) !== 'ENOENT') throw error
    } finally {
      await segment.close()
    }
    if (!goesOn) return
  }
}
