import t from 'tap'
import { assertTimeZone, calendarPeriod } from './period.ts'

const hour = 3_600_000

for (const { kind, at, zone, start, hours } of [
  { kind: 'day', at: '2026-11-21T12:34:56Z', zone: 'UTC', start: '2026-11-21T00:00:00Z', hours: 24 },
  { kind: 'day', at: '2026-11-21T23:30:00Z', zone: 'Europe/Berlin', start: '2026-11-21T23:00:00Z', hours: 24 },
  { kind: 'day', at: '2026-03-29T12:00:00Z', zone: 'Europe/Berlin', start: '2026-03-28T23:00:00Z', hours: 23 },
  { kind: 'day', at: '2026-10-25T12:00:00Z', zone: 'Europe/Berlin', start: '2026-10-24T22:00:00Z', hours: 25 },
  { kind: 'day', at: '2026-03-29T12:00:00Z', zone: 'Asia/Beirut', start: '2026-03-28T22:00:00Z', hours: 23 },
  // The clocks go from 1:00 back to 0:00, which comes twice: the first of them begins the day.
  { kind: 'day', at: '2026-11-01T12:00:00Z', zone: 'America/Havana', start: '2026-11-01T04:00:00Z', hours: 25 },
  { kind: 'day', at: '2026-11-01T04:30:00Z', zone: 'America/Havana', start: '2026-11-01T04:00:00Z', hours: 25 },
  { kind: 'day', at: '2020-03-07T15:30:00Z', zone: 'Antarctica/Casey', start: '2020-03-07T13:00:00Z', hours: 27 },
  { kind: 'week', at: '2026-11-22T10:00:00Z', zone: 'UTC', start: '2026-11-16T00:00:00Z', hours: 168 },
  { kind: 'week', at: '2026-11-16T00:00:00Z', zone: 'UTC', start: '2026-11-16T00:00:00Z', hours: 168 },
  { kind: 'month', at: '2026-12-31T23:59:59Z', zone: 'UTC', start: '2026-12-01T00:00:00Z', hours: 31 * 24 },
  {
    kind: 'month',
    at: '2028-02-10T00:00:00Z',
    zone: 'America/New_York',
    start: '2028-02-01T05:00:00Z',
    hours: 29 * 24,
  },
] as const) {
  t.test(`the ${kind} in ${zone} that contains ${at} starts at ${start} and has ${hours} hours`, async t => {
    const period = calendarPeriod(kind, Date.parse(at), zone)
    t.equal(new Date(period.startMs).toISOString().replace('.000', ''), start)
    t.equal((period.endMs - period.startMs) / hour, hours)
  })
}

t.test('periods follow each other without a gap, every hour of two years', async t => {
  for (const zone of ['UTC', 'America/Santiago', 'Asia/Kathmandu', 'Australia/Lord_Howe']) {
    let period = calendarPeriod('day', Date.UTC(2026, 0, 1), zone)
    for (let day = 0; day < 730; day++) {
      const next = calendarPeriod('day', period.endMs, zone)
      if (next.startMs !== period.endMs) t.equal(next.startMs, period.endMs, `${zone} ${new Date(period.endMs)}`)
      period = next
    }
    t.ok(period.startMs > Date.UTC(2027, 11, 30))
  }
})

t.test('an unknown zone is refused', async t => {
  t.throws(() => assertTimeZone('Mars/Olympus'), RangeError)
})
