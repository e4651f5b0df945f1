export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** Fields of a structured log line; values that are secrets must be opaque already. */
export type LogFields = Readonly<Record<string, unknown>>

/** Log per change of state, never per batch. */
export interface Logger {
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
  /** A logger that adds `fields` to every line. */
  with(fields: LogFields): Logger
}

export const silentLogger: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  with: () => silentLogger,
}
