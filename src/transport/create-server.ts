import type { Server, ServerSettings } from './server.ts'
import { SocketServer } from './socket-server.ts'

/** The one place that chooses an implementation. */
export function createServer(settings: ServerSettings): Server {
  return new SocketServer(settings)
}
