import { readFileSync } from 'node:fs'
import { totalmem } from 'node:os'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { readContainerLimits } from '../../telemetry/container-limits.ts'
import type { MemoryReader } from './memory-gauge.ts'

let collect: (() => void) | undefined

/** This process. */
export const processMemory: MemoryReader = {
  memoryUsage() {
    const usage = process.memoryUsage()
    return { ...usage, rss: usage.rss - fileBytes() }
  },
  collectGarbage() {
    if (collect === undefined) {
      setFlagsFromString('--expose-gc')
      collect = runInNewContext('gc') as () => void
    }
    collect()
  },
}

/**
 * Of the resident set, what mirrors files: 50 MiB of Node's own code. The kernel takes these pages away before it kills anybody,
 * and reads them again. 0 where the platform does not say.
 */
function fileBytes(): number {
  try {
    return fileBytesOf(readFileSync('/proc/self/status', 'latin1'))
  } catch {
    return 0
  }
}

/** The same from the text of Linux's `/proc/PID/status`. */
export function fileBytesOf(status: string): number {
  return Number(/^RssFile:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024
}

/** What percentages count from: the container's limit, else the machine's memory. */
export function totalMemoryBytes(): number {
  const { memoryBytes } = readContainerLimits(path => {
    try {
      return readFileSync(path, 'utf8')
    } catch {
      return undefined
    }
  })
  return Math.min(memoryBytes ?? Number.POSITIVE_INFINITY, totalmem())
}
