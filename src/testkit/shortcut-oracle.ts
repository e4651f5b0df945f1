import { ConsumeError } from '../component/consumer.ts'
import type { StageProcessor } from '../component/stage-processor.ts'
import type { Signal } from '../pdata/otlp-batch.ts'
import type { PlainSpans } from '../pdata/plain-spans.ts'
import { RecordSplice } from '../pdata/record-splice.ts'
import { StageWalk } from '../pdata/stage-walk.ts'
import { validatedBatch } from '../pdata/validate.ts'
import type { WalkHooks } from '../pdata/walk-hooks.ts'
import { WireError } from '../wire/wire-error.ts'
import { encodeHostile } from './hostile-encoder.ts'
import { generateRequest } from './otlp-generator.ts'
import type { Plain } from './otlp-oracle.ts'
import { brokenRequest, fieldOrders, randomRequest } from './request-variants.ts'
import type { SeededRandom } from './seeded-random.ts'

/**
 * Lets processors do a request without a walk, and in one: bytes, drops and counts must be the same, and what the walk refuses
 * the shortcut must not take. Throws where they differ; says whether the shortcut did the work.
 */
export function compareShortcut(signal: Signal, create: () => StageProcessor[], bytes: Uint8Array): boolean {
  const before = Uint8Array.from(bytes)
  const processors = create()
  const shortcut = RecordSplice.of(signal, processors)
  if (shortcut === undefined) throw new Error('the processors have no shortcut')
  const shortened = orRefused(() => shortcut.run(bytes, plainSpansOf(signal, bytes)))
  const walked = create()
  const walk = new StageWalk(signal, walked.map(withoutStep))
  const expected = orRefused(() => walk.run(bytes))
  if (Buffer.compare(bytes, before) !== 0) throw new Error('the request itself was written to')
  if (shortened === undefined) {
    const isClean = shortcut.dropped.every(count => count === 0) && countsOf(processors) === countsOf(create())
    if (!isClean) throw new Error('a shortcut that gave up left counts behind')
    return false
  }
  if (shortened === refused || expected === refused) {
    if (shortened !== expected) throw new Error('one of the two refuses the request')
    return false
  }
  if (Buffer.compare(shortened, expected!) !== 0) throw new Error('the bytes differ')
  if ((shortened === bytes) !== (expected === bytes)) throw new Error('one of the two copied an untouched request')
  if (String(shortcut.dropped) !== String(walk.dropped)) throw new Error('the drops differ')
  shortcut.dropped.forEach((count, i) => {
    if (count > 0) processors[i]!.noteDropped?.(count)
  })
  if (countsOf(processors) !== countsOf(walked)) throw new Error('the counts differ')
  return true
}

/** What a receiver sees of the request; undefined where it would refuse it. */
export function plainSpansOf(signal: Signal, bytes: Uint8Array): PlainSpans | undefined {
  const batch = orRefused(() => validatedBatch(signal, bytes, undefined, undefined))
  return batch === refused ? undefined : batch.plainSpans
}

function countsOf(processors: readonly StageProcessor[]): string {
  return JSON.stringify(processors.map(processor => [...processor.takeCounts()]))
}

/** A request for a shortcut: mostly of the shape that senders write, some of any shape, some broken. */
export function shortcutRequest(random: SeededRandom, signal: Signal): Uint8Array {
  if (random.chance(0.3)) return randomRequest(random, signal)
  const plain = generateRequest(random, signal, { fieldChance: 1, repeatsMax: 3, valueDepthMax: 1 })
  thinOut(random, plain)
  const bytes = encodeHostile(random, signal, plain, {
    order: random.chance(0.8) ? 'ascending' : random.pick(fieldOrders),
  })
  return random.chance(0.7) ? bytes : brokenRequest(random, bytes, 1)
}

/** Takes fields from the records, tracestates nearly always, and what senders leave out of attributes: they set few. Ids stay in every other request. */
function thinOut(random: SeededRandom, request: Plain): void {
  const ids = random.chance(0.5) ? ['traceId', 'spanId'] : []
  for (const group of Object.values(request).flat() as Plain[]) {
    for (const scope of [group['scopeSpans'] ?? group['scopeLogs'] ?? []].flat() as Plain[]) {
      for (const record of [scope['spans'] ?? scope['logRecords'] ?? []].flat() as Plain[]) {
        for (const field of Object.keys(record)) {
          if (ids.includes(field)) continue
          if (random.chance(field === 'traceState' ? 0.95 : field === 'attributes' ? 0.05 : 0.3)) delete record[field]
        }
        if (random.chance(0.95)) record['attributes'] = plainAttributes((record['attributes'] ?? []) as Plain[])
      }
    }
  }
}

/** One attribute for each key, of a key and a value. */
function plainAttributes(attributes: readonly Plain[]): Plain[] {
  const byKey = new Map(attributes.map(({ key, value }) => [key, { key, value }]))
  return [...byKey.values()]
}

const refused = Symbol('refused')

function orRefused<T>(run: () => T): T | typeof refused {
  try {
    return run()
  } catch (error) {
    if (error instanceof WireError || error instanceof ConsumeError) return refused
    throw error
  }
}

function withoutStep(processor: StageProcessor): WalkHooks {
  const { resource, scope, span, logRecord, metric, dataPoint } = processor
  return {
    noteDropped: count => processor.noteDropped?.(count),
    ...(resource && { resource: view => resource.call(processor, view) }),
    ...(scope && { scope: view => scope.call(processor, view) }),
    ...(span && { span: view => span.call(processor, view) }),
    ...(logRecord && { logRecord: view => logRecord.call(processor, view) }),
    ...(metric && { metric: view => metric.call(processor, view) }),
    ...(dataPoint && { dataPoint: (point, view) => dataPoint.call(processor, point, view) }),
  }
}
