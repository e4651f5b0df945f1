import { type CommandSpec, UsageError } from '../command.ts'
import type { Spent } from '../price-file.ts'

const defaultMetrics = 'http://127.0.0.1:8888/metrics'
const answerMs = 5_000

export const costCommand: CommandSpec = {
  name: 'cost',
  summary: "Say what today's model calls cost, by model, service and agent",
  description:
    'Reads the metrics of a running agent that has the cost processor: what it has seen since midnight UTC. With --file it prices the spans of OTLP files instead: lines of OTLP/JSON, as the file exporter writes them, or one protobuf request.',
  options: [
    {
      name: 'file',
      short: 'f',
      value: 'FILE',
      isRepeatable: true,
      completes: 'file',
      doc: 'OTLP to price; - is standard input.',
    },
    { name: 'metrics', value: 'URL', doc: `Metrics page of the agent (default ${defaultMetrics}).` },
    { name: 'format', value: 'FORMAT', choices: ['text', 'json'], doc: 'How to print (default text).' },
  ],
  examples: [
    ['sluice cost', "Today's spend of the agent on this machine."],
    ['sluice cost --file traces.jsonl', 'What the spans of a recording cost.'],
  ],
  exitCodes: [
    [0, 'It was printed, also where nothing was spent.'],
    [2, 'No agent answers, or a file cannot be read.'],
  ],
  async run({ world, args }) {
    const files = args.values('file')
    const spent = files.length > 0 ? await priceFiles(files) : await readAgent(args.value('metrics') ?? defaultMetrics)
    if (args.value('format') === 'json') world.stdout.write(`${JSON.stringify(spent, undefined, 2)}\n`)
    else world.stdout.write(formatSpent(spent))
    return 0
  },
}

/** Loaded only here: an agent that starts reads all commands, and needs no prices for it. */
async function priceFiles(files: readonly string[]): Promise<Spent[]> {
  const { priceFile } = await import('../price-file.ts')
  return files.flatMap(priceFile)
}

async function readAgent(url: string): Promise<Spent[]> {
  let text: string
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(answerMs) })
    text = await response.text()
  } catch {
    throw new UsageError(
      `no agent answers at ${url}`,
      'is it running with its metrics on? --metrics names another page',
    )
  }
  return parseMetrics(text)
}

/** The lines of `sluice_cost_today` in the Prometheus text format. */
export function parseMetrics(text: string): Spent[] {
  return text.split('\n').flatMap(line => {
    const match = /^sluice_cost_today(?:_[A-Za-z]+)?\{(.*)\} ([-+.\deE]+)/.exec(line)
    if (match === null) return []
    const labels: Record<string, string> = {}
    for (const [, name, value] of match[1]!.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)) {
      labels[name!] = value!.replace(/\\(.)/g, (_, character: string) => (character === 'n' ? '\n' : character))
    }
    return [{ labels, amount: Number(match[2]) }]
  })
}

/** A table for each way to look at it, the dearest first. */
export function formatSpent(spent: readonly Spent[]): string {
  const total = spent.reduce((sum, { amount }) => sum + amount, 0)
  if (total === 0) return 'nothing was spent\n'
  const lines = [`${money(total)} in all`]
  for (const [title, label] of [
    ['by model', 'model'],
    ['by service', 'service'],
    ['by agent', 'agent'],
  ] as const) {
    const sums = new Map<string, number>()
    for (const { labels, amount } of spent) {
      const name = labels[label] || '(none)'
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
  return `${lines.join('\n')}\n`
}

/** Cents where there are some, else as many digits as it takes to see anything. */
function money(amount: number): string {
  return `$${amount >= 1 ? amount.toFixed(2) : amount.toPrecision(3)}`
}
