const mib = 1024 * 1024
/** What the agent itself takes: half of it heap and buffers, half what of its code must stay in memory. */
const ownBytes = 64 * mib

/**
 * Request bodies that may be in the process at once: a quarter of the memory, since a body lives beside its decompressed
 * form, what a stage makes of it, and the exporter's copy of it in a merged request; in a small container a third of what the
 * agent leaves. Never less than one full request of the default size, never more than what a sidecar could drain in its
 * grace period.
 */
export function admissionBytesMax(memoryBytes: number): number {
  const share = Math.min(memoryBytes / 4, (memoryBytes - ownBytes) / 3)
  return Math.min(Math.max(share, 24 * mib), 512 * mib)
}
