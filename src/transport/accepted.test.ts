import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import t from 'tap'
import { ManualClock } from '../testkit/manual-clock.ts'
import { EchoHandler } from '../testkit/test-server.ts'
import { Accepted } from './accepted.ts'
import { defaultKeepalive, defaultLimits } from './limits.ts'
import type { CloseReason } from './server.ts'

/** As Node's TLS is after a reset in the middle of a body: an end, and writes that go nowhere. */
function deadSocket(): Duplex {
  const socket = new Duplex({ read() {}, write() {} })
  return Object.assign(socket, { _handle: null, remoteAddress: '127.0.0.1' })
}

t.test('a peer that ended its side does not hold our last words for long', async t => {
  const clock = new ManualClock()
  const handler = new EchoHandler()
  const closed: CloseReason[] = []
  const events = { connectionOpened() {}, connectionClosed() {}, requestRefused() {} }
  const settings = {
    listen: { host: '127.0.0.1', port: 0 },
    http1: true,
    http2: true,
    limits: defaultLimits,
    keepalive: defaultKeepalive,
    tls: undefined,
    clock,
    handler,
    events,
  }
  const socket = deadSocket()
  const accepted = new Accepted(socket as unknown as Socket, 'http/1.1', {
    settings,
    server: { handler },
    closed: reason => closed.push(reason),
  })
  // The answer to the first request is never taken.
  socket.push('POST /x HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\n\r\n1')
  socket.push('POST /x HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n12345')
  socket.push(null)
  while (handler.failures.length === 0) await new Promise(resolve => setImmediate(resolve))
  t.same(handler.failures, ['aborted'])
  const sweepUntil = async (ms: number) => {
    while (clock.nowMs() < ms) {
      await clock.advance(100)
      accepted.sweep(clock.nowMs())
    }
  }
  await sweepUntil(1900)
  t.notOk(socket.destroyed, 'a slow peer that ended its side alone still gets its answer')
  await sweepUntil(2000)
  t.ok(socket.destroyed)
  await new Promise(resolve => setImmediate(resolve))
  t.same(closed, ['peer'])
})
