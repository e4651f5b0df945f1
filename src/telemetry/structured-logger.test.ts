import t from 'tap'
import { ManualClock } from '../testkit/manual-clock.ts'
import { defaultLogSettings, type LogSettings, LogSink } from './structured-logger.ts'

function setUp(settings: Partial<LogSettings> = {}) {
  const lines: string[] = []
  const clock = new ManualClock(Date.UTC(2026, 0, 2, 3, 4, 5, 678))
  const sink = new LogSink(clock, line => lines.push(line), { ...defaultLogSettings, ...settings })
  return { sink, lines, clock }
}

t.test("JSON lines with the Collector's fields", async t => {
  const { sink, lines } = setUp({ encoding: 'json', initialFields: { pod: 'a' } })
  sink
    .logger({ 'otelcol.component.id': 'otlp' })
    .with({ 'otelcol.component.kind': 'receiver' })
    .warn('slow\nbackend', { error: new Error('gone'), count: 5n })
  t.same(JSON.parse(lines[0] ?? ''), {
    level: 'warn',
    ts: '2026-01-02T03:04:05.678Z',
    msg: 'slow\nbackend',
    pod: 'a',
    'otelcol.component.id': 'otlp',
    'otelcol.component.kind': 'receiver',
    error: 'gone',
    count: '5',
  })
})

t.test('console lines for people, one line each', async t => {
  const { sink, lines } = setUp()
  sink.logger().info('two\nlines')
  sink.logger({ a: 1 }).error('with fields')
  t.same(lines, [
    '2026-01-02T03:04:05.678Z\tinfo\ttwo\\nlines\n',
    '2026-01-02T03:04:05.678Z\terror\twith fields\t{"a":1}\n',
  ])
})

t.test('lines below the level are not written, and the level changes while it runs', async t => {
  const { sink, lines } = setUp({ level: 'warn' })
  const logger = sink.logger()
  logger.info('a')
  logger.debug('b')
  sink.configure({ ...defaultLogSettings, level: 'debug' })
  logger.debug('c')
  t.equal(lines.length, 1)
  t.match(lines[0], /\tdebug\tc/)
})

t.test('a message that repeats is sampled within a tick', async t => {
  const { sink, lines, clock } = setUp({ sampling: { tickMs: 1000, initial: 2, thereafter: 10 } })
  const logger = sink.logger()
  for (let i = 0; i < 32; i++) logger.info('again')
  t.equal(lines.length, 5, 'two, and every tenth of the other thirty')
  logger.error('again')
  t.equal(lines.length, 6, 'another level counts on its own')
  await clock.advance(1000)
  logger.info('again')
  t.equal(lines.length, 7)
})

t.test('messages without end do not fill the memory', async t => {
  const { sink, lines } = setUp({ sampling: { tickMs: 1000, initial: 1, thereafter: 0 } })
  for (let i = 0; i < 3000; i++) sink.logger().info(`message ${i}`)
  t.equal(lines.length, 3000, 'each is new, each is written')
})

t.test('what is printed whatever the level is in the form of all other lines where programs read them', async t => {
  const { sink, lines } = setUp({ level: 'error' })
  t.equal(sink.printed('traces: 1 received'), 'traces: 1 received')
  sink.configure({ ...defaultLogSettings, level: 'error', encoding: 'json', initialFields: { a: 'b' } })
  t.match(JSON.parse(sink.printed('traces: 1 received')), { level: 'info', msg: 'traces: 1 received', a: 'b' })
  t.same(lines, [])
})
