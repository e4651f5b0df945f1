import type { KeepaliveSettings } from '../limits.ts'

/** A peer may be early twice, as with grpc-go. */
const strikesMax = 2

/** When a server pings, loses patience with pings, and sends a connection away for its age or idleness. */
export class ServerKeepalive {
  readonly #settings: KeepaliveSettings
  readonly #idleMsMax: number
  readonly #ageMsMax: number
  readonly #openedMs: number
  #idleSinceMs: number
  #pingSentMs = -1
  #peerPingMs = Number.NEGATIVE_INFINITY
  #strikes = 0
  #hasSentSincePing = false

  constructor(settings: KeepaliveSettings, idleTimeoutMs: number, openedMs: number) {
    this.#settings = settings
    const idleMsMax = settings.connectionIdleMsMax
    this.#idleMsMax =
      idleMsMax > 0 && idleTimeoutMs > 0 ? Math.min(idleMsMax, idleTimeoutMs) : idleMsMax || idleTimeoutMs
    // Ten percent either way, so that connections opened together do not all come back together.
    this.#ageMsMax = settings.connectionAgeMsMax * (0.9 + Math.random() * 0.2)
    this.#openedMs = openedMs
    this.#idleSinceMs = openedMs
  }

  /** The connection has no request in progress any more. */
  idleSince(nowMs: number): void {
    this.#idleSinceMs = nowMs
  }

  /** An answer was sent: a ping that measures its way is welcome. */
  sent(): void {
    this.#hasSentSincePing = true
  }

  /** False where the peer's pings come too fast, too often. */
  mayPing(nowMs: number, hasStreams: boolean): boolean {
    const sinceMs = nowMs - this.#peerPingMs
    this.#peerPingMs = nowMs
    if (this.#hasSentSincePing) {
      this.#hasSentSincePing = false
      this.#strikes = 0
      return true
    }
    const intervalMs = this.#settings.peerPingIntervalMsMin
    // Without a request, and without leave to ping then, grpc-go allows one every two hours.
    const isIdleForbidden = !hasStreams && !this.#settings.peerPingsWithoutStream
    if (sinceMs >= (isIdleForbidden ? 7_200_000 : intervalMs)) return true
    return ++this.#strikes <= strikesMax
  }

  pingAnswered(): void {
    this.#pingSentMs = -1
  }

  /** What is to be done now. `receivedMs` is when the peer was last heard. */
  due(nowMs: number, receivedMs: number, hasStreams: boolean): 'ping' | 'dead' | 'idle' | 'old' | undefined {
    const { pingIntervalMs, pingTimeoutMs } = this.#settings
    if (this.#pingSentMs >= 0) {
      if (receivedMs > this.#pingSentMs) this.#pingSentMs = -1
      else if (nowMs - this.#pingSentMs >= pingTimeoutMs) return 'dead'
    } else if (pingIntervalMs > 0 && nowMs - receivedMs >= pingIntervalMs) {
      this.#pingSentMs = nowMs
      return 'ping'
    }
    if (this.#ageMsMax > 0 && nowMs - this.#openedMs >= this.#ageMsMax) return 'old'
    if (!hasStreams && this.#idleMsMax > 0 && nowMs - this.#idleSinceMs >= this.#idleMsMax) return 'idle'
    return undefined
  }
}
