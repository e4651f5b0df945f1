import { type CommandSpec, UsageError } from '../command.ts'
import type { SpendReport, Spent, Unpriced } from '../price-file.ts'

const defaultMetrics = 'http://127.0.0.1:8888/metrics'
const answerMs = 5_000
const nameLengthMax = 80

export const costCommand: CommandSpec = {
  name: 'cost',
  operands: '[FILE...]',
  completes: 'file',
  summary: "Say what today's model calls cost, by model, service and agent",
  description:
    'Reads the metrics of a running agent that has the cost processor: what it has seen since midnight UTC. With files it prices the spans, and the log records of coding agents, in them instead: OTLP/JSON or protobuf as the file exporter writes it, one protobuf request, and either compressed by gzip or zstd. Calls that an agent has priced count as it found them.',
  options: [
    {
      name: 'file',
      short: 'f',
      value: 'FILE',
      isRepeatable: true,
      completes: 'file',
      doc: 'OTLP to price, as without --file; - is standard input.',
    },
    { name: 'metrics', value: 'URL', doc: `Metrics page of the agent (default ${defaultMetrics}).` },
    { name: 'format', value: 'FORMAT', choices: ['text', 'json'], doc: 'How to print (default text).' },
  ],
  examples: [
    ['sluice cost', "Today's spend of the agent on this machine."],
    ['sluice cost traces.jsonl', 'What the spans of a recording cost.'],
  ],
  exitCodes: [
    [0, 'It was printed, also where nothing was spent.'],
    [2, 'No agent with the cost processor answers, or a file cannot be read.'],
  ],
  async run({ world, args }) {
    const files = [...args.values('file'), ...args.operands]
    const warn = (message: string) => world.stderr.write(`warning: ${message}\n`)
    const report =
      files.length > 0 ? await reportOf(files, warn) : await readAgent(args.value('metrics') ?? defaultMetrics)
    if (args.value('format') === 'json') world.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`)
    else world.stdout.write(formatReport(report))
    return 0
  },
}

/** Loaded only here: an agent that starts reads all commands, and needs no prices for it. */
async function reportOf(files: readonly string[], warn: (message: string) => void): Promise<SpendReport> {
  const { priceFiles } = await import('../price-file.ts')
  return priceFiles(files, warn)
}

async function readAgent(url: string): Promise<SpendReport> {
  if (!URL.canParse(url)) throw new UsageError(`--metrics is no URL: ${url}`, `write it like ${defaultMetrics}`)
  let text: string
  let status: number
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(answerMs) })
    status = response.status
    text = await response.text()
  } catch {
    throw new UsageError(
      `no agent answers at ${url}`,
      'is it running with its metrics on? --metrics names another page',
    )
  }
  if (status !== 200) throw new UsageError(`${url} answers ${status}`, '--metrics names the page of an agent')
  const report = parseMetrics(text)
  if (report === undefined) {
    throw new UsageError(
      `${url} has no metrics of the cost processor`,
      'add processors.cost to a pipeline of the agent',
    )
  }
  return report
}

/** What the Prometheus text format says of costs; undefined where no `cost` processor has written to it. */
export function parseMetrics(text: string): SpendReport | undefined {
  const spent: Spent[] = []
  const unpriced: Unpriced[] = []
  let isKnown = false
  for (const line of text.split('\n')) {
    const match = /^sluice_cost_(today|unpriced_calls|price_data_age)(?:_[A-Za-z]+)*(?:\{(.*)\})? ([-+.\deE]+)/.exec(
      line,
    )
    if (match === null) continue
    isKnown = true
    const amount = Number(match[3])
    const labels = labelsOf(match[2] ?? '')
    if (match[1] === 'today') spent.push({ labels, amount })
    else if (match[1] === 'unpriced_calls') unpriced.push({ labels, calls: amount })
  }
  return isKnown ? { spent, unpriced } : undefined
}

function labelsOf(text: string): Record<string, string> {
  const labels: Record<string, string> = {}
  for (const [, name, value] of text.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)) {
    labels[name!] = value!.replace(/\\(.)/g, (_, character: string) => (character === 'n' ? '\n' : character))
  }
  return labels
}

/** A table for each way to look at it, the dearest first, and the calls that nobody knows a price for. */
export function formatReport({ spent, unpriced }: SpendReport): string {
  const lines = spentLines(spent)
  const calls = new Map<string, number>()
  for (const { labels, calls: count } of unpriced) {
    // The price of a duplicate stands on another span.
    if (labels['reason'] === 'duplicate') continue
    const name = `${shown(`${labels['provider']}/${labels['model']}`)} (${labels['reason']})`
    calls.set(name, (calls.get(name) ?? 0) + count)
  }
  const rows = [...calls].filter(([, count]) => count > 0).sort((a, b) => b[1] - a[1])
  if (rows.length > 0) {
    const width = Math.max(...rows.map(([name]) => name.length))
    lines.push('', 'calls without a price')
    for (const [name, count] of rows) lines.push(`  ${name.padEnd(width)}  ${String(count).padStart(14)}`)
  }
  return `${lines.join('\n')}\n`
}

function spentLines(spent: readonly Spent[]): string[] {
  const total = spent.reduce((sum, { amount }) => sum + amount, 0)
  if (total === 0) return ['nothing was spent']
  const lines = [`${money(total)} in all`]
  for (const [title, label] of [
    ['by model', 'model'],
    ['by service', 'service'],
    ['by agent', 'agent'],
  ] as const) {
    const sums = new Map<string, number>()
    for (const { labels, amount } of spent) {
      const name = shown(labels[label] || '(none)')
      sums.set(name, (sums.get(name) ?? 0) + amount)
    }
    const rows = [...sums].filter(([, amount]) => amount > 0).sort((a, b) => b[1] - a[1])
    if (rows.length === 1 && rows[0]![0] === '(none)') continue
    const width = Math.max(...rows.map(([name]) => name.length))
    lines.push('', title)
    for (const [name, amount] of rows) {
      lines.push(
        `  ${name.padEnd(width)}  ${money(amount).padStart(14)}  ${((amount / total) * 100).toFixed(1).padStart(5)} %`,
      )
    }
  }
  return lines
}

/** A name from somebody's telemetry: without what a terminal would obey, and no longer than a line. */
function shown(name: string): string {
  const plain = name.replace(/\p{Cc}/gu, '\ufffd')
  return plain.length > nameLengthMax ? `${plain.slice(0, nameLengthMax - 1)}…` : plain
}

/** Cents where there are some, else as many digits as it takes to see anything. */
function money(amount: number): string {
  return `$${amount >= 1 ? amount.toFixed(2) : amount.toPrecision(3)}`
}
