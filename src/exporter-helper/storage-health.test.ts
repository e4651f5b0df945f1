import t from 'tap'
import type { Logger } from '../telemetry/logger.ts'
import { componentSettings } from '../testkit/component-settings.ts'
import { StorageHealth } from './storage-health.ts'

function error(code: string): Error {
  return Object.assign(new Error(`${code}: the disk refuses`), { code })
}

function setUp() {
  const lines: string[] = []
  const log = (message: string) => void lines.push(message)
  const logger: Logger = { debug: log, info: log, warn: log, error: log, with: () => logger }
  const closed = new Set<StorageHealth>()
  const queue = (directory: string) => {
    const health = new StorageHealth({ ...componentSettings('test'), logger }, 'traces', directory)
    health.observe(
      () => 0,
      () => closed.has(health),
    )
    return health
  }
  return { lines, queue, closed }
}

const cannot = 'The queue on disk cannot be written: senders are told to come again'
const works = 'The queue on disk works again'

t.test('a disk that refuses four queues is told of once, and once when the last of them works again', async t => {
  const { lines, queue } = setUp()
  const queues = ['a', 'b', 'c', 'd'].map(name => queue(`/one/${name}`))
  for (const each of queues) each.failed(error('ENOSPC'))
  for (const each of queues) each.failed(error('ENOSPC'))
  t.same(lines, [cannot])
  for (const each of queues.slice(1)) each.healed()
  t.same(lines, [cannot])
  queues[0]?.healed()
  t.same(lines, [cannot, works])
  queues[2]?.failed(error('ENOSPC'))
  t.same(lines, [cannot, works, cannot])
  queues[2]?.healed()
})

t.test('another storage directory and another error are told of', async t => {
  const { lines, queue } = setUp()
  const [here, there] = [queue('/two/a'), queue('/three/a')]
  here.failed(error('ENOSPC'))
  there.failed(error('ENOSPC'))
  here.failed(error('EIO'))
  t.same(lines, [cannot, cannot, cannot])
  here.healed()
  there.healed()
  t.same(lines.slice(3), [works, works])
})

t.test('a queue that is closed while its disk refuses is waited for by nobody', async t => {
  const { lines, queue, closed } = setUp()
  const [gone, stays] = [queue('/four/a'), queue('/four/b')]
  gone.failed(error('EROFS'))
  closed.add(gone)
  stays.failed(error('EROFS'))
  stays.healed()
  t.same(lines, [cannot, cannot, works])
})
