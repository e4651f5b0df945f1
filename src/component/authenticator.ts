import type { ClientMetadata } from '../pdata/otlp-batch.ts'
import type { HeaderList } from '../transport/headers.ts'
import type { Component } from './component.ts'

/** What an authenticator may look at: the head of a request, before anything of its body is kept. */
export interface AuthenticatedRequest {
  /** By lower-case name; gRPC metadata are headers. */
  header(name: string): string | undefined
  headers(): Map<string, string[]>
  readonly path: string
  readonly query: string
  readonly remoteAddress: string
}

export type AuthOutcome =
  /** `attributes` go into the batch's metadata. */
  | { readonly kind: 'allowed'; readonly attributes?: ReadonlyMap<string, string> }
  /** No credentials, or wrong ones: 401, UNAUTHENTICATED. */
  | { readonly kind: 'unauthenticated'; readonly message: string; readonly challenge?: string }
  /** Known, but may not do this: 403, PERMISSION_DENIED. */
  | { readonly kind: 'forbidden'; readonly message: string }

/** An extension that `auth.authenticator` of a receiver may name. Asked once for every request, on the event loop. */
export interface ServerAuthenticator {
  authenticate(request: AuthenticatedRequest): AuthOutcome
}

export function isServerAuthenticator(component: Component | undefined): component is Component & ServerAuthenticator {
  return typeof (component as Partial<ServerAuthenticator> | undefined)?.authenticate === 'function'
}

/** An extension that `auth.authenticator` of an exporter may name. Asked once for every attempt. */
export interface ClientAuthenticator {
  /** Headers (gRPC metadata) for a request; `metadata` is what its batches know of their senders. */
  requestHeaders(metadata: ClientMetadata | undefined): HeaderList
}

export function isClientAuthenticator(component: Component | undefined): component is Component & ClientAuthenticator {
  return typeof (component as Partial<ClientAuthenticator> | undefined)?.requestHeaders === 'function'
}
