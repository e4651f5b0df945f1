import type { AdminAnswer, AdminRequest } from '../telemetry/metrics-server.ts'
import type { ReloadOutcome } from './reload-outcome.ts'

/** What of a running agent can be asked from outside. */
export interface AdminTarget {
  reload(reason: string): Promise<ReloadOutcome>
  /** What a reload would do now, without doing it. */
  preview(): Promise<ReloadOutcome>
  status(): Readonly<Record<string, unknown>>
}

/** `/-/reload`, `/-/status`: what the `sluice` command asks a running agent, on the metrics port, from this machine only. */
export async function answerAdmin(target: AdminTarget, request: AdminRequest): Promise<AdminAnswer | undefined> {
  if (request.path === '/-/status') {
    return request.method === 'GET' ? json(200, target.status()) : notAllowed('GET')
  }
  if (request.path !== '/-/reload') return undefined
  if (request.method !== 'POST') return notAllowed('POST')
  try {
    const isDryRun = request.query.get('dry_run') === '1'
    return json(200, isDryRun ? await target.preview() : await target.reload('admin endpoint'))
  } catch (error) {
    return json(422, { error: error instanceof Error ? error.message : String(error) })
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
