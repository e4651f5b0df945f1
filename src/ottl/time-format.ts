import { EvaluationError, OttlTime } from './value.ts'

const months = 'January February March April May June July August September October November December'.split(' ')
const weekdays = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ')
/** Directives that stand for others. */
const expansions: Readonly<Record<string, string>> = {
  D: '%m/%d/%Y',
  x: '%m/%d/%Y',
  F: '%Y-%m-%d',
  T: '%H:%M:%S',
  X: '%H:%M:%S',
  r: '%I:%M:%S %P',
  R: '%H:%M',
  n: '\n',
  t: '\t',
  '%': '%',
  c: '%a %b %d %H:%M:%S %Y',
}

interface Parts {
  year: number
  month: number
  day: number
  hour: number
  minute: number
  second: number
  ns: number
  /** Of twelve hours, the second. */
  isAfternoon: boolean | undefined
  offsetMinutes: number | undefined
}

interface Directive {
  /** What it matches in text; one with a group of its own has it read instead. */
  readonly pattern: string
  /** Takes the point before it along. */
  readonly isFraction?: boolean
  print(date: Date, ns: bigint): string
  read(text: string | undefined, parts: Parts): void
}

const two = (value: number) => String(value).padStart(2, '0')
const spaced = (value: number) => String(value).padStart(2)
const twelve = (date: Date) => date.getUTCHours() % 12 || 12
/** A number may have a space before it, and a zero or none. */
const upToTwo = '\\s*\\d{1,2}'

function number(
  pattern: string,
  print: (date: Date) => string,
  read: (value: number, parts: Parts) => void,
): Directive {
  return { pattern, print, read: (text, parts) => read(Number(text), parts) }
}

function named(names: readonly string[], print: (date: Date) => string, read: (index: number, parts: Parts) => void) {
  return {
    pattern: names.join('|'),
    print,
    read: (text: string | undefined, parts: Parts) =>
      read(
        names.findIndex(name => name.toLowerCase() === text?.toLowerCase()),
        parts,
      ),
  }
}

/** Digits of the second behind a point or comma, without zeros at the end; where none is left the point goes too. */
function fraction(digits: number): Directive {
  return {
    pattern: '(?:[.,](\\d{1,9}))?',
    isFraction: true,
    print: (_, ns) => String(ns).padStart(9, '0').slice(0, digits).replace(/0+$/, ''),
    read: (text, parts) => {
      parts.ns = Number((text ?? '').padEnd(9, '0'))
    },
  }
}

function offset(pattern: string, printed: string): Directive {
  return {
    pattern,
    print: () => printed,
    read: (text = 'Z', parts) => {
      if (/^[A-Z]+$/i.test(text)) {
        parts.offsetMinutes = 0
        return
      }
      const digits = text.replace(/[^0-9]/g, '')
      const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2, 4))
      parts.offsetMinutes = text.startsWith('-') ? -minutes : minutes
    },
  }
}

const day = (print: (date: Date) => string) =>
  number(upToTwo, print, (value, parts) => {
    parts.day = value
  })
const month = (print: (date: Date) => string) =>
  number(upToTwo, print, (value, parts) => {
    parts.month = value
  })
const hour = (print: (date: Date) => string) =>
  number(upToTwo, print, (value, parts) => {
    parts.hour = value
  })
const short = (names: readonly string[]) => names.map(name => name.slice(0, 3))
const readMonth = (index: number, parts: Parts) => {
  parts.month = index + 1
}
const half = (names: readonly string[]) =>
  named(
    names,
    date => names[date.getUTCHours() < 12 ? 0 : 1]!,
    (index, parts) => {
      parts.isAfternoon = index === 1
    },
  )

const directives: Readonly<Record<string, Directive>> = {
  Y: number(
    '\\d{4}',
    date => String(date.getUTCFullYear()).padStart(4, '0'),
    (value, parts) => {
      parts.year = value
    },
  ),
  y: number(
    '\\d{2}',
    date => two(date.getUTCFullYear() % 100),
    (value, parts) => {
      parts.year = value + (value >= 69 ? 1900 : 2000)
    },
  ),
  m: month(date => two(date.getUTCMonth() + 1)),
  // The Collector hands `_1` to Go, which knows no such month and prints the bar.
  o: month(date => `_${date.getUTCMonth() + 1}`),
  q: month(date => String(date.getUTCMonth() + 1)),
  b: named(short(months), date => short(months)[date.getUTCMonth()]!, readMonth),
  h: named(short(months), date => short(months)[date.getUTCMonth()]!, readMonth),
  B: named(months, date => months[date.getUTCMonth()]!, readMonth),
  d: day(date => two(date.getUTCDate())),
  e: day(date => spaced(date.getUTCDate())),
  g: day(date => String(date.getUTCDate())),
  a: named(
    short(weekdays),
    date => short(weekdays)[date.getUTCDay()]!,
    () => {},
  ),
  A: named(
    weekdays,
    date => weekdays[date.getUTCDay()]!,
    () => {},
  ),
  H: hour(date => two(date.getUTCHours())),
  I: hour(date => two(twelve(date))),
  l: hour(date => String(twelve(date))),
  p: half(['AM', 'PM']),
  P: half(['am', 'pm']),
  M: number(
    upToTwo,
    date => two(date.getUTCMinutes()),
    (value, parts) => {
      parts.minute = value
    },
  ),
  S: number(
    upToTwo,
    date => two(date.getUTCSeconds()),
    (value, parts) => {
      parts.second = value
    },
  ),
  L: fraction(3),
  f: fraction(6),
  s: fraction(9),
  z: offset('Z|[+-]\\d{2}(?::?\\d{2})?', 'Z'),
  Z: offset('UTC|GMT|Z', 'UTC'),
  i: offset('[+-]\\d{2}', '+00'),
  j: offset('[+-]\\d{2}:\\d{2}', '+00:00'),
  k: offset('[+-]\\d{2}:\\d{2}:\\d{2}', '+00:00:00'),
  w: offset('[+-]\\d{6}', '+000000'),
}

/** What is wrong with a format of `%Y-%m-%d` kind; undefined where it is good. */
export function timeFormatProblem(source: string): string | undefined {
  if (source === '') return 'must not be empty'
  if (/\d/.test(source)) return 'must not have digits'
  if (/[^.,]%[Lfs]/.test(source)) return 'needs a point or a comma before %L, %f and %s'
  for (const [whole, letter] of source.matchAll(/%(.)/gs)) {
    if (directives[letter!] === undefined && expansions[letter!] === undefined) return `has an unknown ${whole}`
  }
  return undefined
}

/** What is wrong with the name of a time zone; undefined where it is known. */
export function locationProblem(name: string): string | undefined {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name === '' ? 'UTC' : name })
    return undefined
  } catch {
    return `is no time zone: ${name}`
  }
}

/** A format of ctime's kind, both ways. */
export class TimeFormat {
  readonly #pieces: (string | Directive)[] = []
  readonly #pattern: RegExp

  constructor(source: string) {
    let pattern = '^'
    for (const piece of splitFormat(source)) {
      const isFraction = typeof piece !== 'string' && piece.isFraction === true
      // The point before a fraction is part of it.
      if (isFraction) pattern = pattern.replace(/(?:\\\.|,)$/, '')
      this.#pieces.push(piece)
      if (typeof piece === 'string') pattern += escapePattern(piece)
      else pattern += isFraction ? piece.pattern : `(${piece.pattern})`
    }
    this.#pattern = new RegExp(`${pattern}$`, 'i')
  }

  /** The time in UTC. */
  print({ ns }: OttlTime): string {
    const fraction = ((ns % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n
    const date = new Date(Number((ns - fraction) / 1_000_000n))
    let out = ''
    for (const piece of this.#pieces) {
      const printed = typeof piece === 'string' ? piece : piece.print(date, fraction)
      if (typeof piece !== 'string' && piece.isFraction === true && printed === '') out = out.replace(/[.,]$/, '')
      out += printed
    }
    return out
  }

  /** Throws `EvaluationError` where the text is not of this format. A text without an offset is in `location`. */
  parse(source: string, location: string): OttlTime {
    const match = this.#pattern.exec(source)
    if (match === null) throw new EvaluationError(`${JSON.stringify(source)} is not of the format of the time`)
    const parts: Parts = {
      year: 0,
      month: 1,
      day: 1,
      hour: 0,
      minute: 0,
      second: 0,
      ns: 0,
      isAfternoon: undefined,
      offsetMinutes: undefined,
    }
    let group = 1
    for (const piece of this.#pieces) if (typeof piece !== 'string') piece.read(match[group++], parts)
    return timeOf(parts, location, source)
  }
}

function splitFormat(source: string): (string | Directive)[] {
  const pieces: (string | Directive)[] = []
  for (const token of source.match(/%.|[^%]+|%$/gs) ?? []) {
    const letter = token.startsWith('%') ? token[1] : undefined
    if (letter === undefined) pieces.push(token)
    else if (letter === '%') pieces.push('%')
    else if (directives[letter] !== undefined) pieces.push(directives[letter])
    else {
      const expansion = expansions[letter]!
      pieces.push(...(expansion.startsWith('%') ? splitFormat(expansion) : [expansion]))
    }
  }
  return pieces
}

function escapePattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')
}

function timeOf(parts: Parts, location: string, source: string): OttlTime {
  const { month, day, minute, second, ns } = parts
  let { hour, year } = parts
  if (parts.isAfternoon !== undefined) hour = (hour % 12) + (parts.isAfternoon ? 12 : 0)
  // Without a year it is this one, or the last where that is more than a week ahead.
  const isYearless = year === 0
  if (isYearless) year = new Date().getUTCFullYear()
  let ms = Date.UTC(year, month - 1, day, hour, minute, second)
  const date = new Date(ms)
  const isValid =
    date.getUTCDate() === day && date.getUTCMonth() === month - 1 && hour < 24 && minute < 60 && second < 60
  if (!isValid) throw new EvaluationError(`${JSON.stringify(source)} has a part out of range`)
  if (isYearless && ms > Date.now() + 7 * 86_400_000) ms = Date.UTC(year - 1, month - 1, day, hour, minute, second)
  const offset = parts.offsetMinutes ?? zoneOffsetMinutes(ms, location)
  return new OttlTime(BigInt(ms - offset * 60_000) * 1_000_000n + BigInt(ns))
}

/** What a zone's clock is ahead of UTC when it shows that time. */
function zoneOffsetMinutes(localMs: number, location: string): number {
  if (location === '' || location === 'UTC') return 0
  const first = offsetAt(localMs, location)
  return offsetAt(localMs - first * 60_000, location)
}

function offsetAt(utcMs: number, timeZone: string): number {
  const formatter = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset' })
  const name = formatter.formatToParts(utcMs).find(({ type }) => type === 'timeZoneName')?.value ?? ''
  const [, sign, hours, minutes] = /GMT([+-])(\d{2}):(\d{2})/.exec(name) ?? []
  if (sign === undefined) return 0
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes))
}
