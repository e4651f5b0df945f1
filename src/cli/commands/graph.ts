import { loadConfig } from '../../config/load.ts'
import type { CommandSpec, Invocation } from '../command.ts'
import { configOperands, configOptions, loadRequestOf } from '../config-options.ts'
import { drawAscii, drawDot, drawMermaid } from '../pipeline-drawing.ts'
import { textReport } from '../report.ts'
import { paintFor } from '../terminal.ts'

export const graphCommand: CommandSpec = {
  name: 'graph',
  summary: 'Draw the pipelines',
  description:
    'Draws what receives, what processes in which order, and what exports, with the connectors between pipelines.',
  operands: configOperands,
  completes: 'file',
  options: [
    ...configOptions,
    {
      name: 'format',
      value: 'FORMAT',
      choices: ['ascii', 'mermaid', 'dot'],
      doc: 'ascii (default), mermaid for Markdown, dot for Graphviz.',
    },
  ],
  examples: [
    ['sluice graph -c sluice.yaml', 'In the terminal.'],
    ['sluice graph -c sluice.yaml --format dot | dot -Tsvg > graph.svg', 'As a picture.'],
  ],
  run: runGraph,
}

async function runGraph(invocation: Invocation): Promise<number> {
  const { world, args } = invocation
  const loaded = await loadConfig(loadRequestOf(invocation))
  if (loaded.resolved === undefined) {
    world.stderr.write(textReport(loaded.problems, paintFor(world.stderr, world.env)))
    return 1
  }
  const format = args.value('format')
  if (format === 'mermaid') world.stdout.write(drawMermaid(loaded.resolved))
  else if (format === 'dot') world.stdout.write(drawDot(loaded.resolved))
  else world.stdout.write(drawAscii(loaded.resolved))
  return 0
}
