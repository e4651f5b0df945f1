import type { AdminAnswer, AdminRequest } from '../telemetry/metrics-server.ts'
import type { AgentRun } from './run-agent.ts'

/** `/-/reload`, `/-/status`: what the `sluice` command asks a running agent, on the metrics port, from this machine only. */
export async function answerAdmin(run: AgentRun, request: AdminRequest): Promise<AdminAnswer | undefined> {
  if (request.path === '/-/status') {
    return request.method === 'GET' ? json(200, status(run)) : notAllowed('GET')
  }
  if (request.path !== '/-/reload') return undefined
  if (request.method !== 'POST') return notAllowed('POST')
  try {
    const isDryRun = request.query.get('dry_run') === '1'
    return json(200, isDryRun ? await run.preview() : await run.reload('admin endpoint'))
  } catch (error) {
    return json(422, { error: error instanceof Error ? error.message : String(error) })
  }
}

function status(run: AgentRun) {
  const state = run.agent.state()
  return {
    phase: state.phase,
    since: new Date(state.sinceMs).toISOString(),
    generation: state.generation,
    config_hash: state.configHash,
    config_sources: run.sources,
    reloads_by_itself: run.files.length > 0,
    listening: run.agent.listening(),
    components: Object.fromEntries(state.components),
    ledger: run.account(),
  }
}

function notAllowed(allow: string): AdminAnswer {
  return { status: 405, headers: { allow }, body: '' }
}

function json(code: number, value: unknown): AdminAnswer {
  return {
    status: code,
    headers: { 'content-type': 'application/json' },
    body: `${JSON.stringify(value, undefined, 2)}\n`,
  }
}
