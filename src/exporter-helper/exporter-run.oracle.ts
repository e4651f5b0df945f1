import { ConsumeError, type RefusalKind } from '../component/consumer.ts'
import { defineConfig } from '../config/declare.ts'
import { parseConfig } from '../config/parse-config.ts'
import { queueShape } from '../config/sections/exporter-queue.ts'
import type { MergeRule } from '../pdata/otlp-batch.ts'
import { silentLogger } from '../telemetry/logger.ts'
import { componentSettings } from '../testkit/component-settings.ts'
import { type Answer, ScriptedBackend } from '../testkit/scripted-backend.ts'
import { spanBatch } from '../testkit/span-batches.ts'
import { accepted, type ExportResult } from './export-request.ts'
import { createExporter } from './exporter.ts'

export const config = defineConfig(queueShape())

export function refused(kind: RefusalKind, retryDelayMs?: number, reason = 'test'): ExportResult {
  const details = retryDelayMs === undefined ? { reason } : { reason, retryDelayMs }
  return { kind: 'refused', refusal: new ConsumeError(kind, 'told to', details) }
}

/** An error with these fields; tap's types know those of plain errors only. */
export const like = (fields: object) => fields as Error

export const tooLarge: ExportResult = {
  kind: 'too_large',
  refusal: new ConsumeError('permanent', 'too large', { reason: 'x' }),
}
export const down = refused('retryable')
export const never = new Promise<ExportResult>(() => {})

export function setUp(yaml = '{}', script: Answer<ExportResult>[] = [], otherwise: Answer<ExportResult> = accepted) {
  const said: string[] = []
  const say = (message: string) => void said.push(message)
  const logger = { ...silentLogger, warn: say, error: say }
  const settings = componentSettings('test', { random: () => 0.5, logger })
  const { retry, queue } = parseConfig(config, yaml)
  const backend = new ScriptedBackend<ExportResult>(otherwise, script)
  const create = () => createExporter({ backend, signals: ['traces'], timeoutMs: 5000, retry, queue }, settings)
  const exporter = create()
  let first = 0
  const { ledger, clock } = settings
  return {
    said,
    settings,
    ledger,
    clock,
    backend,
    exporter,
    create,
    /** Sends the next `count` spans in one batch, as a receiver does. */
    async give(count: number, merge?: MergeRule) {
      const batch = spanBatch(first, count)
      first += count
      ledger.received('traces', count)
      try {
        await exporter.consume(merge === undefined ? batch : { ...batch, merge })
      } catch (error) {
        ledger.rejected('traces', (error as ConsumeError).reason, count)
        throw error
      }
    },
    counts() {
      const { received, exported, dropped, rejected } = ledger.entry('traces')
      return {
        received,
        exported,
        queued: ledger.queued('traces'),
        dropped: Object.fromEntries(dropped),
        rejected: Object.fromEntries(rejected),
        imbalance: ledger.imbalance('traces'),
      }
    },
    numbers: (count: number) => Array.from({ length: count }, (_, i) => i),
    end: (inMs = 1000) => exporter.shutdown({ atMs: clock.nowMs() + inMs }),
  }
}

export const none = { received: 0, exported: 0, queued: 0, dropped: {}, rejected: {}, imbalance: 0 }
export const rule = (timeoutMs: number, sizeMin: number, sizeMax = 0): MergeRule => ({
  timeoutMs,
  sizer: 'items',
  sizeMin,
  sizeMax,
})
