import { isDeepStrictEqual } from 'node:util'
import { EditScript, runOnPlain, sortAttributes } from '../testkit/edit-script.ts'
import { decodePlain, type Plain } from '../testkit/otlp-oracle.ts'
import { brokenRequest, randomRequest } from '../testkit/request-variants.ts'
import { replaceInPlain, secret, secretReplacer } from '../testkit/secret-replacer.ts'
import { SeededRandom } from '../testkit/seeded-random.ts'
import { WireError } from '../wire/wire-error.ts'
import { countItems } from './count.ts'
import { mergeRequests } from './merge.ts'
import type { Signal } from './otlp-batch.ts'
import { splitRequest } from './split.ts'
import { StageWalk } from './stage-walk.ts'
import { validateRequest } from './validate.ts'

/** Longest that any walk over a mutated request of a few KiB may take. */
const walkMsMax = 1000

/**
 * Walks, counts, checks and splits broken requests. Throws on any error but `WireError`, on a slow walk, and where a request
 * that was taken cannot be counted afterwards. Returns how many were taken.
 */
export function fuzzBrokenRequests(signal: Signal, seed: number, count: number): number {
  const random = new SeededRandom(seed)
  let taken = 0
  let whole: Uint8Array = new Uint8Array(0)
  for (let i = 0; i < count; i++) {
    if (i % 20 === 0) whole = randomRequest(random, signal)
    const bytes = brokenRequest(random, whole, 4)
    const startedMs = performance.now()
    try {
      validateRequest(signal, bytes)
      const out = new StageWalk(signal, [new EditScript(i, 0.1)]).run(bytes)
      for (const { bytes: part } of splitRequest(signal, out, { itemsMax: 2, bytesMax: 200 })) countItems(signal, part)
      taken++
    } catch (error) {
      if (!(error instanceof WireError)) throw error
    }
    if (performance.now() - startedMs > walkMsMax) throw new Error(`input ${i} took too long`)
  }
  return taken
}

/** Compares edits through views with the same edits on messages that protobufjs decoded. Returns how many were equal: profiles have no views. */
export function fuzzEdits(signal: Signal, seed: number, count: number): number {
  if (signal === 'profiles') return 0
  const random = new SeededRandom(seed)
  for (let i = 0; i < count; i++) {
    const bytes = randomRequest(random, signal)
    const scripts = [new EditScript(seed + i, 0.2), new EditScript(seed - i, 0.1)]
    const out = new StageWalk(signal, scripts).run(bytes)
    const parts = splitRequest(signal, out, { itemsMax: 1 + random.below(4) })
    const expected = sortAttributes(runOnPlain(signal, decodePlain(signal, bytes), scripts))
    if (!isDeepStrictEqual(sortAttributes(decodePlain(signal, out)), expected)) throw new Error(`input ${i} differs`)
    const items = countItems(signal, out)
    if (countItems(signal, mergeRequests(parts.map(part => part.bytes))) !== items) throw new Error(`input ${i}: split`)
  }
  return count
}

/** Replaces a secret by its offsets, with other edits behind it, and looks for it in the bytes that go out. */
export function fuzzReplacedRanges(signal: Signal, seed: number, count: number): number {
  if (signal === 'profiles') return 0
  const random = new SeededRandom(seed)
  for (let i = 0; i < count; i++) {
    const bytes = randomRequest(random, signal, { fieldChance: 0.9, repeatsMax: 2 })
    const replacement = 'y'.repeat(random.pick([0, 5, secret.length, 300]))
    const scripts = random.chance(0.5) ? [new EditScript(seed + i, 0.1)] : []
    const out = new StageWalk(signal, [secretReplacer(replacement), ...scripts]).run(bytes)
    if (Buffer.from(out).includes(secret)) throw new Error(`input ${i}: the secret is still there`)
    const expected = runOnPlain(signal, replaceInPlain(decodePlain(signal, bytes), replacement) as Plain, scripts)
    if (!isDeepStrictEqual(sortAttributes(decodePlain(signal, out)), sortAttributes(expected))) {
      throw new Error(`input ${i} differs`)
    }
  }
  return count
}
