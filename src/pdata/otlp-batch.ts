/** A kind of telemetry. `profiles` pass as opaque records. */
export type Signal = 'traces' | 'metrics' | 'logs' | 'profiles'

export const signals: readonly Signal[] = ['traces', 'metrics', 'logs', 'profiles']

/** What a receiver knows of the client beside the telemetry, kept only where the receiver has `include_metadata`. */
export interface ClientMetadata {
  /** Header values by lower-case name. */
  readonly headers: ReadonlyMap<string, readonly string[]>
  /** The peer's IP address, without the port. */
  readonly clientAddress?: string
  /** What the authenticator found out. */
  readonly auth?: ReadonlyMap<string, string>
}

/**
 * The unit in flight: one serialized `Export<Signal>ServiceRequest`, equally `TracesData`, `MetricsData`, `LogsData`.
 * Its bytes never change: a stage returns the same bytes or new ones, so consumers and retries share them freely.
 * Two requests one after the other are one valid request: repeated fields append.
 */
export interface OtlpBatch {
  readonly signal: Signal
  readonly bytes: Uint8Array
  /** Spans, data points, log records or profiles inside `bytes`. */
  readonly itemCount: number
  readonly metadata?: ClientMetadata
}
