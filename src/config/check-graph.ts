import type { DefinedComponent } from './component-section.ts'
import { addProblem, type Problem } from './problem.ts'
import type { PlacedPipeline } from './read-pipelines.ts'
import type { Place } from './tree.ts'

/** From one pipeline to another, through a connector. */
interface Edge {
  readonly connector: string
  readonly from: PlacedPipeline
  readonly to: PlacedPipeline
}

/** What only shows once pipelines are joined: connectors with one end, signals that do not convert, cycles. */
export function checkGraph(
  pipelines: readonly PlacedPipeline[],
  defined: readonly DefinedComponent[],
  suspectIds: ReadonlySet<string>,
  problems: Problem[],
): void {
  const edges: Edge[] = []
  for (const connector of defined) {
    if (connector.kind === 'connector' && connector.registered !== undefined) {
      edges.push(...joinPipelines(connector, pipelines, suspectIds.has(connector.id) ? [] : problems))
    }
  }
  reportCycles(pipelines, edges, problems)
}

function joinPipelines(connector: DefinedComponent, pipelines: readonly PlacedPipeline[], problems: Problem[]): Edge[] {
  const { id } = connector
  const ending = pipelines.filter(pipeline => pipeline.exporters.includes(id))
  const beginning = pipelines.filter(pipeline => pipeline.receivers.includes(id))
  const routes = connector.registered?.routes ?? []
  const joins = (from: PlacedPipeline, to: PlacedPipeline) =>
    routes.some(([a, b]) => a === from.signal && b === to.signal)
  const convertible = routes.map(([a, b]) => (a === b ? a : `${a} to ${b}`)).join(', ')
  const report = (pipeline: PlacedPipeline, slot: 'receivers' | 'exporters', hasOther: boolean) => {
    const place = pipeline.places.get(`${slot} ${id}`) ?? pipeline.place
    const other = slot === 'exporters' ? 'receivers' : 'exporters'
    const path = ['service', 'pipelines', pipeline.id, slot]
    const message = hasOther
      ? `the connector "${id}" cannot join this pipeline of ${pipeline.signal} with any that names it among its ${other}`
      : `the connector "${id}" is named among the ${slot} here, but no pipeline names it among its ${other}`
    const remedy = hasOther
      ? `it joins ${convertible}`
      : `add it to the ${other} of another pipeline; it joins ${convertible}`
    addProblem(problems, 'SLC0310', 'error', path, place, message, remedy, [
      { message: 'defined here', place: connector.place },
    ])
  }
  for (const from of ending) if (!beginning.some(to => joins(from, to))) report(from, 'exporters', beginning.length > 0)
  for (const to of beginning) if (!ending.some(from => joins(from, to))) report(to, 'receivers', ending.length > 0)
  return ending.flatMap(from => beginning.filter(to => joins(from, to)).map(to => ({ connector: id, from, to })))
}

function reportCycles(pipelines: readonly PlacedPipeline[], edges: readonly Edge[], problems: Problem[]): void {
  const done = new Set<string>()
  const visit = (pipeline: PlacedPipeline, trail: readonly Edge[]) => {
    if (done.has(pipeline.id)) return
    const start = trail.findIndex(edge => edge.from.id === pipeline.id)
    if (start !== -1) {
      reportCycle(trail.slice(start), problems)
      return
    }
    for (const edge of edges) if (edge.from.id === pipeline.id) visit(edge.to, [...trail, edge])
    done.add(pipeline.id)
  }
  for (const pipeline of pipelines) visit(pipeline, [])
}

function reportCycle(cycle: readonly Edge[], problems: Problem[]): void {
  const [first] = cycle
  const last = cycle.at(-1)
  if (first === undefined || last === undefined) return
  const trail = cycle.map(edge => `${edge.from.id} -> (${edge.connector}) -> `).join('')
  const placeOf = (edge: Edge): Place => edge.from.places.get(`exporters ${edge.connector}`) ?? edge.from.place
  const path = ['service', 'pipelines', last.from.id, 'exporters']
  const related = cycle.slice(0, -1).map(edge => ({ message: 'and through this', place: placeOf(edge) }))
  const message = `pipelines form a cycle: ${trail}${first.from.id}`
  const remedy = `remove "${last.connector}" from the exporters of ${last.from.id}, or from the receivers of ${first.from.id}`
  addProblem(problems, 'SLC0311', 'error', path, placeOf(last), message, remedy, related)
}
