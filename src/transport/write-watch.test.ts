import net from 'node:net'
import t from 'tap'
import { WriteWatch } from './write-watch.ts'

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise(resolve => setImmediate(resolve))
}

t.test('a write that goes on is none that stands still, though no part of it is done', async t => {
  let peer: net.Socket | undefined
  let readBytes = 0
  const server = net.createServer(socket => {
    peer = socket
    socket.on('data', bytes => (readBytes += bytes.length))
    socket.pause()
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const socket = net.connect((server.address() as net.AddressInfo).port, '127.0.0.1')
  t.teardown(() => {
    socket.destroy()
    peer?.destroy()
    server.close()
  })
  const watch = new WriteWatch()
  t.equal(watch.stalledMs(socket, 1000), 0, 'nothing waits')
  socket.write(Buffer.alloc(64 << 20))
  await until(() => peer !== undefined)
  const queued = () => (socket as unknown as { _handle: { writeQueueSize: number } })._handle.writeQueueSize
  // The kernel takes what it has room for, and then nothing.
  for (let same = 0, before = -1; same < 100; before = queued()) {
    same = queued() === before ? same + 1 : 0
    await new Promise(resolve => setImmediate(resolve))
  }
  watch.stalledMs(socket, 2000)
  t.equal(watch.stalledMs(socket, 5000), 3000)
  const before = queued()
  peer!.resume()
  await until(() => readBytes > 16 << 20)
  peer!.pause()
  t.ok(queued() < before && socket.writableLength === 64 << 20, 'it has gone on and is not done')
  t.equal(watch.stalledMs(socket, 6000), 0)
  peer!.resume()
  await until(() => socket.writableLength === 0)
  t.equal(watch.stalledMs(socket, 9000), 0)
})
