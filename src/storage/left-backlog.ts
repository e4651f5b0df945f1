import { join } from 'node:path'
import { AckFile } from './ack-file.ts'
import { isLocked } from './directory-lock.ts'
import { ExtentFile } from './extent-file.ts'
import type { FileSystem } from './file-system.ts'
import { firstSequenceOf, segmentName } from './segment.ts'

/**
 * Items that wait in a log that no process has, without reading it: what was acked is subtracted by its share of the records.
 * Undefined where a process has it, or nothing waits; rejects where the system does not give it out.
 */
export async function leftBacklog(fileSystem: FileSystem, directory: string): Promise<number | undefined> {
  if (await isLocked(fileSystem, directory)) return undefined
  const names = await fileSystem.list(directory)
  const first = names.flatMap(name => firstSequenceOf(name) ?? []).sort((a, b) => a - b)
  if (first[0] === undefined) return undefined
  const acks = await AckFile.readSet(fileSystem, directory)
  acks.add(1, first[0] - 1)
  const extents = await ExtentFile.read(fileSystem, directory)
  let items = 0
  let isAnyLeft = false
  for (const [i, sequence] of first.entries()) {
    const extent = extents.get(sequence)
    if (extent === undefined) {
      // An end that nobody was told of, or one whose extent is lost.
      const isDone = acks.covers(sequence, (first[i + 1] ?? sequence + 1) - 1)
      isAnyLeft ||= !isDone && (await sizeOf(fileSystem, join(directory, segmentName(sequence)))) > 0
      continue
    }
    const { firstSequence, lastSequence, totals } = extent
    const sequences = lastSequence - firstSequence + 1
    const open = sequences - acks.countWithin(firstSequence, lastSequence)
    if (open <= 0) continue
    isAnyLeft = true
    items += Math.round((totals.items * open) / sequences)
  }
  return isAnyLeft ? items : undefined
}

async function sizeOf(fileSystem: FileSystem, path: string): Promise<number> {
  const file = await fileSystem.openExisting(path)
  try {
    return await file.size()
  } finally {
    await file.close()
  }
}
