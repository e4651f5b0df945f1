import type { HttpClient, HttpClientSettings } from './client.ts'
import { HttpSocketClient } from './h1/http-socket-client.ts'
import { UndiciClient } from './undici-http-client.ts'

/** An HTTP/1.1 client: one pool of connections to one endpoint. Proxies that are themselves asked over TLS are undici's. */
export function createHttpClient(settings: HttpClientSettings): HttpClient {
  const { proxyUrl, endpoint } = settings
  const isForeign = proxyUrl !== undefined && endpoint.protocol !== 'unix:' && !/^http:/i.test(proxyUrl)
  return isForeign ? new UndiciClient(settings) : new HttpSocketClient(settings)
}
