import { UsageError } from './command.ts'

/** Asks a running agent on its admin paths; rejects with a `UsageError` where none answers. */
export async function askAgent(address: string, method: 'GET' | 'POST', path: string): Promise<AdminReply> {
  let response: Response
  try {
    response = await fetch(`http://${address}${path}`, { method, signal: AbortSignal.timeout(askTimeoutMs) })
  } catch {
    throw new UsageError(`no agent answers at ${address}`, 'its metrics port is meant: --address HOST:PORT')
  }
  const text = await response.text()
  const body = parseJson(text)
  if (body === undefined) throw new UsageError(`what answers at ${address} is no sluice: ${response.status}`)
  return { status: response.status, body }
}

export interface AdminReply {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

export const addressOption = {
  name: 'address',
  value: 'HOST:PORT',
  doc: 'Where the running agent serves its own metrics (default 127.0.0.1:8888).',
} as const

export const defaultAdminAddress = '127.0.0.1:8888'

/** A reload answers once its replaced parts have drained. */
const askTimeoutMs = 60_000

function parseJson(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}
