import { converter, type OttlFunction, type OttlFunctions } from './function.ts'
import { duration, int, literal, optional, text, time } from './parameters.ts'
import { locationProblem, TimeFormat, timeFormatProblem } from './time-format.ts'
import { EvaluationError, OttlDuration, OttlTime } from './value.ts'

const nsPerUnit: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  μs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
}

/** `1h30m`, `-1.5s`, `0`: as Go writes durations. Throws `EvaluationError`. */
function parseDuration(source: string): OttlDuration {
  const [, sign, rest] = /^([+-]?)(.*)$/s.exec(source)!
  if (rest === '0') return new OttlDuration(0n)
  if (!/^(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/.test(rest!)) {
    throw new EvaluationError(`not a duration: ${source}`)
  }
  let ns = 0n
  for (const [, whole = '', fraction = '', unit] of rest!.matchAll(/(\d*)(?:\.(\d*))?(ns|us|µs|μs|ms|s|m|h)/g)) {
    const scale = nsPerUnit[unit!]!
    ns += BigInt(whole || '0') * BigInt(scale) + BigInt(Math.floor(Number(`0.${fraction || '0'}`) * scale))
  }
  return new OttlDuration(sign === '-' ? -ns : ns)
}

function durationIn(ns: bigint): OttlFunction {
  return converter([duration('duration')], value => Number(value.ns) / Number(ns))
}
function wholeDurationIn(ns: bigint): OttlFunction {
  return converter([duration('duration')], value => value.ns / ns)
}
/** Units since 1970, rounded down. */
function unixIn(ns: bigint): OttlFunction {
  return converter([time('time')], value => (value.ns - (((value.ns % ns) + ns) % ns)) / ns)
}
function part(read: (date: Date) => number): OttlFunction {
  return converter([time('time')], value => BigInt(read(dateOf(value))))
}

function dateOf({ ns }: OttlTime): Date {
  return new Date(Number((ns - nanosecondOf(ns)) / 1_000_000n))
}

function nanosecondOf(ns: bigint): bigint {
  return ((ns % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n
}

/** Nanoseconds from the first day of year 1, from where Go rounds times, to 1970. */
const yearOneNs = 62_135_596_800n * 1_000_000_000n

/** Times and durations. Names, arguments and meaning are the Collector's; parts of a time are those of UTC. */
export const timeFunctions: OttlFunctions = {
  Duration: converter([text('duration')], parseDuration),
  Now: converter([], () => new OttlTime(BigInt(Date.now()) * 1_000_000n)),
  Unix: converter([int('seconds'), optional(int('nanoseconds'))], (seconds, nanoseconds = 0n) => {
    return new OttlTime(seconds * 1_000_000_000n + nanoseconds)
  }),
  UnixNano: unixIn(1n),
  UnixMicro: unixIn(1000n),
  UnixMilli: unixIn(1_000_000n),
  UnixSeconds: unixIn(1_000_000_000n),
  Nanoseconds: wholeDurationIn(1n),
  Microseconds: wholeDurationIn(1000n),
  Milliseconds: wholeDurationIn(1_000_000n),
  Seconds: durationIn(1_000_000_000n),
  Minutes: durationIn(60_000_000_000n),
  Hours: durationIn(3_600_000_000_000n),
  Year: part(date => date.getUTCFullYear()),
  Month: part(date => date.getUTCMonth() + 1),
  Day: part(date => date.getUTCDate()),
  Weekday: part(date => date.getUTCDay()),
  Hour: part(date => date.getUTCHours()),
  Minute: part(date => date.getUTCMinutes()),
  Second: part(date => date.getUTCSeconds()),
  Nanosecond: converter([time('time')], value => nanosecondOf(value.ns)),
  TruncateTime: converter([time('time'), duration('duration')], (value, step) => {
    if (step.ns <= 0n) return value
    return new OttlTime(value.ns - ((value.ns + yearOneNs) % step.ns))
  }),
  FormatTime: converter([time('time'), literal(text('format'), timeFormatProblem)], (value, format) =>
    formatOf(format).print(value),
  ),
  Time: converter(
    [text('time'), literal(text('format'), timeFormatProblem), optional(literal(text('location'), locationProblem))],
    (source, format, location = 'UTC') => formatOf(format).parse(source, location),
  ),
}

const formats = new Map<string, TimeFormat>()

/** Formats stand in the configuration, so there are few. */
function formatOf(source: string): TimeFormat {
  const known = formats.get(source)
  if (known !== undefined) return known
  const format = new TimeFormat(source)
  formats.set(source, format)
  return format
}
