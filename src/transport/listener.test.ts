import { linkSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { startServer } from '../testkit/test-server.ts'
import { SocketServer } from './socket-server.ts'

const create = (settings: ConstructorParameters<typeof SocketServer>[0]) => new SocketServer(settings)

/** A folder with a short name: a socket's path has 107 bytes at most. */
function folder(t: Test): string {
  const path = mkdtempSync(join(tmpdir(), 'sluice-'))
  t.teardown(() => rmSync(path, { recursive: true }))
  return path
}

async function listenOn(path: string): Promise<net.Server> {
  const server = net.createServer()
  await new Promise<void>(resolve => server.listen(path, resolve))
  return server
}

t.test('a socket that a killed process left behind is taken over', async t => {
  const dir = folder(t)
  const left = join(dir, 'otlp.sock')
  const first = await listenOn(join(dir, 'first.sock'))
  linkSync(join(dir, 'first.sock'), left)
  await new Promise(resolve => first.close(resolve))
  const { server } = await startServer(t, create, { listen: { path: left } })
  t.equal(server.address, left)
})

t.test('a socket where somebody listens is left to them', async t => {
  const path = join(folder(t), 'otlp.sock')
  const other = await listenOn(path)
  t.teardown(() => other.close())
  await t.rejects(startServer(t, create, { listen: { path } }), { code: 'EADDRINUSE' })
})

t.test('a file that is no socket stays as it is', async t => {
  const path = join(folder(t), 'otlp.sock')
  writeFileSync(path, 'precious')
  await t.rejects(startServer(t, create, { listen: { path } }), { code: 'EADDRINUSE' })
  t.equal(readFileSync(path, 'utf8'), 'precious')
})
