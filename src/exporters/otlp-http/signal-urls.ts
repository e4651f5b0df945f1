import type { Signal } from '../../pdata/otlp-batch.ts'
import type { OtlpHttpConfig } from './config.ts'

/** Where each signal goes. A signal's own endpoint is used as it stands; the common one gets OTLP's path behind its own. */
export function signalUrls(config: OtlpHttpConfig): ReadonlyMap<Signal, URL> {
  const urls = new Map<Signal, URL>()
  const add = (signal: Signal, own: string, path: string) => {
    if (own !== '') urls.set(signal, new URL(own))
    else if (config.endpoint !== '') urls.set(signal, new URL(`${config.endpoint.replace(/\/+$/, '')}${path}`))
  }
  add('traces', config.tracesEndpoint, '/v1/traces')
  add('metrics', config.metricsEndpoint, '/v1/metrics')
  add('logs', config.logsEndpoint, '/v1/logs')
  add('profiles', config.profilesEndpoint, '/v1development/profiles')
  return urls
}
