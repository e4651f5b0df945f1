import type { AgentPhase, AgentState } from '../../component/component.ts'

export interface HealthAnswer {
  readonly status: 200 | 503
  readonly body: string
}

export interface HealthPaths {
  readonly path: string
  readonly bodies: { readonly healthy: string; readonly unhealthy: string } | undefined
}

/**
 * What a health endpoint says; undefined for other paths. Whether the agent is ready depends on the agent alone: a
 * backend that is away must never take the application beside the agent out of service.
 */
export function healthAnswer(
  path: string,
  paths: HealthPaths,
  state: AgentState,
  nowMs: number,
): HealthAnswer | undefined {
  if (path === '/livez') return answer(true, 'alive')
  if (path === '/readyz') return answer(state.phase === 'ready', state.phase)
  if (path === '/startupz') return answer(state.phase !== 'starting', state.phase)
  if (path !== paths.path) return undefined
  const isReady = state.phase === 'ready'
  const fixed = paths.bodies
  if (fixed !== undefined) return { status: isReady ? 200 : 503, body: isReady ? fixed.healthy : fixed.unhealthy }
  return { status: isReady ? 200 : 503, body: JSON.stringify(collectorBody(state, nowMs)) }
}

function answer(isGood: boolean, word: AgentPhase | 'alive'): HealthAnswer {
  return { status: isGood ? 200 : 503, body: `${word}\n` }
}

/** The Collector's JSON: since when it is available, and for how long, in Go's notation. */
function collectorBody(state: AgentState, nowMs: number): Record<string, string> {
  if (state.phase !== 'ready') {
    return { status: 'Server not available', upSince: '0001-01-01T00:00:00Z', uptime: '' }
  }
  return {
    status: 'Server available',
    upSince: new Date(state.sinceMs).toISOString(),
    uptime: goDuration(nowMs - state.sinceMs),
  }
}

export function goDuration(durationMs: number): string {
  const ms = Math.max(0, Math.floor(durationMs))
  if (ms < 1000) return `${ms}ms`
  const hours = Math.floor(ms / 3_600_000)
  const minutes = Math.floor(ms / 60_000) % 60
  const seconds = `${(ms % 60_000) / 1000}s`
  if (hours > 0) return `${hours}h${minutes}m${seconds}`
  return minutes > 0 ? `${minutes}m${seconds}` : seconds
}
