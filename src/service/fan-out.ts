import { asConsumeError, ConsumeError, type Consumer } from '../component/consumer.ts'
import type { OtlpBatch } from '../pdata/otlp-batch.ts'
import type { Ledger } from '../telemetry/ledger.ts'

/** The consumers as one; a single consumer stands for itself. */
export function fanOut(consumers: readonly Consumer[], ledger: Ledger): Consumer {
  const [only] = consumers
  if (consumers.length === 1 && only !== undefined) return only
  return new FanOut(consumers, ledger)
}

/**
 * Gives the same bytes to all consumers at once. It accepts when all accepted. Otherwise it refuses with the refusal
 * that lets the data arrive where it still can: a retryable one before a permanent one, with the longest delay. Those
 * that had accepted keep the batch, and may see it again when the sender retries; the ledger counts them as copies.
 */
class FanOut implements Consumer {
  readonly #consumers: readonly Consumer[]
  readonly #ledger: Ledger

  constructor(consumers: readonly Consumer[], ledger: Ledger) {
    this.#consumers = consumers
    this.#ledger = ledger
  }

  async consume(batch: OtlpBatch): Promise<void> {
    const refusals: ConsumeError[] = []
    batch.memory?.share(this.#consumers.length)
    await Promise.all(
      this.#consumers.map(async consumer => {
        try {
          await consumer.consume(batch)
        } catch (error) {
          refusals.push(asConsumeError(error))
        }
      }),
    )
    const acceptedCount = this.#consumers.length - refusals.length
    const copyCount = refusals.length === 0 ? acceptedCount - 1 : acceptedCount
    if (copyCount > 0) this.#ledger.copied(batch.signal, copyCount * batch.itemCount)
    if (refusals.length > 0) throw decisiveRefusal(refusals)
  }
}

const urgency = { overloaded: 2, retryable: 1, permanent: 0 }

function decisiveRefusal(refusals: readonly ConsumeError[]): ConsumeError {
  const sorted = refusals.toSorted((a, b) => urgency[b.kind] - urgency[a.kind])
  const first = sorted[0]!
  const delays = refusals.flatMap(refusal => refusal.retryDelayMs ?? [])
  if (first.kind === 'permanent' || delays.length === 0) return first
  return new ConsumeError(first.kind, first.message, {
    reason: first.reason,
    retryDelayMs: Math.max(...delays),
    cause: first,
    ...(first.grpcStatus === undefined ? {} : { grpcStatus: first.grpcStatus }),
    ...(first.httpStatus === undefined ? {} : { httpStatus: first.httpStatus }),
  })
}
