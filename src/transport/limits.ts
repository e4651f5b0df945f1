/** What one listener lends to strangers. Every limit has a test at the limit and one above it. */
export interface TransportLimits {
  /** Open connections of this listener; the next one is closed at once. */
  readonly connectionsMax: number
  /** Requests in progress on one HTTP/2 connection. */
  readonly streamsMax: number
  /**
   * Streams per second on one connection that the peer cancels, or that break a rule, and as many at once; a peer above
   * it is sent away (rapid reset). Streams that end well are not counted: one connection may carry any number of them.
   */
  readonly resetStreamsPerSecondMax: number
  /** Names and values of one request's headers. */
  readonly headerBytesMax: number
  readonly headerPairsMax: number
  /** From the connection (and the end of its TLS handshake) to the first byte, and to the end of the HTTP/2 preface. */
  readonly prefaceTimeoutMs: number
  /** From the first byte of a request to the end of its head. */
  readonly headersTimeoutMs: number
  /** A body must bring `bodyBytesPerSecondMin` on average after this long, and end within what that allows. */
  readonly bodyTimeoutMs: number
  readonly bodyBytesPerSecondMin: number
  /** A connection without a request in progress. */
  readonly idleTimeoutMs: number
  /** From the answer to its last byte read by the peer. */
  readonly writeTimeoutMs: number
}

export const defaultLimits: TransportLimits = Object.freeze({
  connectionsMax: 1024,
  streamsMax: 128,
  resetStreamsPerSecondMax: 1000,
  headerBytesMax: 16 * 1024,
  headerPairsMax: 128,
  prefaceTimeoutMs: 5_000,
  headersTimeoutMs: 10_000,
  bodyTimeoutMs: 30_000,
  bodyBytesPerSecondMin: 1024,
  idleTimeoutMs: 60_000,
  writeTimeoutMs: 30_000,
})

/**
 * A declared length up to this is admitted at once; a longer body as it comes. Otherwise a few heads that announce large
 * bodies and bring nothing would hold all of the budget until their deadline.
 */
export const admittedAheadBytesMax = 64 * 1024

/** gRPC's server keepalive; 0 means never. */
export interface KeepaliveSettings {
  /** A connection without a request for this long is sent away. */
  readonly connectionIdleMsMax: number
  /** A connection older than this is sent away, so that load balancing and new certificates take effect. */
  readonly connectionAgeMsMax: number
  /** How long requests in progress may finish after that. */
  readonly connectionAgeGraceMs: number
  /** A PING after this long without a frame from the peer. */
  readonly pingIntervalMs: number
  /** Without an answer to the PING for this long the connection is closed. */
  readonly pingTimeoutMs: number
  /** A peer whose PINGs come faster than this is sent away with ENHANCE_YOUR_CALM. */
  readonly peerPingIntervalMsMin: number
  /** Whether a peer may PING while it has no request in progress. */
  readonly peerPingsWithoutStream: boolean
}

/** grpc-go's defaults, but for the age of a connection. */
export const defaultKeepalive: KeepaliveSettings = Object.freeze({
  connectionIdleMsMax: 0,
  connectionAgeMsMax: 0,
  connectionAgeGraceMs: 0,
  pingIntervalMs: 7_200_000,
  pingTimeoutMs: 20_000,
  peerPingIntervalMsMin: 300_000,
  peerPingsWithoutStream: false,
})

/**
 * How long a backend may read nothing of what is on its way to it, in milliseconds. Mostly the time-out of the attempt ends that
 * earlier; it may be off or far away, and then such a backend would hold its connection and the request's memory for good.
 */
export const clientWriteTimeoutMs = 60_000
