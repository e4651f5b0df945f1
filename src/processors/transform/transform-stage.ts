import { ConsumeError } from '../../component/consumer.ts'
import type { StagePart, StageProcessor } from '../../component/stage-processor.ts'
import type { Signal } from '../../pdata/otlp-batch.ts'
import { StageWalk } from '../../pdata/stage-walk.ts'
import type { WalkHooks } from '../../pdata/walk-hooks.ts'
import type { TransformConfig } from './config.ts'
import { Pass } from './pass.ts'
import { planPasses, reachesOut } from './passes.ts'
import { rebuild, recordsOf, requestOfAdded, type SurroundingChanges, takeAdded } from './rebuild.ts'
import { type StatementGroup, statementGroups } from './statement-groups.ts'

/** Statements that could not be evaluated for an item, under `error_mode: ignore`. */
const errorsName = 'sluice_transform_statement_errors'
/** Times that new metrics may be made of new metrics; more is a statement without a fitting `where`. */
const roundsMax = 32
const noCounts: ReadonlyMap<string, number> = new Map()
const everything: readonly StagePart[] = ['resource', 'scope', 'metric', 'points']

/** Runs statements of the OpenTelemetry Transformation Language. */
export function createTransformStage(config: TransformConfig, signal: Signal): StageProcessor {
  const plan = planPasses(groupsOf(config, signal))
  const passes = plan.map(groups => new Pass(groups, config.errorMode))
  const isOne = plan.length <= 1 && !plan.flat().some(reachesOut)
  return isOne ? new OneWalk(passes[0], plan[0] ?? []) : new SeveralWalks(passes, signal)
}

/** Statements that need one walk share it with the processors beside them. */
class OneWalk implements StageProcessor {
  readonly reads: readonly StagePart[] = everything
  readonly writes: readonly StagePart[] = everything
  readonly resource: WalkHooks['resource']
  readonly scope: WalkHooks['scope']
  readonly span: WalkHooks['span']
  readonly logRecord: WalkHooks['logRecord']
  readonly metric: WalkHooks['metric']
  readonly step: WalkHooks['step']
  readonly #pass: Pass | undefined

  constructor(pass: Pass | undefined, groups: readonly StatementGroup[]) {
    this.step = pass?.steps(groups)
    this.#pass = pass
    this.resource = pass?.resource
    this.scope = pass?.scope
    this.span = pass?.span
    this.logRecord = pass?.logRecord
    this.metric = pass?.metric
  }

  takeCounts(): ReadonlyMap<string, number> {
    return countsOf(this.#pass?.takeErrorCount() ?? 0)
  }
}

/**
 * Statements of which one may read what another, further out, changes later, and those that write to what stands around
 * their items: each group goes over the whole request.
 */
class SeveralWalks implements StageProcessor {
  readonly #passes: readonly Pass[]
  readonly #walks: readonly StageWalk[]

  constructor(passes: readonly Pass[], signal: Signal) {
    this.#passes = passes
    this.#walks = passes.map(pass => new StageWalk(signal, [pass]))
  }

  payload(bytes: Uint8Array): Uint8Array | false {
    let changed = bytes
    for (const [i, walk] of this.#walks.entries()) {
      const pass = this.#passes[i]!
      pass.begin()
      changed = walk.run(changed)
      if (pass.changes.size > 0) changed = rebuild(changed, this.#settle(pass, walk, changed))
    }
    return changed === bytes ? false : changed
  }

  /** Runs the statements over metrics that they have made, and over those that this makes: as if they had stood last. */
  #settle(pass: Pass, walk: StageWalk, request: Uint8Array): SurroundingChanges {
    const changes: SurroundingChanges = new Map(pass.changes)
    let pending = takeAdded(changes)
    for (let round = 0; pending.length > 0; round++) {
      if (round === roundsMax) {
        throw new ConsumeError(
          'permanent',
          'transform: statements make new metrics of those that they made, without end',
          {
            reason: 'endless_statements',
          },
        )
      }
      pass.begin()
      const done = recordsOf(walk.run(requestOfAdded(request, pending)))
      const places = pending
      const more = takeAdded(new Map(pass.changes))
      for (const [i, { scope }] of places.entries()) scope.added.push(...(done[i] ?? []))
      // The groups of that request are the places, one after the other.
      pending = more.map(({ resourceIndex, records }) => ({ ...places[resourceIndex]!, records }))
    }
    return changes
  }

  takeCounts(): ReadonlyMap<string, number> {
    return countsOf(this.#passes.reduce((sum, pass) => sum + pass.takeErrorCount(), 0))
  }
}

function countsOf(errors: number): ReadonlyMap<string, number> {
  return errors === 0 ? noCounts : new Map([[errorsName, errors]])
}

function groupsOf(config: TransformConfig, signal: Signal): StatementGroup[] {
  if (signal === 'traces') return statementGroups('traces', config.traceStatements)
  return signal === 'metrics'
    ? statementGroups('metrics', config.metricStatements)
    : statementGroups('logs', config.logStatements)
}
