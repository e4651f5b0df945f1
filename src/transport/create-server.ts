import { NodeServer } from './node-server.ts'
import type { Server, ServerSettings } from './server.ts'

/** The one place that chooses an implementation. */
export function createServer(settings: ServerSettings): Server {
  return new NodeServer(settings)
}
