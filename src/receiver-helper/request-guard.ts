import { isServerAuthenticator } from '../component/authenticator.ts'
import type { Host } from '../component/component.ts'
import type { ClientMetadata } from '../pdata/otlp-batch.ts'
import type { Exchange } from '../transport/server.ts'
import { forbidden, Refusal, toRefusal, unauthenticated } from './refusal.ts'

export interface GuardSettings {
  /** Id of the extension that authenticates; empty or undefined where everybody may come. */
  readonly authenticator: string | undefined
  readonly includeMetadata: boolean
  readonly host: Host
}

const noMetadataHeaders: ReadonlyMap<string, readonly string[]> = new Map()

/**
 * Lets a request in by its head: the metadata to pass on (undefined where there is none), or why not. An authenticator
 * that is configured but not there, or that fails, keeps everybody out: never the other way round.
 */
export function letIn(exchange: Exchange, settings: GuardSettings): ClientMetadata | undefined | Refusal {
  try {
    return authenticated(exchange, settings)
  } catch (error) {
    return toRefusal(error)
  }
}

function authenticated(exchange: Exchange, settings: GuardSettings): ClientMetadata | undefined | Refusal {
  const { authenticator, includeMetadata, host } = settings
  let auth: ReadonlyMap<string, string> | undefined
  if (authenticator !== undefined && authenticator !== '') {
    const extension = host.extension(authenticator)
    if (!isServerAuthenticator(extension))
      return unauthenticated(`no authenticator ${authenticator} is running`, undefined)
    const outcome = extension.authenticate(exchange)
    if (outcome.kind === 'unauthenticated') return unauthenticated(outcome.message, outcome.challenge)
    if (outcome.kind === 'forbidden') return forbidden(outcome.message)
    auth = outcome.attributes
  }
  if (!includeMetadata && auth === undefined) return undefined
  return {
    headers: includeMetadata ? metadataHeaders(exchange) : noMetadataHeaders,
    clientAddress: exchange.remoteAddress,
    ...(auth === undefined ? {} : { auth }),
  }
}

/** Headers with HTTP/2's `:authority` under `host`, as the Collector has it. */
function metadataHeaders(exchange: Exchange): Map<string, string[]> {
  const headers = exchange.headers()
  const authority = exchange.header('host')
  if (authority !== undefined && !headers.has('host')) headers.set('host', [authority])
  return headers
}

export function isRefusal(value: unknown): value is Refusal {
  return value instanceof Refusal
}
