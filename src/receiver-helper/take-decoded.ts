import { BatchMemory } from '../pdata/batch-memory.ts'
import type { ClientMetadata } from '../pdata/otlp-batch.ts'
import { grpcPrefixBytes } from '../transport/grpc.ts'
import type { Intake } from './intake.ts'

/** A foreign request as OTLP's protobuf, in memory of its own. */
export interface Decoded {
  readonly bytes: Uint8Array
  readonly spanCount: number
}

/**
 * Gives what `decode` makes of a foreign body to the pipelines, as `Intake.take` does. The memory of the body is given back, also
 * where it cannot be read: nobody may look at it after `decode`. Throws what `decode` throws.
 */
export function takeDecoded(
  intake: Intake,
  body: Uint8Array,
  decode: (body: Uint8Array) => Decoded,
  metadata: ClientMetadata | undefined,
): Promise<void> {
  let decoded: Decoded
  try {
    decoded = decode(body)
  } finally {
    BatchMemory.of(body, grpcPrefixBytes)?.release(body)
  }
  const { bytes, spanCount } = decoded
  return intake.take({ signal: 'traces', bytes, itemCount: spanCount, metadata, memory: BatchMemory.of(bytes) })
}
