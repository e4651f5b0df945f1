import type { MemoryLimiterConfig } from './config.ts'

export interface MemoryLimits {
  /** Above it everything is refused, and garbage is collected as often as allowed. */
  readonly hardBytes: number
  /** Above it everything is refused. */
  readonly softBytes: number
}

const mib = 1024 * 1024

/**
 * The two limits of one process in bytes; `totalBytes` is what percentages count from. What is configured is for the
 * agent as a whole: each of `shardCount` processes gets its part of it.
 */
export function memoryLimits(config: MemoryLimiterConfig, totalBytes: number, shardCount = 1): MemoryLimits {
  const { hardBytes, softBytes } = wholeLimits(config, totalBytes)
  return { hardBytes: hardBytes / shardCount, softBytes: softBytes / shardCount }
}

function wholeLimits(config: MemoryLimiterConfig, totalBytes: number): MemoryLimits {
  if (config.limitMib > 0) {
    const hardBytes = config.limitMib * mib
    return { hardBytes, softBytes: hardBytes - (config.spikeLimitMib * mib || hardBytes / 5) }
  }
  const hardBytes = Math.floor((totalBytes * config.limitPercentage) / 100)
  const spikeBytes = Math.floor((totalBytes * config.spikeLimitPercentage) / 100) || hardBytes / 5
  return { hardBytes, softBytes: hardBytes - spikeBytes }
}
