import { readFileSync } from 'node:fs'
import { totalmem } from 'node:os'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { readContainerLimits } from '../../telemetry/container-limits.ts'
import type { MemoryReader } from './memory-gauge.ts'

let collect: (() => void) | undefined

/** This process. */
export const processMemory: MemoryReader = {
  memoryUsage: () => process.memoryUsage(),
  collectGarbage() {
    if (collect === undefined) {
      setFlagsFromString('--expose-gc')
      collect = runInNewContext('gc') as () => void
    }
    collect()
  },
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
