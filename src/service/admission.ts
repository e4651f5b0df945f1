const mib = 1024 * 1024

/**
 * Request bodies that may be in the process at once: a quarter of the memory, since a body lives beside its decompressed
 * form, what a stage makes of it, and the exporter's copy of it in a merged request. Never less than one full request of
 * the default size, never more than what a sidecar could drain in its grace period.
 */
export function admissionBytesMax(memoryBytes: number): number {
  return Math.min(Math.max(memoryBytes / 4, 24 * mib), 512 * mib)
}
