const mib = 1024 * 1024
/** What a thread takes under load: its heap, its code, the requests that it has. */
const threadBytes = 128 * mib
/** What the agent takes without threads, requests included. */
const agentBytes = 160 * mib

/**
 * How many threads may run stages; 0 means that all of them run inline. A container whose cores are not limited sees all of its
 * machine: there the memory decides, as dozens of threads would have it killed.
 */
export function stageThreadsMax(machine: {
  readonly cores: number
  /** Cores, with fractions; undefined where there is no limit. */
  readonly cpuQuota: number | undefined
  /** Of the container, or of the machine. */
  readonly memoryBytes: number
}): number {
  const { cores, cpuQuota, memoryBytes } = machine
  const threads = Math.min(cores, Math.ceil(cpuQuota ?? cores))
  // With one core they would take turns with the main thread.
  if (threads < 2) return 0
  return Math.max(0, Math.min(threads, Math.floor((memoryBytes - agentBytes) / threadBytes)))
}
