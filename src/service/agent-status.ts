import type { AgentState, ComponentHealth } from '../component/component.ts'

/** What an agent says of itself, whether it is one process or several. */
interface Subject {
  readonly sources: readonly string[]
  readonly files: readonly string[]
  listening(): readonly string[]
  account(): readonly string[]
}

/** An agent's state, in a process or on its way between two. */
type State = Omit<AgentState, 'components'> & {
  readonly components: Iterable<readonly [key: string, health: ComponentHealth]>
}

/** For the admin endpoint and those who read it. */
export function agentStatus(subject: Subject, state: State): Readonly<Record<string, unknown>> {
  return {
    phase: state.phase,
    since: new Date(state.sinceMs).toISOString(),
    generation: state.generation,
    config_hash: state.configHash,
    config_sources: subject.sources,
    reloads_by_itself: subject.files.length > 0,
    listening: subject.listening(),
    components: Object.fromEntries(state.components),
    ledger: subject.account(),
  }
}
