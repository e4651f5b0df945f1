import type { GraphPlan, PlanNode } from './graph-plan.ts'

export interface NodeChange {
  readonly before: PlanNode
  readonly after: PlanNode
}

/** What a reload does, component by component. Each list is in the order of a start. */
export interface PlanDiff {
  readonly started: readonly PlanNode[]
  readonly changed: readonly NodeChange[]
  readonly kept: readonly PlanNode[]
  readonly stopped: readonly PlanNode[]
  readonly pipelinesAdded: readonly string[]
  readonly pipelinesRemoved: readonly string[]
}

/** Compares by key and fingerprint. */
export function diffPlans(before: GraphPlan, after: GraphPlan): PlanDiff {
  const started: PlanNode[] = []
  const changed: NodeChange[] = []
  const kept: PlanNode[] = []
  for (const node of after.nodes.values()) {
    const old = before.nodes.get(node.key)
    if (old === undefined) started.push(node)
    else if (old.fingerprint === node.fingerprint) kept.push(node)
    else changed.push({ before: old, after: node })
  }
  return {
    started,
    changed,
    kept,
    stopped: [...before.nodes.values()].filter(node => !after.nodes.has(node.key)),
    pipelinesAdded: [...after.pipelines.keys()].filter(id => !before.pipelines.has(id)),
    pipelinesRemoved: [...before.pipelines.keys()].filter(id => !after.pipelines.has(id)),
  }
}

/** For people: `+ exporter:debug`, `~ receiver:otlp`, `- ...`; what is kept is counted, not listed. */
export function diffLines(diff: PlanDiff): string[] {
  return [
    ...diff.started.map(node => `+ ${node.key} starts`),
    ...diff.changed.map(({ after }) => `~ ${after.key} changes`),
    ...diff.stopped.map(node => `- ${node.key} stops`),
    ...diff.pipelinesAdded.map(id => `+ pipeline ${id}`),
    ...diff.pipelinesRemoved.map(id => `- pipeline ${id}`),
    ...diff.kept.map(node => `= ${node.key} stays, with its sockets, queue and state`),
  ]
}
