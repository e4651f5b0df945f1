import type { Clock } from '../clock/clock.ts'
import type { LogFields, Logger, LogLevel } from './logger.ts'

export type LogEncoding = 'console' | 'json'

export interface LogSampling {
  /** Lines of one level and message are counted per tick; 0 turns sampling off. */
  readonly tickMs: number
  /** This many of them in a tick are written, */
  readonly initial: number
  /** and of the rest every one in so many; 0 means none. */
  readonly thereafter: number
}

export interface LogSettings {
  readonly level: LogLevel
  readonly encoding: LogEncoding
  readonly sampling: LogSampling
  /** On every line. */
  readonly initialFields: LogFields
}

export const defaultLogSettings: LogSettings = {
  level: 'info',
  encoding: 'console',
  sampling: { tickMs: 10_000, initial: 10, thereafter: 100 },
  initialFields: {},
}

const ranks: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 }
/** Messages counted for sampling within one tick; beyond them lines are written unsampled. */
const sampledMessagesMax = 1000

/** Where every logger of the agent ends: level, encoding and sampling can change while it runs. */
export class LogSink {
  readonly #clock: Clock
  readonly #write: (line: string) => void
  #settings: LogSettings
  #tickEndsMs = 0
  #seen = new Map<string, number>()

  constructor(clock: Clock, write: (line: string) => void, settings: LogSettings = defaultLogSettings) {
    this.#clock = clock
    this.#write = write
    this.#settings = settings
  }

  configure(settings: LogSettings): void {
    this.#settings = settings
  }

  logger(fields: LogFields = {}): Logger {
    return new StructuredLogger(this, fields)
  }

  /** A line that is printed whatever the level, in the form of all others where programs read them. */
  printed(line: string): string {
    if (this.#settings.encoding !== 'json') return line
    const ts = new Date(this.#clock.wallMs()).toISOString()
    return JSON.stringify({ level: 'info', ts, msg: line, ...this.#settings.initialFields }, plainValue)
  }

  log(level: LogLevel, message: string, fields: LogFields): void {
    if (ranks[level] < ranks[this.#settings.level] || !this.#isSampled(level, message)) return
    const time = new Date(this.#clock.wallMs()).toISOString()
    const all = { ...this.#settings.initialFields, ...fields }
    if (this.#settings.encoding === 'json') {
      this.#write(`${JSON.stringify({ level, ts: time, msg: message, ...all }, plainValue)}\n`)
      return
    }
    const tail = Object.keys(all).length === 0 ? '' : `\t${JSON.stringify(all, plainValue)}`
    this.#write(`${time}\t${level}\t${message.replaceAll('\n', '\\n')}${tail}\n`)
  }

  #isSampled(level: LogLevel, message: string): boolean {
    const { tickMs, initial, thereafter } = this.#settings.sampling
    if (tickMs === 0) return true
    const nowMs = this.#clock.nowMs()
    if (nowMs >= this.#tickEndsMs) {
      this.#seen.clear()
      this.#tickEndsMs = nowMs + tickMs
    }
    const key = `${level} ${message}`
    const count = (this.#seen.get(key) ?? 0) + 1
    if (count > 1 || this.#seen.size < sampledMessagesMax) this.#seen.set(key, count)
    if (count <= initial) return true
    return thereafter > 0 && (count - initial) % thereafter === 0
  }
}

class StructuredLogger implements Logger {
  readonly #sink: LogSink
  readonly #fields: LogFields

  constructor(sink: LogSink, fields: LogFields) {
    this.#sink = sink
    this.#fields = fields
  }

  debug(message: string, fields?: LogFields): void {
    this.#sink.log('debug', message, { ...this.#fields, ...fields })
  }

  info(message: string, fields?: LogFields): void {
    this.#sink.log('info', message, { ...this.#fields, ...fields })
  }

  warn(message: string, fields?: LogFields): void {
    this.#sink.log('warn', message, { ...this.#fields, ...fields })
  }

  error(message: string, fields?: LogFields): void {
    this.#sink.log('error', message, { ...this.#fields, ...fields })
  }

  with(fields: LogFields): Logger {
    return new StructuredLogger(this.#sink, { ...this.#fields, ...fields })
  }
}

function plainValue(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString()
  if (value instanceof Error) return value.message
  if (value instanceof Map) return Object.fromEntries(value)
  return value
}
