import type { ComponentSettings } from '../component/component.ts'
import type { TlsClientConfig } from '../config/sections/tls.ts'
import type { ClientTls } from '../transport/tls.ts'
import { loadClientTls, type Stoppable } from '../transport/tls-files.ts'

/** The TLS settings of an exporter's client, read again when their files change; stopped with it. */
export type WatchedTls = ClientTls & Stoppable

/** Reads certificates and tells the exporter's log what becomes of later changes; throws what a user must mend. */
export function watchClientTls(config: TlsClientConfig, { logger, clock }: ComponentSettings): WatchedTls {
  return loadClientTls(config, clock, problem => {
    if (problem === '') logger.info('TLS files are right again')
    else logger.warn('TLS files changed and cannot be used: keeping the old ones', { error: problem })
  })
}
