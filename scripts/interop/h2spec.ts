// The HTTP/2 conformance suite h2spec against our server, strict mode, in plain text and TLS on both kinds of port:
//
//   GOBIN=/some/folder go install github.com/summerwind/h2spec/cmd/h2spec@latest
//   node scripts/interop/h2spec.ts /some/folder/h2spec
import { execFile } from 'node:child_process'
import { systemClock } from '../../src/clock/clock.ts'
import { serverPair } from '../../src/testkit/certificates.ts'
import { createServer } from '../../src/transport/create-server.ts'
import { defaultKeepalive, defaultLimits } from '../../src/transport/limits.ts'
import type { ServerTls } from '../../src/transport/tls.ts'

const program = process.argv[2]
if (program === undefined) {
  console.error('h2spec: needs the path of the h2spec program')
  process.exit(2)
}
const pair = { cert: serverPair.cert, key: serverPair.key }
const encrypted: ServerTls = {
  current: () => pair,
  onChange: () => () => undefined,
  requiresClientCertificate: false,
}
for (const [name, http1, tls] of [
  ['HTTP/2 only', false, undefined],
  ['HTTP/1.1 and HTTP/2', true, undefined],
  ['HTTP/2 only, TLS', false, encrypted],
  ['HTTP/1.1 and HTTP/2, TLS', true, encrypted],
] as const) {
  const server = createServer({
    listen: { host: '127.0.0.1', port: 0 },
    http1,
    http2: true,
    tls,
    limits: defaultLimits,
    keepalive: defaultKeepalive,
    handler: {
      head: () => 1024 * 1024,
      admit: () => true,
      body: (exchange, bytes) => exchange.respond(200, [], Buffer.from(`${bytes.length} bytes`)),
      failed: () => undefined,
    },
    clock: systemClock,
    events: { connectionOpened() {}, connectionClosed() {}, requestRefused() {} },
  })
  await server.start()
  const output = await new Promise<string>(resolve => {
    const settings = ['-h', '127.0.0.1', '-p', `${server.port}`, '--strict', '-o', '2', ...(tls ? ['-t', '-k'] : [])]
    execFile(program, settings, (error, stdout) => {
      if (error !== null) process.exitCode = 1
      resolve(stdout)
    })
  })
  console.log(`${name}: ${output.trim().split('\n').at(-1)}`)
  if (process.exitCode === 1) console.log(output.slice(output.indexOf('Failures:')))
  await server.shutdown(performance.now() + 100)
}
