export type CalendarPeriod = 'day' | 'week' | 'month'

/** From `startMs` up to and without `endMs`, milliseconds since the Unix epoch. */
export interface Period {
  readonly startMs: number
  readonly endMs: number
}

interface CivilDate {
  readonly year: number
  /** 1 to 12. */
  readonly month: number
  readonly day: number
}

/**
 * The day, week (from Monday) or month that contains `timeMs` in `timeZone`. Days are those of the wall calendar: they
 * have 23 or 25 hours where the clocks change.
 */
export function calendarPeriod(kind: CalendarPeriod, timeMs: number, timeZone: string): Period {
  const today = civilDate(timeMs, timeZone)
  const start = kind === 'day' ? today : kind === 'week' ? addDays(today, -mondayOffset(today)) : { ...today, day: 1 }
  const end =
    kind === 'day'
      ? addDays(start, 1)
      : kind === 'week'
        ? addDays(start, 7)
        : { year: start.month === 12 ? start.year + 1 : start.year, month: (start.month % 12) + 1, day: 1 }
  return { startMs: midnight(start, timeZone), endMs: midnight(end, timeZone) }
}

/** Throws `RangeError` where the runtime knows no such zone. */
export function assertTimeZone(timeZone: string): void {
  formatOf(timeZone)
}

const dayMs = 86_400_000

const formats = new Map<string, Intl.DateTimeFormat>()

function formatOf(timeZone: string): Intl.DateTimeFormat {
  let format = formats.get(timeZone)
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
    formats.set(timeZone, format)
  }
  return format
}

/** What a wall clock in the zone shows at `timeMs`, read as if it were UTC. */
function wallMs(timeMs: number, timeZone: string): number {
  const parts: Record<string, number> = {}
  for (const { type, value } of formatOf(timeZone).formatToParts(timeMs)) parts[type] = Number(value)
  return Date.UTC(
    parts['year']!,
    parts['month']! - 1,
    parts['day']!,
    parts['hour']!,
    parts['minute']!,
    parts['second']!,
  )
}

function civilDate(timeMs: number, timeZone: string): CivilDate {
  const wall = new Date(wallMs(timeMs, timeZone))
  return { year: wall.getUTCFullYear(), month: wall.getUTCMonth() + 1, day: wall.getUTCDate() }
}

function addDays({ year, month, day }: CivilDate, days: number): CivilDate {
  const date = new Date(Date.UTC(year, month - 1, day + days))
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() }
}

function mondayOffset({ year, month, day }: CivilDate): number {
  return (new Date(Date.UTC(year, month - 1, day)).getUTCDay() + 6) % 7
}

/**
 * The first instant of that day in the zone: midnight, the first of two where the clocks are set back over it, or the moment
 * after it where they skip it.
 */
function midnight({ year, month, day }: CivilDate, timeZone: string): number {
  const wanted = Date.UTC(year, month - 1, day)
  // Two steps suffice: the second one uses the offset that holds near the answer.
  let guess = wanted
  for (let step = 0; step < 2; step++) guess = wanted - (wallMs(guess, timeZone) - guess)
  const shown = wallMs(guess, timeZone)
  if (shown < wanted) return guess + (wanted - shown)
  const before = guess - dayMs
  const earlier = wanted - (wallMs(before, timeZone) - before)
  return earlier < guess && wallMs(earlier, timeZone) === wanted ? earlier : guess
}
