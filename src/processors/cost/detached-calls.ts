import { hashName } from '../../model-calls/byte-hash.ts'
import type { CallSpan } from '../../model-calls/call-span.ts'
import type { NormalizedUsage } from '../../model-calls/usage.ts'
import { isMet, lineNumber, scopeMask } from './call-lines.ts'
import { isPartOfMs, ticksPerMs } from './call-times.ts'

/** LlamaIndex, when it streams, has a call's span ended before the client below is asked. */
const lazyNames = ['openinference.instrumentation.llama_index', 'opentelemetry.instrumentation.llamaindex']
export const lazyScopes = lazyNames.map(hashName)

/**
 * How far outside a scope's spans are, where none of them is current while the span inside begins, so that no parent tells what
 * belongs together. Sources: the published packages.
 */
const levels = new Map<number, number>(
  (
    [
      // Clients that make spans themselves, or seem to.
      [
        0,
        [
          'com.anthropic.sdk.python',
          'com.anthropic.sdk.typescript',
          'mistralai_sdk_tracer',
          '@opentelemetry/instrumentation-aws-sdk',
        ],
      ],
      // What is put around these clients.
      [
        2,
        [
          'opentelemetry.instrumentation.anthropic',
          'openinference.instrumentation.anthropic',
          '@arizeai/openinference-instrumentation-anthropic',
          '@traceloop/instrumentation-anthropic',
          'opentelemetry.instrumentation.mistralai',
          'openinference.instrumentation.mistralai',
          '@arizeai/openinference-instrumentation-bedrock',
          '@traceloop/instrumentation-bedrock',
        ],
      ],
      // Callbacks cannot make a span current.
      [
        3,
        [
          'openinference.instrumentation.langchain',
          '@arizeai/openinference-instrumentation-langchain',
          'opentelemetry.instrumentation.langchain',
          'langsmith',
          ...lazyNames,
        ],
      ],
    ] as const
  ).flatMap(([level, names]) => names.map(name => [hashName(name), level] as const)),
)
const ordinary = 1
const levelMax = 3

/** How long after a lazy span the client may have its answer. */
const lazyMs = 600_000
/** Some round a time to milliseconds: by how much a span inside may seem to end too late, or a client's own to begin too early. */
const lateTicksMax = 200
/** How long a call's framework is at work before and after it, or which part of all that. */
const besideTicksMax = 30_000
const besideShare = 10
/** The same where the counts are such as no two calls have by chance: a first call loads modules, others wait for a rate limit. */
const tellingBesideTicksMax = 3_000_000
const tellingInputMin = 64
const tellingOutputMin = 8
/** Some count a stream's first token twice. */
const outputSlack = 8

/** Calls that share a line, and the words of each: a key, when it began and ended, what came out, who has met it, and whether it is lazy. */
const callsPerLine = 8
const wordsPerCall = 6
const startAt = 1
const endAt = 2
const outputAt = 3
const metAt = 4
const lazyAt = 5
const wordsPerLine = callsPerLine * wordsPerCall
const linesMax = 2048
/** What a key is made different with for each level, times the level and one more. */
const levelStep = 0x5bd1e995 | 0

/** Memory that they take, zeros at first. */
export const detachedBytes = 4 * wordsPerLine * linesMax

/**
 * Knows a call by its model, its counts and its time where neither an id nor a parent tells that two spans are of one call: one
 * begins before the other and ends after it, is further outside by what is known of their scopes, and stands in the same trace
 * or around a root. Each meets one of another level, so that two calls at once stay two. Of calls that share a line the oldest
 * is forgotten for the next.
 *
 * Threads may share the memory, as that of `SeenCalls`: at worst a call is forgotten.
 */
export class DetachedCalls {
  /** Whether a scope has come whose spans may be around those of others, or inside any. */
  hasOuter = false
  readonly #words: Int32Array
  #level = ordinary
  #scope = 0
  #isLazy = false
  /** Of the call that was taken. */
  #key = 0
  /** The same without cached tokens, as what is around a client may count; 0 where it has none. */
  #uncachedKey = 0
  #isRoot = false
  #start = 0
  #end = 0
  #output = 0
  #besideMax = besideTicksMax
  #met = 0

  constructor(memory: ArrayBufferLike, byteOffset: number) {
    this.#words = new Int32Array(memory, byteOffset, detachedBytes / 4)
  }

  /** Calls from now on are of the scope with this name's hash. Whether its spans may be around those of others, or inside any. */
  enterScope(hash: number): boolean {
    this.#scope = hash & scopeMask
    this.#level = levels.get(hash) ?? ordinary
    this.#isLazy = lazyScopes.includes(hash)
    return this.#level !== ordinary
  }

  /** The call that is asked for next, with the ticks of its times; `model` is a hash of what it is called in the prices. */
  take(span: CallSpan, start: number, end: number, usage: NormalizedUsage, model: number): void {
    const { input, output, cacheRead, cacheWrite } = usage
    this.#key = keyOf(input, output, model)
    const cached = cacheRead + cacheWrite
    this.#uncachedKey = cached === 0 || this.#level > 0 ? 0 : keyOf(input - cached, output, model)
    this.#output = output
    this.#besideMax = isTelling(input, output) ? tellingBesideTicksMax : besideTicksMax
    this.#start = start
    this.#end = end
    this.#isRoot = span.parentSpanIdStart === 0
    if (this.hasOuter) this.#met = metBy(span, this.#scope)
  }

  /** Whether a span inside or around it has its price; if not, it is noted (`isPriced`). `trace` is a hash of its trace's id. */
  meets(trace: number, isPriced: boolean): boolean {
    const level = this.#level
    const key = this.#key
    const keyInTrace = key ^ trace
    // What is around a client's own span may stand in another trace with its parent between them.
    const ownKey = this.#isRoot || level === 0 ? key : keyInTrace
    let isAround = false
    if (this.hasOuter) {
      for (let other = level + 1; other <= levelMax; other++) {
        if (this.#finds(noteKey(ownKey, other, true), true, level === 0)) return true
        if (this.#uncachedKey !== 0 && this.#finds(noteKey(this.#uncachedKey, other, true), true, true)) return true
      }
      if (level >= ordinary) isAround = this.#findsInside(key) || this.#findsInside(keyInTrace)
    }
    // What is further outside may stand apart from the innermost.
    if ((isPriced || isAround) && level < levelMax) {
      this.#note(noteKey(ownKey, level, false))
      if (this.#uncachedKey !== 0) this.#note(noteKey(this.#uncachedKey, level, false))
    }
    if (isPriced && !isAround && level >= ordinary) {
      this.#note(noteKey(key, level, true))
      this.#note(noteKey(keyInTrace, level, true))
    }
    return isAround
  }

  /** A lazy span may have its call's end behind its own. */
  get #lastEnd(): number {
    return this.#isLazy ? (this.#end + lazyMs * ticksPerMs) | 0 : this.#end
  }

  #findsInside(key: number): boolean {
    const last = this.#level === levelMax ? levelMax - 1 : 0
    for (let other = 0; other <= last; other++)
      if (this.#finds(noteKey(key, other, false), false, other === 0)) return true
    return false
  }

  /** Whether a call with this key is around that time, or inside it, and has met no other span. */
  #finds(key: number, isAround: boolean, isClient: boolean): boolean {
    const words = this.#words
    const line = lineOf(key)
    for (let at = line; at < line + wordsPerLine; at += wordsPerCall) {
      if (words[at] !== key || Math.abs(words[at + outputAt]! - this.#output) > outputSlack) continue
      const start = words[at + startAt]!
      const end = words[at + endAt]!
      if (!isPartOfMs(end) && !isPartOfMs(this.#end)) continue
      const startsLater = isAround ? (this.#start - start) | 0 : (start - this.#start) | 0
      const endsLater = isAround ? (this.#end - end) | 0 : (end - this.#lastEnd) | 0
      const aroundLasts = isAround ? (end - start) | 0 : (this.#end - this.#start) | 0
      const isLazy = this.#isLazy || words[at + lazyAt] === 1
      const isWithin = isLazy
        ? startsLater > 0 && endsLater <= 0
        : isInside(startsLater, endsLater, Math.max(this.#besideMax, aroundLasts / besideShare), isClient)
      if (!isWithin) continue
      if (isMet(words, at + metAt, this.#met)) return true
    }
    return false
  }

  #note(key: number): void {
    const words = this.#words
    const line = lineOf(key)
    const start = this.#start
    const end = this.#lastEnd
    let oldest = line
    for (let at = line; at < line + wordsPerLine; at += wordsPerCall) {
      if (words[at] === 0) {
        oldest = at
        break
      }
      if (words[at] === key && words[at + startAt] === start && words[at + endAt] === end) return
      if (((words[at + startAt]! - words[oldest + startAt]!) | 0) < 0) oldest = at
    }
    words[oldest] = 0
    words[oldest + startAt] = start
    words[oldest + endAt] = end
    words[oldest + outputAt] = this.#output
    words[oldest + metAt] = 0
    words[oldest + lazyAt] = this.#isLazy ? 1 : 0
    words[oldest] = key
  }
}

/**
 * Whether a span is inside another one that begins and ends so much later than that. It ends no later, or by less than what it
 * begins later; and no more than `besideMax` of the other is beside it: what is around a call does not do much else. JavaScript's
 * spans begin at whole milliseconds: there both may begin at once. Of a client's own span it is sure that it is the inner one, so
 * that a moment more or less says nothing.
 */
function isInside(startsLater: number, endsLater: number, besideMax: number, isClient: boolean): boolean {
  if (startsLater - endsLater > besideMax || endsLater > lateTicksMax) return false
  if (isClient) return startsLater >= -lateTicksMax
  return startsLater > 0 ? endsLater < startsLater : startsLater === 0 && endsLater !== 0 && endsLater <= ticksPerMs
}

/** Round or small counts are what tests and stand-ins answer again and again. */
function isTelling(input: number, output: number): boolean {
  return input >= tellingInputMin && output >= tellingOutputMin && input % 10 !== 0 && output % 10 !== 0
}

function keyOf(input: number, output: number, model: number): number {
  const counts = Math.imul(input > 0 ? input : ~output, 0x9e3779b1) ^ Math.imul(model, 0x85ebca6b)
  return counts ^ (counts >>> 15)
}

function noteKey(key: number, level: number, isAround: boolean): number {
  return (key ^ Math.imul(levelStep, 2 * level + (isAround ? 2 : 1))) | 0 || 1
}

function lineOf(key: number): number {
  return lineNumber(key, linesMax) * wordsPerLine
}

function metBy({ view, spanIdStart }: CallSpan, scope: number): number {
  const id = Math.imul(view.getInt32(spanIdStart, true) ^ view.getInt32(spanIdStart + 4, false), 0x9e3779b1)
  return (id & ~scopeMask) | scope || 1
}
