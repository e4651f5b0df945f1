import t from 'tap'
import { silentLogger } from '../../telemetry/logger.ts'
import { ManualClock, settle } from '../../testkit/manual-clock.ts'
import { ConfigRefused } from '../run-agent.ts'
import type { FromShard, ShardReport, ToShard } from './messages.ts'
import type { ShardProcess } from './shard-end.ts'
import { ShardFleet } from './shard-fleet.ts'

/** A process whose every word the test says. */
class ScriptedProcess implements ShardProcess {
  readonly index: number
  readonly pid = 1
  readonly sent: ToShard[] = []
  isKilled = false
  say: (message: FromShard) => void = () => {}
  exit: (how: string) => void = () => {}

  constructor(index: number) {
    this.index = index
  }

  send(message: ToShard): void {
    this.sent.push(message)
  }

  kill(): void {
    this.isKilled = true
    this.exit('SIGKILL')
  }

  onMessage(receive: (message: FromShard) => void): void {
    this.say = receive
  }

  onExit(exited: (how: string) => void): void {
    this.exit = exited
  }
}

function reportOf(received: number, exported: number): ShardReport {
  const traces = { received, copied: 0, exported, queued: received - exported, dropped: {}, rejected: {} }
  return {
    state: { phase: 'ready', sinceMs: 0, generation: 1, configHash: 'x', components: [] },
    listening: [],
    accounts: { traces },
  }
}

function setUp() {
  const clock = new ManualClock()
  const processes: ScriptedProcess[] = []
  const fatal: string[] = []
  const fleet = new ShardFleet({
    count: 2,
    startProcess: index => {
      const process = new ScriptedProcess(index)
      processes.push(process)
      return process
    },
    clock,
    logger: silentLogger,
    onChange: () => {},
    onRestarted: () => {},
    onFatal: error => fatal.push(error.message),
  })
  return { clock, processes, fatal, fleet }
}

async function started() {
  const world = setUp()
  const starting = world.fleet.start()
  for (const process of world.processes) process.say({ kind: 'started', report: reportOf(0, 0) })
  await starting
  return world
}

t.test('a start that fails in one shard fails as a whole, for the reason of that one', async t => {
  const { fleet, processes } = setUp()
  const starting = fleet.start()
  processes[0]!.say({ kind: 'started', report: reportOf(0, 0) })
  processes[1]!.say({ kind: 'not_started', message: 'sluice.yaml:1:1', isRefused: true })
  await t.rejects(starting, new ConfigRefused('sluice.yaml:1:1'))
  t.ok(processes.every(process => process.isKilled))
})

t.test('what a dead shard held is dropped by name, and the time to its next start grows', async t => {
  const { fleet, processes, clock } = await started()
  processes[0]!.say({ kind: 'report', report: reportOf(10, 7) })
  processes[0]!.exit('SIGSEGV')
  await settle()
  t.same(fleet.ledger().entry('traces').dropped.get('shard_died'), 3)
  t.equal(fleet.ledger().imbalance('traces'), 0)
  t.match(fleet.health, [['shard:0', { status: 'recoverable', message: /SIGSEGV/ }]])
  const delays: number[] = []
  for (let death = 0; death < 4; death++) {
    const beforeMs = clock.nowMs()
    const count = processes.length
    while (processes.length === count) {
      await clock.advance(100)
      await settle()
    }
    delays.push(clock.nowMs() - beforeMs)
    const last = processes.at(-1)!
    last.say({ kind: 'started', report: reportOf(0, 0) })
    await settle()
    t.same(fleet.health, [])
    last.exit('code 1')
    await settle()
  }
  t.strictSame(delays, [100, 1000, 2000, 4000])
  t.equal(fleet.restarts, 4)
})

t.test('one that is late at the end is killed, and its account closes with what it last told', async t => {
  const { fleet, processes, clock } = await started()
  processes[1]!.say({ kind: 'report', report: reportOf(5, 4) })
  const ending = fleet.end(1000)
  t.match(processes[0]!.sent, [{ kind: 'end' }])
  processes[0]!.say({ kind: 'ended', accounts: reportOf(3, 3).accounts })
  processes[0]!.exit('code 0')
  await settle()
  await clock.advance(2000)
  await ending
  t.ok(processes[1]!.isKilled)
  t.match(fleet.ledger().entry('traces'), { received: 8, exported: 7 })
  t.equal(fleet.ledger().entry('traces').dropped.get('shard_died'), 1)
})

t.test('a shard that does not answer holds nobody up, and what it last told counts', async t => {
  const { fleet, processes, clock } = await started()
  processes[1]!.say({ kind: 'report', report: reportOf(5, 4) })
  const families = fleet.families(() => [])
  await settle()
  for (const { sent, say } of processes.slice(0, 1)) {
    const asked = sent.at(-1)
    if (asked?.kind !== 'ask') throw new Error('nothing was asked')
    say({ kind: 'answer', id: asked.id, value: { families: [], accounts: reportOf(2, 2).accounts } })
  }
  await clock.advance(2000)
  await families
  t.match(fleet.ledger().entry('traces'), { received: 7, exported: 6 })
})

t.test('a component that cannot go on in one shard is told', async t => {
  const { processes, fatal } = await started()
  processes[1]!.say({ kind: 'fatal', message: 'no more' })
  t.strictSame(fatal, ['shard 1: no more'])
})
