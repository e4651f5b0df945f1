import { systemClock } from '../clock/clock.ts'
import { type ComponentKind, formatId, type Host, onlyShard } from '../component/component.ts'
import type { ComponentRegistry } from '../component/registry.ts'
import type { AgentConfig } from '../config/agent-config.ts'
import { type GraphPlan, planGraph } from '../service/graph-plan.ts'
import { InlineStage } from '../service/inline-stage.ts'
import { createInstance, type Surroundings } from '../service/instance.ts'
import { StageInstance } from '../service/stage-instance.ts'
import { Ledger } from '../telemetry/ledger.ts'
import { silentLogger } from '../telemetry/logger.ts'
import { MetricRegistry } from '../telemetry/metric-registry.ts'
import { ByteBudget } from '../transport/byte-budget.ts'

/** A component that cannot be created, and why; `id` is empty where the graph as a whole is at fault. */
export interface BuildFailure {
  readonly kind: ComponentKind | undefined
  readonly id: string
  readonly message: string
}

/** Creates every component and stage as `run` would, starts none, and says what refused. */
export async function dryBuild(config: AgentConfig, components: ComponentRegistry): Promise<BuildFailure[]> {
  let plan: GraphPlan
  try {
    plan = planGraph(config, components)
  } catch (error) {
    return [{ kind: undefined, id: '', message: messageOf(error) }]
  }
  const failures: BuildFailure[] = []
  const around = surroundings()
  for (const node of plan.nodes.values()) {
    try {
      const instance = createInstance(node, around)
      await instance.component.shutdown({ atMs: systemClock.nowMs() })
      instance.metrics.release()
    } catch (error) {
      failures.push({ kind: node.kind, id: formatId(node.id), message: messageOf(error) })
    }
  }
  for (const pipeline of plan.pipelines.values()) {
    for (const step of pipeline.steps) {
      if (step.kind !== 'stage') continue
      try {
        new StageInstance(step, around, (stage, contexts) => new InlineStage(stage, contexts)).shutdown()
      } catch (error) {
        const [only, ...others] = step.parts
        const id = only !== undefined && others.length === 0 ? formatId(only.id) : ''
        failures.push({ kind: id === '' ? undefined : 'processor', id, message: messageOf(error) })
      }
    }
  }
  return failures
}

function surroundings(): Surroundings {
  const host: Host = {
    shard: onlyShard,
    extension: () => undefined,
    fatal: () => {},
    admission: new ByteBudget(0),
    state: () => ({ phase: 'starting', sinceMs: 0, generation: 0, configHash: '', components: new Map() }),
  }
  return {
    logger: silentLogger,
    registry: new MetricRegistry(),
    ledger: new Ledger(),
    clock: systemClock,
    random: Math.random,
    host,
    report: () => {},
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
