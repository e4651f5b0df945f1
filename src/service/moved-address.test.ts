import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { components } from '../components.ts'
import { agentRun, freePorts } from '../testkit/agent-run.ts'

const otlp = (grpc: number, http: number) =>
  `otlp: {protocols: {grpc: {endpoint: "127.0.0.1:${grpc}"}, http: {endpoint: "127.0.0.1:${http}"}}}`
const zipkin = (port: number) => `zipkin: {endpoint: "127.0.0.1:${port}"}`
const jaeger = (port: number) => `jaeger: {protocols: {thrift_http: {endpoint: "127.0.0.1:${port}"}}}`
const udp = (port: number) => `jaeger/udp: {protocols: {thrift_compact: {endpoint: "127.0.0.1:${port}"}}}`

async function setUp(t: Test, receivers: readonly string[]) {
  const folder = t.testdir()
  const file = join(folder, 'sluice.yaml')
  const write = (receivers: readonly string[]) =>
    writeFileSync(
      file,
      `receivers: {${receivers.join(', ')}}
exporters: {nop: }
service:
  telemetry: {logs: {level: error, output_paths: ["${join(folder, 'log')}"]}, metrics: {level: none}}
  pipelines: {traces: {receivers: [${receivers.map(receiver => receiver.split(':')[0]).join(', ')}], exporters: [nop]}}
`,
    )
  write(receivers)
  const run = agentRun(components, [file])
  t.teardown(() => run.shutdown())
  await run.start()
  return {
    run,
    /** Puts other receivers in force; resolves with where they listen. */
    async change(...receivers: string[]) {
      write(receivers)
      await run.reload('test')
      return run.listening()
    },
  }
}

t.test('a reload may give the address of one receiver to another', async t => {
  const [a = 0, b = 0, c = 0] = await freePorts(3)
  const { change } = await setUp(t, [otlp(a, b), zipkin(c)])
  t.same(await change(otlp(c, b)), [`OTLP/gRPC 127.0.0.1:${c}`, `OTLP/HTTP 127.0.0.1:${b}`], 'of one that goes')
  t.same(await change(otlp(b, c)), [`OTLP/gRPC 127.0.0.1:${b}`, `OTLP/HTTP 127.0.0.1:${c}`], 'within one')
  t.same(
    await change(zipkin(b), jaeger(c)),
    [`Zipkin HTTP 127.0.0.1:${b}`, `Jaeger thrift_http 127.0.0.1:${c}`],
    'to other components',
  )
  t.same(
    await change(zipkin(c), jaeger(b)),
    [`Zipkin HTTP 127.0.0.1:${c}`, `Jaeger thrift_http 127.0.0.1:${b}`],
    'in exchange',
  )
  t.same(await change(zipkin(c), udp(a)), [`Zipkin HTTP 127.0.0.1:${c}`, `Jaeger thrift_compact 127.0.0.1:${a}`])
})

t.test('an address that somebody else holds leaves all as it was, and the error names the receiver', async t => {
  const [a = 0, b = 0, c = 0] = await freePorts(3)
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  t.teardown(() => void other.close())
  const { port: taken } = other.address() as { port: number }
  const { run, change } = await setUp(t, [otlp(a, b), zipkin(c)])
  const before = run.listening()
  const text = `cannot listen on 127.0.0.1:${taken}: the address is in use by another process`
  await t.rejects(change(otlp(taken, b), zipkin(a)), { message: `cannot change receiver "otlp": ${text}` })
  t.same(run.listening(), before)
  await t.rejects(change(jaeger(taken)), { message: `cannot start receiver "jaeger": ${text}` })
  t.same(run.listening(), before)
  for (const port of [b, c])
    t.equal((await fetch(`http://127.0.0.1:${port}/`, { method: 'DELETE' })).ok, false, 'serves')
})
