import http from 'node:http'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { systemClock } from '../../clock/clock.ts'
import { ConsumeError } from '../../component/consumer.ts'
import { DeadLetters } from '../../exporter-helper/dead-letters.ts'
import { jsonToOtlp } from '../../pdata/json-to-otlp.ts'
import { nodeFileSystem } from '../../storage/node-file-system.ts'
import { SegmentLog } from '../../storage/segment-log.ts'
import { componentSettings } from '../../testkit/component-settings.ts'
import { spanBatch, spanNumbers } from '../../testkit/span-batches.ts'
import { runSample } from '../sample-world.ts'

/** A storage directory with one queue of 3 requests, one of them delivered, and 2 dead letters. */
async function storage(t: Test) {
  const path = t.testdir()
  const queue = `${path}/exporter.otlp_http.traces`
  const log = new SegmentLog({
    fileSystem: nodeFileSystem,
    directory: queue,
    createsDirectory: true,
    syncLevel: 'written',
    segmentBytesMax: 1 << 20,
    clock: systemClock,
    events: { fault() {}, healed() {}, damaged() {}, written() {} },
  })
  await log.open()
  for (let i = 0; i < 3; i++) {
    const { bytes, itemCount } = spanBatch(i * 2, 2)
    await log.append({ kind: 0, wallMs: 1000, itemCount, units: 1, payload: bytes })
  }
  const [first] = await log.read(1)
  log.ack(first?.sequence ?? 0)
  const settings = componentSettings('otlp_http')
  const letters = new DeadLetters(queue, 'traces', settings)
  const refusal = new ConsumeError('permanent', 'no such tenant', { reason: 'backend_refused', httpStatus: 400 })
  for (const first of [100, 101]) await letters.keep([spanBatch(first, 1).bytes], 1, refusal)
  await letters.close()
  return { path, queue, log }
}

async function server(t: Test, statuses: number[]) {
  const received: number[] = []
  const listening = http.createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const status = statuses.shift() ?? 200
    if (status === 200) received.push(...spanNumbers([Buffer.concat(chunks)]))
    response.writeHead(status).end()
  })
  await new Promise<void>(resolve => listening.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    listening.closeAllConnections()
    listening.close()
  })
  return { received, url: `http://127.0.0.1:${(listening.address() as AddressInfo).port}` }
}

t.test('ls shows what waits and what is dead, while the agent writes', async t => {
  const { path, log } = await storage(t)
  const { code, stdout } = await runSample(['queue', 'ls', path])
  t.equal(code, 0)
  t.match(stdout, /QUEUE +REQUESTS +ITEMS/)
  t.match(stdout, /exporter\.otlp_http\.traces +2 +4 +\d+ +1970-01-01T00:00:01\.000Z +2 +2/)
  const json = JSON.parse((await runSample(['queue', 'ls', path, '--format', 'json'])).stdout)
  t.match(json, [{ waiting: { requests: 2, items: 4 }, dead_letters: { requests: 2, items: 2 } }])
  await log.close()
})

t.test('show prints OTLP/JSON, with the reasons beside it', async t => {
  const { path, log } = await storage(t)
  const dead = await runSample(['queue', 'show', path])
  const numbers = (text: string) =>
    text
      .trimEnd()
      .split('\n')
      .map(line => spanNumbers([jsonToOtlp('traces', Buffer.from(line))]))
  t.strictSame(numbers(dead.stdout), [[100], [101]])
  t.match(dead.stderr, /1 items, backend_refused: no such tenant/)
  t.strictSame(numbers((await runSample(['queue', 'show', path, '--queued', '--limit', '1'])).stdout), [[2, 3]])
  await log.close()
})

t.test('replay sends dead letters again, and keeps those that are refused again', async t => {
  const { queue, path, log } = await storage(t)
  const { received, url } = await server(t, [200, 400])
  const first = await runSample(['queue', 'replay', queue, '--to', url])
  t.equal(first.code, 1)
  t.match(first.stdout, /1 of 2 requests/)
  const second = await runSample(['queue', 'replay', queue, '--to', url])
  t.equal(second.code, 0)
  t.strictSame(received, [100, 101])
  t.match(await runSample(['queue', 'show', path]), { stdout: '', stderr: /no dead letters/ })
  await log.close()
})

t.test('drop wants to be told twice, and leaves a queue alone that an agent uses', async t => {
  const { path, log } = await storage(t)
  t.match(await runSample(['queue', 'drop', path]), { code: 2, stderr: /--yes/ })
  t.match(await runSample(['queue', 'drop', path, '--yes']), { code: 0, stdout: /2 of 2 requests/ })
  await log.close()
  t.match(await runSample(['queue', 'drop', path, '--yes', '--queued']), { code: 0, stdout: /2 of 2 requests/ })
  t.match((await runSample(['queue', 'ls', path])).stdout, /traces +0 +0/)
})

t.test('says what is wrong with the call', async t => {
  t.match(await runSample(['queue']), { code: 2, stderr: /ls, show, replay or drop/ })
  t.match(await runSample(['queue', 'ls', `${t.testdir()}/missing`]), { code: 2, stderr: /no queue/ })
})
