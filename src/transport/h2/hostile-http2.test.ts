import t, { type Test } from 'tap'
import { ManualClock } from '../../testkit/manual-clock.ts'
import { RawPeer, rawFrame, rawHeaders, rawPost, rawPreface } from '../../testkit/raw-http2.ts'
import { startServer, type TestServer } from '../../testkit/test-server.ts'
import { SocketServer } from '../socket-server.ts'

const [data, headers, priority, reset, settings, ping, windowUpdate, continuation] = [0, 1, 2, 3, 4, 6, 8, 9]
const endStream = 1
const endHeaders = 4
const [protocolError, flowControlError, cancelCode, enhanceYourCalm] = [1, 3, 8, 11]

type Overrides = Parameters<typeof startServer>[2]

function start(t: Test, overrides: Overrides = {}): Promise<TestServer> {
  return startServer(t, each => new SocketServer(each), overrides)
}

async function connect(t: Test, { server }: TestServer, first?: Uint8Array): Promise<RawPeer> {
  const peer = await RawPeer.connect(server.port, first)
  t.teardown(() => void peer.socket.destroy())
  return peer
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

function setting(identifier: number, value: number): Buffer {
  return Buffer.concat([Buffer.of(0, identifier), uint32(value)])
}

/** Whoever behaves is served while `attack` runs, and afterwards. Memory stays where it was. */
async function beside(t: Test, server: TestServer, attack: () => Promise<unknown>): Promise<void> {
  const good = server.grpc()
  const ask = () => good.send({ path: '/good', headers: [], parts: [Buffer.from('good')], timeoutMs: 5000 })
  t.equal((await ask()).status, 0)
  const before = used()
  let isOver = false
  let slowestMs = 0
  const asking = (async () => {
    while (!isOver) {
      const startedMs = performance.now()
      t.equal((await ask()).status, 0)
      slowestMs = Math.max(slowestMs, performance.now() - startedMs)
    }
  })()
  await attack()
  isOver = true
  await asking
  t.ok(used() - before < 64 * 1024 * 1024, 'memory is bounded, garbage included')
  t.ok(slowestMs < 4000, `the slowest good call took ${slowestMs.toFixed(0)} ms`)
}

function used(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

/** Many frames at once, so that a flood is not bounded by the sender's own speed. */
function times(count: number, frame: (i: number) => Uint8Array): Buffer {
  return Buffer.concat(Array.from({ length: count }, (_, i) => frame(i)))
}

t.test('rapid reset: as many cancelled streams as allowed, and one more', async t => {
  const clock = new ManualClock()
  const server = await start(t, { limits: { resetStreamsPerSecondMax: 20 }, clock })
  const open = (from: number, count: number) =>
    times(count, i =>
      Buffer.concat([
        rawFrame(headers, endHeaders, from + 2 * i, rawPost),
        rawFrame(reset, 0, from + 2 * i, uint32(cancelCode)),
      ]),
    )
  const peer = await connect(t, server)
  peer.send(open(1, 20), rawFrame(ping, 0, 0, Buffer.alloc(8)))
  await peer.frame(ping)
  t.notOk(peer.isClosed)
  t.equal(server.handler.failures.length, 20)
  await clock.advance(1000)
  peer.send(open(41, 20), rawFrame(ping, 0, 0, Buffer.alloc(8, 1)))
  while (peer.frames.filter(each => each.type === ping).length < 2) await new Promise(resolve => setImmediate(resolve))
  peer.send(open(81, 1))
  t.equal(await peer.goaway(), enhanceYourCalm)
  await clock.advance(1000)
  await server.closedCount(1)
  t.same(server.closed, ['too_many_streams'])
})

t.test('rapid reset at full speed does no harm to others', async t => {
  const server = await start(t)
  await beside(t, server, async () => {
    for (let round = 0; round < 3; round++) {
      const peer = await connect(t, server)
      let id = -1
      await peer.flood(
        times(5000, () => {
          id += 2
          return Buffer.concat([rawFrame(headers, endHeaders, id, rawPost), rawFrame(reset, 0, id, uint32(cancelCode))])
        }),
        1,
      )
      t.equal(await peer.goaway(), enhanceYourCalm)
      await server.closedCount(round + 1)
    }
  })
  t.same(new Set(server.closed), new Set(['too_many_streams']))
})

for (const { title, frames, code, reason } of [
  {
    title: 'a CONTINUATION flood',
    frames: times(64, i => rawFrame(i === 0 ? headers : continuation, 0, 1, Buffer.alloc(1000, 0x82))),
    code: enhanceYourCalm,
    reason: 'headers_too_large',
  },
  {
    title: 'a flood of empty CONTINUATION frames',
    frames: times(100, i => rawFrame(i === 0 ? headers : continuation, 0, 1)),
    code: enhanceYourCalm,
    reason: 'headers_too_large',
  },
  {
    title: 'one header block of 20 KiB',
    frames: rawFrame(headers, endHeaders, 1, Buffer.alloc(20_000, 0x82)),
    code: enhanceYourCalm,
    reason: 'headers_too_large',
  },
  {
    title: 'a HEADERS frame that announces 200 KiB',
    frames: Buffer.concat([Buffer.of(3, 0, 0, headers, 0, 0, 0, 0, 1), Buffer.alloc(1000)]),
    code: enhanceYourCalm,
    reason: 'headers_too_large',
  },
  {
    title: 'a GOAWAY frame that announces 200 KiB',
    frames: Buffer.of(3, 0, 0, 7, 0, 0, 0, 0, 0),
    code: 6,
    reason: 'protocol_error',
  },
  {
    title: 'a SETTINGS flood',
    frames: times(5000, () => rawFrame(settings, 0, 0, setting(3, 100))),
    code: enhanceYourCalm,
    reason: 'flood',
  },
  {
    title: 'SETTINGS of a thousand pairs',
    frames: rawFrame(
      settings,
      0,
      0,
      times(1000, () => setting(9, 1)),
    ),
    code: enhanceYourCalm,
    reason: 'flood',
  },
  {
    title: 'a PING flood',
    frames: times(5000, () => rawFrame(ping, 0, 0, Buffer.alloc(8))),
    code: enhanceYourCalm,
    reason: 'too_many_pings',
  },
  {
    title: 'a flood of empty DATA',
    frames: Buffer.concat([rawFrame(headers, endHeaders, 1, rawPost), times(5000, () => rawFrame(data, 0, 1))]),
    code: enhanceYourCalm,
    reason: 'flood',
  },
  {
    title: 'a PRIORITY flood',
    frames: times(5000, i => rawFrame(priority, 0, 2 * i + 1, Buffer.of(0, 0, 0, 0, 1))),
    code: enhanceYourCalm,
    reason: 'flood',
  },
  {
    title: 'a flood of unknown frames',
    frames: times(5000, () => rawFrame(0xbe, 0, 0)),
    code: enhanceYourCalm,
    reason: 'flood',
  },
  {
    title: 'malformed requests without end',
    frames: times(5000, i => rawFrame(headers, endHeaders | endStream, 2 * i + 1, rawHeaders('no', 'pseudo-header'))),
    code: enhanceYourCalm,
    reason: 'too_many_streams',
  },
  {
    title: 'a connection window blown up',
    frames: times(2, () => rawFrame(windowUpdate, 0, 0, uint32(0x7fffffff))),
    code: flowControlError,
    reason: 'protocol_error',
  },
  {
    title: 'more DATA than the connection window holds',
    frames: Buffer.concat([
      times(5, i => rawFrame(headers, endHeaders, 2 * i + 1, rawPost)),
      times(70, i => rawFrame(data, 0, 2 * (i % 5) + 1, Buffer.alloc(250_000))),
    ]),
    code: undefined,
    reason: undefined,
  },
] as const) {
  t.test(`${title} ends, and others are served`, async t => {
    const server = await start(t)
    await beside(t, server, async () => {
      const peer = await connect(t, server)
      await peer.flood(frames, 1)
      if (reason === undefined) {
        // Bodies above the handler's limit are refused one by one; the connection's window is kept open all the time.
        for (let i = 0; i < 5; i++) await peer.frame(headers, 2 * i + 1)
        peer.socket.destroy()
        return
      }
      t.equal(await peer.goaway(), code)
      await server.closedCount(1)
      t.same(server.closed, [reason])
    })
  })
}

t.test('a long frame of an unknown type is let pass, and not kept', async t => {
  const server = await start(t)
  const peer = await connect(t, server)
  peer.send(rawFrame(0xbe, 0, 0, Buffer.alloc(200_000)), rawFrame(headers, endHeaders | endStream, 1, rawPost))
  await peer.frame(headers, 1)
})

t.test('an HPACK bomb is answered with 431 and costs no memory', async t => {
  const server = await start(t)
  const insert = Buffer.concat([Buffer.of(0x40, 1, 0x61, 0x7f, 0xa1, 0x1e), Buffer.alloc(4000, 0x78)])
  await beside(t, server, async () => {
    const peer = await connect(t, server)
    peer.send(rawFrame(headers, endHeaders | endStream, 1, Buffer.concat([rawPost, insert])))
    for (let i = 1; i < 50; i++) {
      peer.send(rawFrame(headers, endHeaders | endStream, 2 * i + 1, Buffer.alloc(12_000, 0xbe)))
    }
    await peer.frame(headers, 99)
    t.notOk(peer.isClosed, 'the tables are in step, so the connection goes on')
    peer.send(rawFrame(headers, endHeaders | endStream, 101, rawPost))
    await peer.frame(headers, 101)
    peer.socket.destroy()
  })
  t.equal(server.refused.filter(reason => reason === 'headers_too_large').length, 49)
})

t.test('headers at their limits pass, and one more does not', async t => {
  const server = await start(t, { limits: { headerPairsMax: 12, headerBytesMax: 2000 } })
  const peer = await connect(t, server)
  const statusOf = async (streamId: number, ...list: string[]) => {
    peer.send(rawFrame(headers, endHeaders | endStream, streamId, Buffer.concat([rawPost, rawHeaders(...list)])))
    const answer = await peer.frame(headers, streamId)
    return answer.payload[0] === 0x88 ? 200 : Number(answer.payload.subarray(2, 5))
  }
  const some = (count: number) => Array.from({ length: count }, () => ['a', 'b']).flat()
  t.equal(await statusOf(1, ...some(8)), 200)
  t.equal(await statusOf(3, ...some(9)), 431)
  // Of 2,000 bytes the pseudo-headers take 32 each and their 44 characters.
  const room = 2000 - (4 * 32 + ':method:scheme:path:authorityPOSThttp/xtest'.length) - 33
  t.equal(await statusOf(5, 'a', 'b'.repeat(room)), 200)
  t.equal(await statusOf(7, 'a', 'b'.repeat(room + 1)), 431)
})

t.test('as many streams as allowed, and one more', async t => {
  const server = await start(t, { limits: { streamsMax: 3 } })
  server.handler.held = []
  const peer = await connect(t, server)
  for (const id of [1, 3, 5, 7]) peer.send(rawFrame(headers, endHeaders | endStream, id, rawPost))
  t.equal((await peer.frame(reset)).streamId, 7)
  t.same(peer.frames.find(each => each.type === reset)?.payload, uint32(7), 'REFUSED_STREAM')
  t.equal(server.handler.held.length, 3)
  t.same(server.refused, ['too_many_streams'])
})

t.test('answers that a zero window holds back are given up in time', async t => {
  const clock = new ManualClock()
  const server = await start(t, { clock, keepalive: { pingIntervalMs: 0 } })
  const peer = await connect(t, server, Buffer.concat([rawPreface, rawFrame(settings, 0, 0, setting(4, 0))]))
  for (const id of [1, 3]) {
    peer.send(rawFrame(headers, endHeaders, id, rawPost), rawFrame(data, endStream, id, Buffer.alloc(1000)))
  }
  await peer.frame(headers, 3)
  await clock.advance(29_000)
  peer.send(rawFrame(windowUpdate, 0, 1, uint32(1)))
  while (!peer.frames.some(each => each.type === data)) await new Promise(resolve => setImmediate(resolve))
  t.notOk(peer.frames.some(each => each.type === reset))
  await clock.advance(2_000)
  t.equal((await peer.frame(reset, 3)).payload.readUInt32BE(0), cancelCode)
  await peer.frame(reset, 1)
})

t.test('a window opened byte by byte lets the answer through byte by byte', async t => {
  const server = await start(t)
  const first = Buffer.concat([rawPreface, rawFrame(settings, 0, 0, setting(4, 0))])
  await beside(t, server, async () => {
    const peer = await connect(t, server, first)
    peer.send(rawFrame(headers, endHeaders, 1, rawPost), rawFrame(data, endStream, 1, Buffer.alloc(5000, 7)))
    await peer.frame(headers, 1)
    peer.send(times(5000, () => rawFrame(windowUpdate, 0, 1, uint32(1))))
    while (!peer.frames.some(each => each.type === data && (each.flags & endStream) !== 0)) {
      await new Promise(resolve => setImmediate(resolve))
    }
    const answer = Buffer.concat(peer.frames.filter(each => each.type === data).map(each => each.payload))
    t.ok(answer.equals(Buffer.alloc(5000, 7)))
    peer.socket.destroy()
  })
})

t.test('a peer that does not read its answers is not read either, and is cut off', async t => {
  const clock = new ManualClock()
  const server = await start(t, { clock, keepalive: { pingIntervalMs: 0 } })
  const window = Buffer.concat([setting(4, 0x7fffffff)])
  const first = [rawPreface, rawFrame(settings, 0, 0, window), rawFrame(windowUpdate, 0, 0, uint32(0x7fff0000))]
  const peer = await connect(t, server, Buffer.concat(first))
  peer.socket.pause()
  for (let i = 0; i < 100; i++) {
    peer.send(rawFrame(headers, endHeaders, 2 * i + 1, rawPost))
    for (let k = 0; k < 4; k++) peer.send(rawFrame(data, k === 3 ? endStream : 0, 2 * i + 1, Buffer.alloc(200_000)))
  }
  await new Promise(resolve => setTimeout(resolve, 200))
  t.ok(server.handler.heads.length < 100, 'reading stopped')
  for (let i = 0; i < 40 && server.closed.length === 0; i++) await clock.advance(1000)
  await server.closedCount(1)
  t.same(server.closed, ['write_timeout'])
  peer.socket.destroy()
})

t.test('a header block and a body that trickle in are given up at their deadlines', async t => {
  const clock = new ManualClock()
  const server = await start(t, { clock, keepalive: { pingIntervalMs: 0 } })
  const slowHead = await connect(t, server)
  slowHead.send(rawFrame(headers, 0, 1, rawPost.subarray(0, 20)))
  const slowFrame = await connect(t, server)
  slowFrame.send(rawFrame(headers, endHeaders, 1, rawPost).subarray(0, 14))
  const slowBody = await connect(t, server)
  slowBody.send(rawFrame(headers, endHeaders, 1, rawPost), rawFrame(data, 0, 1, Buffer.alloc(100)).subarray(0, 50))
  while (server.handler.heads.length < 1) await new Promise(resolve => setImmediate(resolve))
  await new Promise(resolve => setTimeout(resolve, 20))
  for (let i = 0; i < 30 && server.closed.length < 2; i++) {
    slowHead.send(rawFrame(continuation, 0, 1, Buffer.of(0x82)))
    await new Promise(resolve => setTimeout(resolve, 2))
    await clock.advance(1000)
  }
  await server.closedCount(2)
  t.same(server.closed, ['headers_timeout', 'headers_timeout'])
  t.equal(await slowHead.goaway(), enhanceYourCalm)
  await clock.advance(31_000)
  await slowBody.frame(headers, 1)
  t.same(server.handler.failures, ['too_slow'])
  t.notOk(slowBody.isClosed, 'other streams of the connection may go on')
})

t.test('PINGs as often as allowed, and once more', async t => {
  const clock = new ManualClock()
  const keepalive = { peerPingIntervalMsMin: 1000, peerPingsWithoutStream: true, pingIntervalMs: 0 }
  const server = await start(t, { clock, keepalive, limits: { idleTimeoutMs: 0 } })
  const peer = await connect(t, server)
  const pings = async (count: number) => {
    const wanted = peer.frames.filter(each => each.type === ping).length + count
    for (let i = 0; i < count; i++) peer.send(rawFrame(ping, 0, 0, Buffer.alloc(8, i)))
    while (!peer.isClosed && peer.frames.filter(each => each.type === ping).length < wanted) {
      await new Promise(resolve => setImmediate(resolve))
    }
  }
  for (let i = 0; i < 5; i++) {
    await pings(1)
    await clock.advance(1000)
  }
  await pings(3)
  t.notOk(peer.isClosed, 'two may come early')
  peer.send(rawFrame(headers, endHeaders | endStream, 1, rawPost))
  await peer.frame(headers, 1)
  await pings(3)
  t.notOk(peer.isClosed, 'an answer of ours forgives them')
  peer.send(rawFrame(ping, 0, 0, Buffer.alloc(8)))
  t.equal(await peer.goaway(), enhanceYourCalm)
})

t.test('a connection is sent away for its age, and closed when its requests are done', async t => {
  const clock = new ManualClock()
  const keepalive = { connectionAgeMsMax: 10_000, connectionAgeGraceMs: 5000, pingIntervalMs: 0 }
  const server = await start(t, { clock, keepalive })
  server.handler.held = []
  const [polite, stuck] = await Promise.all([1, 2].map(() => connect(t, server)))
  for (const peer of [polite!, stuck!]) peer.send(rawFrame(headers, endHeaders | endStream, 1, rawPost))
  while (server.handler.held.length < 2) await new Promise(resolve => setImmediate(resolve))
  await clock.advance(12_000)
  t.equal(await polite!.goaway(), 0)
  await clock.advance(2000)
  server.handler.held[0]!.respond(200, [], Buffer.from('done'))
  await Promise.race([polite!.frame(data, 1), stuck!.frame(data, 1)])
  await server.closedCount(1)
  await clock.advance(4000)
  await server.closedCount(2)
  t.same(server.closed, ['max_age', 'max_age'])
})

t.test('a silent peer is pinged, and dropped when it does not answer', async t => {
  const clock = new ManualClock()
  const keepalive = { pingIntervalMs: 10_000, pingTimeoutMs: 3000 }
  const server = await start(t, { clock, keepalive, limits: { idleTimeoutMs: 0 } })
  const [alive, dead] = await Promise.all([1, 2].map(() => connect(t, server)))
  for (const peer of [alive!, dead!]) await peer.frame(settings)
  await new Promise(resolve => setTimeout(resolve, 10))
  await clock.advance(11_000)
  alive!.send(rawFrame(ping, 1, 0, (await alive!.frame(ping)).payload))
  alive!.send(rawFrame(headers, endHeaders | endStream, 1, rawPost))
  await alive!.frame(headers, 1)
  await dead!.frame(ping)
  await clock.advance(4000)
  await server.closedCount(1)
  t.same(server.closed, ['keepalive_timeout'])
  t.ok(dead!.isClosed)
  t.notOk(alive!.isClosed)
})

t.test('padding is dropped, and counts against the windows that are opened again', async t => {
  const server = await start(t)
  server.handler.bodyBytesMax = 100 * 1024 * 1024
  const wide = [
    rawPreface,
    rawFrame(settings, 0, 0, setting(4, 0x7fffffff)),
    rawFrame(windowUpdate, 0, 0, uint32(1 << 30)),
  ]
  const peer = await connect(t, server, Buffer.concat(wide))
  const granted = (await peer.frame(settings)).payload
  t.ok(granted.length > 0)
  peer.send(rawFrame(headers, endHeaders, 1, rawPost))
  const padded = Buffer.concat([Buffer.of(200), Buffer.alloc(200_000)])
  peer.send(
    times(8, () => rawFrame(data, 8, 1, padded)),
    rawFrame(data, endStream, 1),
  )
  while (!peer.frames.some(each => each.type === data && (each.flags & endStream) !== 0)) {
    await new Promise(resolve => setImmediate(resolve))
  }
  t.equal(Buffer.concat(peer.frames.filter(each => each.type === data).map(each => each.payload)).length, 8 * 199_800)
})

t.test('a bad preface is not answered as if it were one', async t => {
  const server = await start(t, { http1: false })
  const peer = await connect(t, server, Buffer.from('PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n'))
  t.equal(await peer.goaway(), protocolError)
  await server.closedCount(1)
  t.same(server.closed, ['wrong_protocol'])
})
