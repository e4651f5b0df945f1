import type { AgentConfig, AgentPipeline } from '../config/agent-config.ts'

/** The pipelines as a picture of text: receivers on the left, processors in their order, exporters on the right. */
export function drawAscii(config: AgentConfig): string {
  return config.pipelines.map(pipeline => drawPipeline(pipeline, config)).join('\n')
}

function drawPipeline(pipeline: AgentPipeline, config: AgentConfig): string {
  const left = pipeline.receivers.map(id => labelled(id, config, 'from', pipeline))
  const right = pipeline.exporters.map(id => labelled(id, config, 'to', pipeline))
  const middle = pipeline.processors.join(' ── ')
  const rows = Math.max(left.length, right.length)
  const axis = Math.floor((rows - 1) / 2)
  const leftWidth = Math.max(...left.map(label => label.length))
  const leftAt = offsetOf(left.length, axis)
  const rightAt = offsetOf(right.length, axis)
  const lines: string[] = []
  for (let row = 0; row < rows; row++) {
    const source = left[row - leftAt]
    const target = right[row - rightAt]
    const start =
      source === undefined ? ' '.repeat(leftWidth + 1) : `${source} ${'─'.repeat(leftWidth - source.length)}`
    const body =
      row === axis ? (middle === '' ? '───' : `── ${middle} ──`) : ' '.repeat(middle === '' ? 3 : middle.length + 6)
    const join = joint(row - leftAt, left.length, row === axis, 'left')
    const fork = joint(row - rightAt, right.length, row === axis, 'right')
    lines.push(`  ${start}${join}${body}${fork}${target === undefined ? '' : ` ${target}`}`.trimEnd())
  }
  return `${pipeline.id}\n${lines.join('\n')}\n`
}

/** Rows above the first label, so that the labels stand around the axis. */
function offsetOf(count: number, axis: number): number {
  return Math.max(0, axis - Math.floor((count - 1) / 2))
}

/** The character where several lines meet in one, or one parts into several. */
function joint(index: number, count: number, isAxis: boolean, side: 'left' | 'right'): string {
  if (index < 0 || index >= count) return ' '
  if (count === 1) return '─'
  const isFirst = index === 0
  const isLast = index === count - 1
  if (side === 'left') {
    if (isFirst) return isAxis ? '┬' : '┐'
    if (isLast) return isAxis ? '┴' : '┘'
    return isAxis ? '┼' : '┤'
  }
  if (isFirst) return isAxis ? '┬' : '┌'
  if (isLast) return isAxis ? '┴' : '└'
  return isAxis ? '┼' : '├'
}

/** A connector says which pipelines are on its other side. */
function labelled(id: string, config: AgentConfig, direction: 'from' | 'to', pipeline: AgentPipeline): string {
  if (!isConnector(id, config)) return id
  const others = config.pipelines
    .filter(other => (direction === 'to' ? other.receivers : other.exporters).includes(id))
    .filter(other => other.id !== pipeline.id)
    .map(other => other.id)
  return direction === 'to' ? `(${id} -> ${others.join(', ')})` : `(${others.join(', ')} -> ${id})`
}

function isConnector(id: string, config: AgentConfig): boolean {
  return config.components.some(component => component.kind === 'connector' && component.id === id)
}

interface Edge {
  readonly from: string
  readonly to: string
}

/** Nodes by pipeline and the edges between them; receivers, exporters and connectors are shared by pipelines. */
function graphOf(config: AgentConfig): {
  edges: Edge[]
  shared: Map<string, string>
  processors: Map<string, string[]>
} {
  const edges: Edge[] = []
  const shared = new Map<string, string>()
  const processors = new Map<string, string[]>()
  for (const pipeline of config.pipelines) {
    const own = pipeline.processors.map(id => `${pipeline.id}:${id}`)
    processors.set(pipeline.id, own)
    const nodeOf = (id: string, kind: string) => {
      const node = `${isConnector(id, config) ? 'connector' : kind}:${id}`
      shared.set(node, id)
      return node
    }
    const first = pipeline.receivers.map(id => nodeOf(id, 'receiver'))
    const last = pipeline.exporters.map(id => nodeOf(id, 'exporter'))
    const [head] = own
    const tail = own.at(-1)
    if (head === undefined || tail === undefined) {
      for (const from of first) for (const to of last) edges.push({ from, to })
      continue
    }
    for (const from of first) edges.push({ from, to: head })
    for (const [at, node] of own.entries()) if (at > 0) edges.push({ from: own[at - 1] ?? node, to: node })
    for (const to of last) edges.push({ from: tail, to })
  }
  return { edges, shared, processors }
}

/** Mermaid, as Markdown renderers draw it. */
export function drawMermaid(config: AgentConfig): string {
  const { edges, shared, processors } = graphOf(config)
  const names = new Map<string, string>()
  const name = (node: string) => {
    const known = names.get(node) ?? `n${names.size}`
    names.set(node, known)
    return known
  }
  const lines = ['flowchart LR']
  for (const [node, label] of shared) {
    const [open, close] = node.startsWith('connector:')
      ? ['{{"', '"}}']
      : node.startsWith('receiver:')
        ? ['(["', '"])']
        : ['["', '"]']
    lines.push(`  ${name(node)}${open}${label}${close}`)
  }
  for (const [pipeline, nodes] of processors) {
    if (nodes.length === 0) continue
    lines.push(`  subgraph ${name(`pipeline:${pipeline}`)}["${pipeline}"]`)
    for (const node of nodes) lines.push(`    ${name(node)}["${node.slice(pipeline.length + 1)}"]`)
    lines.push('  end')
  }
  for (const edge of edges) lines.push(`  ${name(edge.from)} --> ${name(edge.to)}`)
  return `${lines.join('\n')}\n`
}

/** Graphviz: `sluice graph --format dot | dot -Tsvg`. */
export function drawDot(config: AgentConfig): string {
  const { edges, shared, processors } = graphOf(config)
  const quoted = (text: string) => JSON.stringify(text)
  const lines = ['digraph sluice {', '  rankdir=LR;', '  node [shape=box, style=rounded];']
  for (const [node, label] of shared) {
    const shape = node.startsWith('connector:') ? ', shape=hexagon' : ''
    lines.push(`  ${quoted(node)} [label=${quoted(label)}${shape}];`)
  }
  for (const [pipeline, nodes] of processors) {
    if (nodes.length === 0) continue
    lines.push(`  subgraph ${quoted(`cluster_${pipeline}`)} {`, `    label=${quoted(pipeline)};`)
    for (const node of nodes) lines.push(`    ${quoted(node)} [label=${quoted(node.slice(pipeline.length + 1))}];`)
    lines.push('  }')
  }
  for (const edge of edges) lines.push(`  ${quoted(edge.from)} -> ${quoted(edge.to)};`)
  return `${lines.join('\n')}\n}\n`
}
