import { readFileSync } from 'node:fs'
import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import { parseConfig } from '../config/parse-config.ts'
import { jsonToOtlp } from '../pdata/json-to-otlp.ts'
import { StageWalk } from '../pdata/stage-walk.ts'
import { duplicatesBytes } from '../processors/cost/call-duplicates.ts'
import { costConfig } from '../processors/cost/config.ts'
import { eventPricers, spanPricers } from '../processors/cost/cost-context.ts'
import { CostStage } from '../processors/cost/cost-stage.ts'
import { parseCountName, spendLabels } from '../processors/cost/spend-counts.ts'
import { WireError } from '../wire/wire-error.ts'
import { UsageError } from './command.ts'

/** Amounts with the labels of `spendLabels`. */
export interface Spent {
  readonly labels: Readonly<Record<string, string>>
  readonly amount: number
}

/** Calls that have no price, by `provider`, `model` and `reason`. */
export interface Unpriced {
  readonly labels: Readonly<Record<string, string>>
  readonly calls: number
}

export interface SpendReport {
  readonly spent: Spent[]
  readonly unpriced: Unpriced[]
}

const unpricedLabels = ['provider', 'model', 'reason'] as const
/** The signals in which calls are reported. */
const signals = ['traces', 'logs'] as const
type Signal = (typeof signals)[number]

/**
 * What the model calls in files of OTLP cost; `-` is standard input. Where an agent has priced them it is what it found. Of calls
 * that two spans report one counts, whichever files they are in. Throws a `UsageError` for a file that is none; `warn` is told
 * of one that ends within a line.
 */
export function priceFiles(paths: readonly string[], warn: (message: string) => void): SpendReport {
  const config = parseConfig(costConfig, '{}')
  const pricers = new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT)
  const context = { scopes: [], calls: new SharedArrayBuffer(duplicatesBytes), countsPriced: true, pricers }
  const stages = {
    traces: new CostStage(config, context, 'traces'),
    logs: new CostStage(config, context, 'logs'),
  }
  const walks = { traces: new StageWalk('traces', [stages.traces]), logs: new StageWalk('logs', [stages.logs]) }
  const report: SpendReport = { spent: [], unpriced: [] }
  const requests = paths.flatMap(path => [...requestsOf(contentOf(path), path, warn)])
  // Of a call that a span and a log record report one counts, if both are there.
  const isThere = (signal: Signal) => (requests.some(([each]) => each === signal) ? 1 : 0)
  const words = new Int32Array(pricers)
  words[spanPricers] = isThere('traces')
  words[eventPricers] = isThere('logs')
  for (const [signal, request] of requests) {
    walks[signal].run(request)
    for (const [name, amount] of stages[signal].takeCounts()) {
      const { kind, values } = parseCountName(name)
      const labelled = (labels: readonly string[]) =>
        Object.fromEntries(labels.map((label, i) => [label, values[i] ?? '']))
      if (kind === 'cost') report.spent.push({ labels: labelled(spendLabels), amount })
      else if (kind === 'unpriced') report.unpriced.push({ labels: labelled(unpricedLabels), calls: amount })
    }
  }
  return report
}

function contentOf(path: string): Uint8Array {
  try {
    return plain(readFileSync(path === '-' ? 0 : path))
  } catch (error) {
    throw new UsageError(`${path} cannot be read: ${(error as Error).message}`)
  }
}

/** What gzip or zstd made smaller, known by how it begins. */
function plain(bytes: Buffer): Buffer {
  if (bytes.length > 4 && bytes.readUInt16BE(0) === 0x1f8b) return gunzipSync(bytes)
  return bytes.length > 4 && bytes.readUInt32LE(0) === 0xfd2fb528 ? zstdDecompressSync(bytes) : bytes
}

/** Lines of OTLP/JSON, one document of it, one protobuf request, or requests with their lengths before them. */
function* requestsOf(
  bytes: Uint8Array,
  path: string,
  warn: (message: string) => void,
): Generator<[Signal, Uint8Array]> {
  if (bytes.length === 0) throw new UsageError(`${path} is empty`)
  const content = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  const records = recordsOf(content, () => warn(`${path} ends within a record, the ones before it count`))
  let isEmpty = true
  for (const requests of records === undefined
    ? [requestsIn(content, path, warn)]
    : records.map((record, i) => requestsIn(plain(record), `${path}, record ${i + 1},`, warn))) {
    for (const request of requests) {
      isEmpty = false
      yield request
    }
  }
  if (isEmpty)
    throw new UsageError(`${path} has no spans and no log records`, 'it is OTLP with resourceSpans or resourceLogs')
}

/** As the file exporter writes protobuf, and whatever it compresses: a length of four bytes, big-endian, and a record. */
function recordsOf(content: Buffer, warn: () => void): Buffer[] | undefined {
  const records: Buffer[] = []
  for (let offset = 0; offset < content.length; ) {
    const start = offset + 4
    offset = start > content.length ? start : start + content.readUInt32BE(start - 4)
    if (offset > content.length) {
      if (records.length === 0) return undefined
      warn()
      return records
    }
    records.push(content.subarray(start, offset))
  }
  return records
}

function* requestsIn(text: Buffer, path: string, warn: (message: string) => void): Generator<[Signal, Uint8Array]> {
  if (/^\s*\{/.test(text.toString('latin1', 0, 64))) {
    if (isOneDocument(text)) yield* jsonRequests(text, path)
    else yield* linesOf(text, path, warn)
    return
  }
  for (const signal of signals) {
    try {
      // A request says nothing of its signal: read as another one it is malformed, or has no calls.
      new StageWalk(signal, [{ span: () => 0, logRecord: () => 0 }]).run(text)
    } catch (error) {
      if (!(error instanceof WireError)) throw error
      if (signal === 'logs') continue
      throw new UsageError(`${path} is neither OTLP/JSON nor a protobuf request: ${error.message}`)
    }
    yield [signal, text]
  }
}

function* linesOf(text: Buffer, path: string, warn: (message: string) => void): Generator<[Signal, Uint8Array]> {
  let start = 0
  for (let line = 1; start < text.length; line++) {
    let end = text.indexOf(0x0a, start)
    if (end < 0) {
      // A program that is killed while it writes leaves such a line, and one that runs writes the rest later.
      if (line > 1 && !isJson(text.subarray(start))) {
        warn(`${path}:${line} is not whole, the lines before it count`)
        return
      }
      end = text.length
    }
    if (end > start) yield* jsonRequests(text.subarray(start, end), `${path}:${line}`)
    start = end + 1
  }
}

/** Whether the text as a whole is JSON, over several lines: its first line alone is not. */
function isOneDocument(text: Buffer): boolean {
  const end = text.indexOf(0x0a)
  return end >= 0 && !isJson(text.subarray(0, end)) && isJson(text)
}

function isJson(text: Buffer): boolean {
  try {
    JSON.parse(text.toString())
    return true
  } catch (error) {
    if (error instanceof SyntaxError) return false
    throw error
  }
}

function* jsonRequests(json: Uint8Array, place: string): Generator<[Signal, Uint8Array]> {
  for (const signal of signals) {
    let request: Uint8Array
    try {
      request = jsonToOtlp(signal, json)
    } catch (error) {
      throw new UsageError(`${place} is no OTLP/JSON: ${(error as Error).message}`)
    }
    if (request.length > 0) yield [signal, request]
  }
}
