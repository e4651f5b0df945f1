// The HTTP/2 conformance suite h2spec against our server, strict mode, in plain text on both kinds of port:
//
//   GOBIN=/some/folder go install github.com/summerwind/h2spec/cmd/h2spec@latest
//   node scripts/interop/h2spec.ts /some/folder/h2spec
import { execFile } from 'node:child_process'
import { systemClock } from '../../src/clock/clock.ts'
import { createServer } from '../../src/transport/create-server.ts'
import { defaultKeepalive, defaultLimits } from '../../src/transport/limits.ts'

const program = process.argv[2]
if (program === undefined) {
  console.error('h2spec: needs the path of the h2spec program')
  process.exit(2)
}
for (const http1 of [false, true]) {
  const server = createServer({
    listen: { host: '127.0.0.1', port: 0 },
    http1,
    http2: true,
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
    const settings = ['-h', '127.0.0.1', '-p', `${server.port}`, '--strict', '-o', '2']
    execFile(program, settings, (error, stdout) => {
      if (error !== null) process.exitCode = 1
      resolve(stdout)
    })
  })
  console.log(`${http1 ? 'HTTP/1.1 and HTTP/2' : 'HTTP/2 only'}: ${output.trim().split('\n').at(-1)}`)
  if (process.exitCode === 1) console.log(output.slice(output.indexOf('Failures:')))
  await server.shutdown(performance.now() + 100)
}
