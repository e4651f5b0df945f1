import { isClientAuthenticator } from '../component/authenticator.ts'
import type { Host } from '../component/component.ts'
import type { ClientMetadata } from '../pdata/otlp-batch.ts'
import { type HeaderList, noHeaders } from '../transport/headers.ts'

/** What the exporter's authenticator adds to a request. Throws where the extension is missing or is not one. */
export function authHeaders(id: string | undefined, host: Host, metadata: ClientMetadata | undefined): HeaderList {
  if (id === undefined || id === '') return noHeaders
  const extension = host.extension(id)
  if (!isClientAuthenticator(extension)) {
    throw new Error(
      extension === undefined
        ? `auth.authenticator names ${id}, which service.extensions does not list`
        : `the extension ${id} cannot authenticate requests that go out`,
    )
  }
  return extension.requestHeaders(metadata)
}
