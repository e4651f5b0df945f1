import { createHash, X509Certificate } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import net from 'node:net'
import { join } from 'node:path'
import nodeTls from 'node:tls'
import t from 'tap'
import { systemClock } from '../clock/clock.ts'
import { parseConfig } from '../config/parse-config.ts'
import { tlsClientConfig, tlsServerConfig } from '../config/sections/tls.ts'
import {
  authority,
  clientPair,
  otherAuthority,
  server2Pair,
  serverPair,
  strangerPair,
} from '../testkit/certificates.ts'
import { ManualClock } from '../testkit/manual-clock.ts'
import { startServer } from '../testkit/test-server.ts'
import { createServer } from './create-server.ts'
import { createGrpcClient } from './grpc-client.ts'
import { createHttpClient } from './http-client.ts'
import { cipherList, loadClientTls, loadServerTls } from './tls-files.ts'

const create = createServer
const noProblem = () => undefined

const files = {
  'ca.pem': authority,
  'other.pem': otherAuthority,
  'server.pem': serverPair.cert,
  'server.key': serverPair.key,
  'client.pem': clientPair.cert,
  'client.key': clientPair.key,
  'stranger.pem': strangerPair.cert,
  'stranger.key': strangerPair.key,
}

function clientTls(folder: string, more = '') {
  return loadClientTls(parseConfig(tlsClientConfig, `{ca_file: "${folder}/ca.pem"${more}}`), systemClock, noProblem)
}

function clientsOf(t: Tap, port: number, tls: ReturnType<typeof clientTls>) {
  const common = { tls, headers: [], connectTimeoutMs: 2000, responseBytesMax: 65_536, clock: systemClock }
  const http = createHttpClient({
    ...common,
    endpoint: new URL(`https://localhost:${port}`),
    connectionsMax: 1,
    idleTimeoutMs: 1000,
  })
  const grpc = createGrpcClient({
    ...common,
    target: `localhost:${port}`,
    userAgent: 'test',
    compression: 'identity',
    pingIntervalMs: 0,
    pingTimeoutMs: 0,
    pingWithoutCalls: false,
  })
  t.teardown(async () => {
    await http.shutdown()
    await grpc.shutdown()
  })
  const request = { path: '/x', headers: [], parts: [Buffer.from('hello')], timeoutMs: 3000 }
  return { http: () => http.send(request), grpc: () => grpc.send(request) }
}
type Tap = { teardown(action: () => Promise<void>): void }

t.test('both protocols work over TLS on one port, chosen by ALPN', async t => {
  const folder = t.testdir(files)
  const tls = loadServerTls(
    parseConfig(tlsServerConfig, `{cert_file: "${folder}/server.pem", key_file: "${folder}/server.key"}`),
    systemClock,
    noProblem,
  )
  const { server, handler } = await startServer(t, create, { tls, listen: { host: 'localhost', port: 0 } })
  const clients = clientsOf(t, server.port, clientTls(folder))
  t.equal((await clients.http()).status, 200)
  t.equal((await clients.grpc()).status, 0)
  t.same(handler.heads, ['http/1.1 POST /x', 'h2 POST /x'])
})

t.test('a server whose authority is not trusted is no backend, unless the check is turned off', async t => {
  const folder = t.testdir(files)
  const tls = loadServerTls(
    parseConfig(tlsServerConfig, `{cert_file: "${folder}/server.pem", key_file: "${folder}/server.key"}`),
    systemClock,
    noProblem,
  )
  const { server, closed, closedCount } = await startServer(t, create, {
    tls,
    listen: { host: 'localhost', port: 0 },
  })
  const strict = loadClientTls(parseConfig(tlsClientConfig, `{ca_file: "${folder}/other.pem"}`), systemClock, noProblem)
  const suspicious = clientsOf(t, server.port, strict)
  await t.rejects(suspicious.http(), { kind: 'connect' } as never)
  await t.rejects(suspicious.grpc(), { kind: 'connect' } as never)
  await closedCount(2)
  t.notOk(closed.includes('shutdown'))
  const lax = loadClientTls(
    parseConfig(tlsClientConfig, `{ca_file: "${folder}/other.pem", insecure_skip_verify: true}`),
    systemClock,
    noProblem,
  )
  t.equal((await clientsOf(t, server.port, lax).grpc()).status, 0)
  const named = clientsOf(t, server.port, clientTls(folder, ', server_name_override: elsewhere'))
  await t.rejects(named.grpc(), { kind: 'connect' } as never, 'the name must be in the certificate')
})

t.test('mutual TLS lets in only whom the authority signed, and never resumes a session', async t => {
  const folder = t.testdir(files)
  const yaml = `{cert_file: "${folder}/server.pem", key_file: "${folder}/server.key", client_ca_file: "${folder}/ca.pem"}`
  const tls = loadServerTls(parseConfig(tlsServerConfig, yaml), systemClock, noProblem)
  const { server, handler } = await startServer(t, create, { tls, listen: { host: 'localhost', port: 0 } })
  const pair = (name: string) => `, cert_file: "${folder}/${name}.pem", key_file: "${folder}/${name}.key"`
  const known = clientsOf(t, server.port, clientTls(folder, pair('client')))
  t.equal((await known.http()).status, 200)
  t.equal((await known.grpc()).status, 0)
  for (const more of ['', pair('stranger')]) {
    const unknown = clientsOf(t, server.port, clientTls(folder, more))
    await t.rejects(unknown.http())
    await t.rejects(unknown.grpc())
  }
  t.equal(handler.heads.length, 2, 'no request of a stranger reached the handler')
  const session = await new Promise<Buffer | undefined>(resolve => {
    const socket = nodeTls.connect({
      ...{ host: 'localhost', port: server.port, ca: authority, ...clientPair, ALPNProtocols: ['http/1.1'] },
    })
    let received: Buffer | undefined
    socket.on('session', bytes => {
      received = bytes
    })
    socket.on('data', () => socket.end())
    socket.on('close', () => resolve(received))
    socket.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n')
  })
  const resumed = await new Promise<boolean>(resolve => {
    const again = nodeTls.connect({
      ...{ host: 'localhost', port: server.port, ca: authority, ...clientPair, ALPNProtocols: ['http/1.1'] },
      ...(session === undefined ? {} : { session }),
    })
    again.on('secureConnect', () => {
      resolve(again.isSessionReused())
      again.destroy()
    })
  })
  t.equal(resumed, false)
})

t.test('a changed pair is used for new connections, and a broken one never', async t => {
  const folder = t.testdir(files)
  const clock = new ManualClock()
  const problems: string[] = []
  const yaml = `{cert_file: "${folder}/server.pem", key_file: "${folder}/server.key", reload_interval: 10s}`
  const tls = loadServerTls(parseConfig(tlsServerConfig, yaml), clock, message => problems.push(message))
  t.teardown(() => tls.stop())
  const { server } = await startServer(t, create, { tls })
  const fingerprint = () =>
    new Promise<string>(resolve => {
      const socket = nodeTls.connect({ host: '127.0.0.1', port: server.port, ca: authority }, () => {
        resolve(createHash('sha256').update(socket.getPeerCertificate().raw).digest('hex'))
        socket.destroy()
      })
    })
  const hashOf = (pem: string) => createHash('sha256').update(new X509Certificate(pem).raw).digest('hex')
  t.equal(await fingerprint(), hashOf(serverPair.cert))
  writeFileSync(join(folder, 'server.pem'), server2Pair.cert)
  await clock.advance(10_000)
  await clock.advance(10_000)
  t.equal(await fingerprint(), hashOf(serverPair.cert), 'the key does not belong to the certificate yet')
  t.match(problems, [/does not parse/])
  t.equal(problems.length, 1, 'told once')
  writeFileSync(join(folder, 'server.key'), server2Pair.key)
  await clock.advance(10_000)
  t.equal(await fingerprint(), hashOf(server2Pair.cert))
  t.same(problems.slice(1), [''], 'and told when it is right again')
})

t.test('an HTTP client proves itself with the pair of the moment it connects', async t => {
  const folder = t.testdir({ ...files, 'own.pem': strangerPair.cert, 'own.key': strangerPair.key })
  const serverYaml = `{cert_file: "${folder}/server.pem", key_file: "${folder}/server.key", client_ca_file: "${folder}/ca.pem"}`
  const serverTls = loadServerTls(parseConfig(tlsServerConfig, serverYaml), systemClock, noProblem)
  const { server, handler } = await startServer(t, create, { tls: serverTls, listen: { host: 'localhost', port: 0 } })
  const clock = new ManualClock()
  const yaml = `{ca_file: "${folder}/ca.pem", cert_file: "${folder}/own.pem", key_file: "${folder}/own.key", reload_interval: 10s}`
  const tls = loadClientTls(parseConfig(tlsClientConfig, yaml), clock, noProblem)
  t.teardown(() => tls.stop())
  const client = clientsOf(t, server.port, tls)
  await t.rejects(client.http())
  writeFileSync(join(folder, 'own.pem'), clientPair.cert)
  writeFileSync(join(folder, 'own.key'), clientPair.key)
  await clock.advance(10_000)
  t.equal((await client.http()).status, 200)
  t.same(handler.heads, ['http/1.1 POST /x'])
})

t.test('files that are missing or broken at the start are named', async t => {
  const folder = t.testdir({ 'server.pem': serverPair.cert, 'server.key': 'no key' })
  const load = (key: string) =>
    loadServerTls(
      parseConfig(tlsServerConfig, `{cert_file: "${folder}/server.pem", key_file: "${folder}/${key}"}`),
      systemClock,
      noProblem,
    )
  t.throws(() => load('absent.key'), /key_file: cannot read .*absent\.key: ENOENT/)
  t.throws(() => load('server.key'), /does not parse/)
  const trusting = () =>
    loadClientTls(parseConfig(tlsClientConfig, `{ca_file: "${folder}/server.key"}`), systemClock, noProblem)
  t.throws(trusting, /ca_file .*server\.key holds no certificate in PEM/)
})

t.test('cipher suites are translated to names that OpenSSL knows', async t => {
  const names = [
    'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
    'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384',
    'TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256',
    'TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA',
    'TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256',
    'TLS_RSA_WITH_AES_128_GCM_SHA256',
    'TLS_RSA_WITH_AES_256_CBC_SHA',
    'TLS_AES_128_GCM_SHA256',
  ]
  const known = new Set(nodeTls.getCiphers().map(name => name.toUpperCase()))
  for (const name of cipherList(names).split(':')) t.ok(known.has(name.toUpperCase()), name)
  t.equal(cipherList(names).split(':').length, names.length)
})

t.test('a peer that never finishes its handshake does not hold shutdown up', async t => {
  const folder = t.testdir(files)
  const tls = loadServerTls(
    parseConfig(tlsServerConfig, `{cert_file: "${folder}/server.pem", key_file: "${folder}/server.key"}`),
    systemClock,
    noProblem,
  )
  const { server, closed } = await startServer(t, create, { tls })
  const socket = net.connect(server.port, '127.0.0.1')
  socket.on('error', () => undefined)
  while (server.connectionCount < 1) await new Promise(resolve => setImmediate(resolve))
  await server.shutdown(systemClock.nowMs() + 100)
  t.same(closed, ['shutdown'])
})
