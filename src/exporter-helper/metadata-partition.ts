import type { ClientMetadata } from '../pdata/otlp-batch.ts'

/** What batches of one partition have in common: equal keys mean equal metadata. */
export interface MetadataPartition {
  readonly key: string
  /** Only the named headers; undefined where there are none. */
  readonly metadata: ClientMetadata | undefined
}

const nothing: MetadataPartition = Object.freeze({ key: '', metadata: undefined })

/** Reduces a batch's metadata to `names` (lower case), and gives the key of its partition. */
export function metadataPartition(names: readonly string[], metadata: ClientMetadata | undefined): MetadataPartition {
  if (names.length === 0 || metadata === undefined) return nothing
  const headers = new Map<string, readonly string[]>()
  for (const name of names) {
    const values = metadata.headers.get(name)
    if (values !== undefined) headers.set(name, values)
  }
  if (headers.size === 0) return nothing
  return { key: JSON.stringify([...headers]), metadata: { headers } }
}
