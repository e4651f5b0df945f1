import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { parseConfig } from '../../config/parse-config.ts'
import { countItems } from '../../pdata/count.ts'
import { jsonToOtlp } from '../../pdata/json-to-otlp.ts'
import type { Signal } from '../../pdata/otlp-batch.ts'
import type { Explanation } from '../../processors/redaction/explain.ts'
import { type CommandSpec, type Invocation, UsageError } from '../command.ts'
import { alignColumns } from '../terminal.ts'

export const redactCommand: CommandSpec = {
  name: 'redact',
  summary: 'Say what redaction would take out of a file of OTLP, and why, without showing it',
  description:
    'redact explain FILE reads a request as the OTLP exporters send it (protobuf, or JSON as one document or one per line; from standard input for -) and prints a line for each place that a detector found, and for each that only looked like one with the reason why it was left: detector, what becomes of it, field, attribute, place in the value, and a fingerprint that is equal for equal values within one call. The value itself is never printed.',
  operands: 'explain FILE',
  operandsMax: 2,
  completes: 'file',
  options: [
    {
      name: 'signal',
      value: 'SIGNAL',
      choices: ['traces', 'metrics', 'logs'],
      doc: 'What the file holds; found out where it is JSON.',
    },
    { name: 'settings', value: 'YAML', doc: 'The processor`s configuration; without it profile: standard.' },
  ],
  examples: [
    ['sluice redact explain sample.json', 'What the standard profile finds.'],
    [
      'sluice redact explain --signal traces --settings "profile: strict" sample.pb',
      'A protobuf request, with the strict profile.',
    ],
  ],
  run: runRedact,
}

const jsonRoots: readonly (readonly [member: string, signal: Signal])[] = [
  ['resourceSpans', 'traces'],
  ['resourceMetrics', 'metrics'],
  ['resourceLogs', 'logs'],
]

async function runRedact({ world, args }: Invocation): Promise<number> {
  const [verb, file] = args.operands
  if (verb !== 'explain' || file === undefined)
    throw new UsageError('redact needs: explain FILE', 'sluice redact explain sample.json')
  // Loaded only here: an agent that starts reads all commands, and may have nothing to redact.
  const { redactionConfig } = await import('../../processors/redaction/config.ts')
  const { explainRequest } = await import('../../processors/redaction/explain.ts')
  const config = parseConfig(redactionConfig, args.value('settings') ?? 'profile: standard')
  const salt = randomUUID()
  const found = readRequests(readInput(file), args.value('signal') as Signal | undefined).flatMap(([signal, bytes]) =>
    explainRequest(config, signal, bytes, salt),
  )
  for (const line of alignColumns(found.map(row))) world.stdout.write(`${line}\n`)
  const left = found.filter(({ outcome }) => outcome === 'left').length
  world.stdout.write(`${found.length - left} found, ${left} left alone\n`)
  return 0
}

/** The file's bytes, or those of standard input for `-`. */
function readInput(file: string): Buffer {
  try {
    const content = readFileSync(file === '-' ? 0 : file)
    if (content.length === 0) throw new UsageError(`${file} is empty`)
    return content
  } catch (error) {
    if (error instanceof UsageError) throw error
    throw new UsageError(`cannot read ${file}: ${(error as NodeJS.ErrnoException).code ?? String(error)}`)
  }
}

function row({ detector, outcome, action, reason, field, key, start, end, fingerprint }: Explanation): string[] {
  return [
    detector,
    outcome === 'redacted' ? action : outcome,
    key === '' ? field : `${field} ${key}`,
    `${start}-${end}`,
    `#${fingerprint}`,
    reason,
  ]
}

function readRequests(content: Buffer, signal: Signal | undefined): (readonly [Signal, Uint8Array])[] {
  const text = content.subarray(0, 64).toString().trimStart()
  if (!text.startsWith('{')) {
    if (signal === undefined) throw new UsageError('a protobuf file needs --signal', '--signal traces')
    try {
      countItems(signal, content)
    } catch {
      throw new UsageError(`the file is no protobuf request of ${signal}`)
    }
    return [[signal, content]]
  }
  return documentsOf(content.toString()).map(document => {
    const root = jsonRoots.find(([member]) => document.includes(`"${member}"`))
    const own = signal ?? root?.[1]
    if (own === undefined) throw new UsageError('the file holds no resourceSpans, resourceMetrics or resourceLogs')
    try {
      return [own, jsonToOtlp(own, Buffer.from(document))] as const
    } catch (error) {
      throw new UsageError(`the file holds what is no OTLP/JSON: ${(error as Error).message}`)
    }
  })
}

/** One document, or one a line. */
function documentsOf(text: string): string[] {
  try {
    JSON.parse(text)
    return [text]
  } catch {
    return text.split('\n').filter(line => line.trim() !== '')
  }
}
