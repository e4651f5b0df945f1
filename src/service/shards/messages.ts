import type { AgentPhase, ComponentHealth } from '../../component/component.ts'
import type { LedgerAccounts } from '../../telemetry/ledger-account.ts'
import type { FamilySnapshot } from '../../telemetry/metric-snapshot.ts'
import type { ReloadOutcome } from '../reload-outcome.ts'

/** What the first process asks a shard; each question has its answer. */
export type ShardQuestion =
  | { readonly kind: 'reload'; readonly reason: string }
  | { readonly kind: 'preview' }
  /** Undo the last reload, since another shard refused it. */
  | { readonly kind: 'restore' }
  | { readonly kind: 'metrics' }

/** The answers, by question. */
export interface ShardAnswers {
  readonly reload: ReloadOutcome
  readonly preview: ReloadOutcome
  readonly restore: null
  readonly metrics: { readonly families: readonly FamilySnapshot[]; readonly accounts: LedgerAccounts }
}

export type ToShard =
  | { readonly kind: 'ask'; readonly id: number; readonly question: ShardQuestion }
  /** What health endpoints say from now on, whichever shard they ask. */
  | { readonly kind: 'whole'; readonly state: ShardState }
  /** Drain and end, by the deadline that the environment gives. */
  | { readonly kind: 'end' }

export type FromShard =
  | { readonly kind: 'started'; readonly report: ShardReport }
  /** `isRefused`: the configuration is at fault, and the message has its place. */
  | { readonly kind: 'not_started'; readonly message: string; readonly isRefused: boolean }
  | { readonly kind: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'failure'; readonly id: number; readonly message: string; readonly isRefused: boolean }
  /** Sent when something has changed, about once a second. */
  | { readonly kind: 'report'; readonly report: ShardReport }
  /** A component cannot go on, in no shard. */
  | { readonly kind: 'fatal'; readonly message: string }
  /** The last message: everything is drained. */
  | { readonly kind: 'ended'; readonly accounts: LedgerAccounts }

/** An agent's state as plain data. */
export interface ShardState {
  readonly phase: AgentPhase
  readonly sinceMs: number
  readonly generation: number
  readonly configHash: string
  readonly components: readonly (readonly [key: string, health: ComponentHealth])[]
}

export interface ShardReport {
  readonly state: ShardState
  readonly listening: readonly string[]
  readonly accounts: LedgerAccounts
}
