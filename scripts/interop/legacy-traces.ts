// Jaeger and Zipkin with programs of other makers:
//   python exporters -> our receivers -> OTLP -> a recording sink;
//   OTLP -> our exporters -> a real Jaeger and a real Zipkin -> their query APIs.
//
//   node scripts/interop/legacy-traces.ts [--python PATH] [--python-jaeger PATH] [--jaeger PATH] [--zipkin JAR]
//
// --python needs opentelemetry-sdk, opentelemetry-exporter-zipkin-json and -zipkin-proto-http; --python-jaeger the last SDK
// with the Jaeger exporter: opentelemetry-sdk==1.21.0, opentelemetry-exporter-jaeger-thrift==1.21.0, deprecated, setuptools.
// Jaeger is built from github.com/jaegertracing/jaeger/cmd/jaeger (2.x), Zipkin is io.zipkin:zipkin-server, classifier
// exec. What is not given is left out, and said so.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { countItems } from '../../src/pdata/count.ts'
import { otlpToJson } from '../../src/pdata/otlp-to-json.ts'

const root = join(dirname(fileURLToPath(import.meta.url)), '../..')
const { values } = parseArgs({
  options: {
    python: { type: 'string' },
    'python-jaeger': { type: 'string' },
    jaeger: { type: 'string' },
    zipkin: { type: 'string' },
  },
})
const folder = mkdtempSync(join(tmpdir(), 'sluice-legacy-'))
const children: ChildProcess[] = []
const ports = {
  otlp: 28318,
  sink: 28320,
  jaegerGrpc: 28250,
  jaegerHttp: 28268,
  compact: 28831,
  binary: 28832,
  zipkin: 28411,
}
const backend = { grpc: 29250, http: 29268, compact: 29831, query: 29686, zipkin: 29411 }
let failures = 0

function check(isRight: boolean, what: string): void {
  console.log(`${isRight ? 'ok    ' : 'FAILED'} ${what}`)
  if (!isRight) failures++
}

/** Starts a program; its output is shown only if it ends too early. */
function start(command: string, args: string[], environment: Record<string, string> = {}): ChildProcess {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...environment } })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', chunk => {
      output = (output + chunk).slice(-4000)
    })
  }
  child.on('exit', code => {
    if (code !== null && code !== 0) console.log(`${command} ended with ${code}:\n${output}`)
  })
  children.push(child)
  return child
}

async function answers(url: string): Promise<void> {
  for (let i = 0; i < 300; i++) {
    try {
      if ((await fetch(url)).status < 500) return
    } catch {
      // Not up yet.
    }
    await sleep(200)
  }
  throw new Error(`${url} does not answer`)
}

async function until<T>(what: string, look: () => Promise<T | undefined>): Promise<T | undefined> {
  for (let i = 0; i < 100; i++) {
    const found = await look()
    if (found !== undefined) return found
    await sleep(100)
  }
  check(false, what)
  return undefined
}

async function agent(name: string, yaml: string): Promise<ChildProcess> {
  const file = join(folder, `${name}.yaml`)
  writeFileSync(file, yaml)
  const child = start(process.execPath, [join(root, 'src/main.ts'), '--config', file])
  return child
}

async function pythonClients(): Promise<void> {
  const texts: string[] = []
  let spanCount = 0
  const sink = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', chunk => chunks.push(chunk))
    request.on('end', () => {
      const bytes = Buffer.concat(chunks)
      spanCount += countItems('traces', bytes)
      texts.push(Buffer.from(otlpToJson('traces', bytes)).toString())
      response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end()
    })
  })
  await new Promise<void>(resolve => sink.listen(ports.sink, '127.0.0.1', resolve))
  const child = await agent(
    'receivers',
    `receivers:
  jaeger:
    protocols:
      thrift_http: {endpoint: "127.0.0.1:${ports.jaegerHttp}"}
      thrift_compact: {endpoint: "127.0.0.1:${ports.compact}"}
  zipkin: {endpoint: "127.0.0.1:${ports.zipkin}"}
exporters:
  otlp_http: {endpoint: "http://127.0.0.1:${ports.sink}", compression: none}
service:
  telemetry: {metrics: {level: none}}
  pipelines:
    traces: {receivers: [jaeger, zipkin], exporters: [otlp_http]}
`,
  )
  await answers(`http://127.0.0.1:${ports.zipkin}/`)
  for (const [kind, port] of [
    ['jaeger-udp', ports.compact],
    ['jaeger-http', ports.jaegerHttp],
    ['zipkin-json', ports.zipkin],
    ['zipkin-proto', ports.zipkin],
  ] as const) {
    const python = kind.startsWith('jaeger') ? values['python-jaeger'] : values.python
    if (python === undefined) {
      console.log(`left out: python ${kind}`)
      continue
    }
    const before = spanCount
    const script = join(root, 'scripts/interop/legacy_client.py')
    // SimpleSpanProcessor sends in the foreground: when the program ends, everything has been sent.
    const run = spawn(python, [script, kind, `127.0.0.1:${port}`], { stdio: ['ignore', 'inherit', 'inherit'] })
    await new Promise(resolve => run.on('exit', resolve))
    await until(`${kind}: three spans`, async () => (spanCount - before >= 3 ? true : undefined))
    const all = texts.filter(text => text.includes(`python-${kind}`)).join('\n')
    check(spanCount - before === 3, `python ${kind}: three spans arrive`)
    check(/"kind":2/.test(all) && /"kind":3/.test(all), `python ${kind}: kinds`)
    check(/"status":\{"message":"no","code":2\}/.test(all), `python ${kind}: status with its message`)
    check(all.includes('naïve 🎉') && all.includes('9007199254740993'), `python ${kind}: text and 64-bit integer`)
    // Python's Jaeger exporter writes the name of an event as the field `message`, which stays an attribute.
    const hasName = all.includes('"name":"retry"') || all.includes('"stringValue":"retry"')
    check(hasName && all.includes('"attempt"'), `python ${kind}: event with its attribute`)
    check(all.includes('"name":"library","version":"1.2.3"'), `python ${kind}: scope`)
    if (kind.startsWith('jaeger')) check(all.includes('"links":[{'), `python ${kind}: link`)
  }
  child.kill('SIGTERM')
  sink.close()
}

const traceId = '5b8efff798038103d269b633813fc60c'
const request = {
  resourceSpans: [
    {
      resource: { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] },
      scopeSpans: [
        {
          scope: { name: 'library', version: '1.2.3' },
          spans: ['eee19b7ec3c1b173', 'eee19b7ec3c1b174'].map((spanId, i) => ({
            traceId,
            spanId,
            ...(i === 1 ? { parentSpanId: 'eee19b7ec3c1b173' } : {}),
            name: i === 0 ? 'GET /cart' : 'SELECT',
            kind: i === 0 ? 2 : 3,
            startTimeUnixNano: String(BigInt(Date.now()) * 1_000_000n),
            endTimeUnixNano: String(BigInt(Date.now()) * 1_000_000n + 5_000_000n),
            attributes: [
              { key: 'big', value: { intValue: '9007199254740993' } },
              { key: 'text', value: { stringValue: 'naïve 🎉' } },
            ],
            events: [{ timeUnixNano: String(BigInt(Date.now()) * 1_000_000n), name: 'retry' }],
            status: i === 0 ? { code: 2, message: 'no' } : {},
          })),
        },
      ],
    },
  ],
}

/** Sends the request through an agent with that exporter. */
async function through(name: string, exporter: string): Promise<void> {
  const child = await agent(
    name,
    `receivers:
  otlp: {protocols: {http: {endpoint: "127.0.0.1:${ports.otlp}"}}}
exporters:
${exporter}
service:
  telemetry: {metrics: {level: none}}
  pipelines:
    traces: {receivers: [otlp], exporters: [${exporter.trim().split(':')[0]}]}
`,
  )
  const url = `http://127.0.0.1:${ports.otlp}/v1/traces`
  await answers(url)
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(request),
  })
  check(response.status === 200, `${name}: taken by the agent`)
  child.kill('SIGTERM')
  await new Promise(resolve => child.once('exit', resolve))
}

interface JaegerTrace {
  data: {
    spans: { operationName: string; references: unknown[]; logs: unknown[]; tags: { key: string; value: unknown }[] }[]
    processes: Record<string, { serviceName: string }>
  }[]
}

async function realJaeger(program: string): Promise<void> {
  for (const [name, exporter] of [
    ['jaeger over gRPC', `  jaeger: {endpoint: "127.0.0.1:${backend.grpc}", tls: {insecure: true}}`],
    ['jaeger over HTTP', `  jaeger: {thrift_http: {endpoint: "http://127.0.0.1:${backend.http}/api/traces"}}`],
    ['jaeger over UDP', `  jaeger: {thrift_compact: {endpoint: "127.0.0.1:${backend.compact}"}}`],
  ] as const) {
    const file = join(folder, 'jaeger.yaml')
    writeFileSync(file, jaegerConfig())
    const server = start(program, ['--config', file])
    const url = `http://127.0.0.1:${backend.query}/api/traces/${traceId}`
    await answers(`http://127.0.0.1:${backend.query}/api/services`)
    await through(name.replaceAll(' ', '-'), exporter)
    const trace = await until(`${name}: found in Jaeger`, async () => {
      const response = await fetch(url)
      const body = response.status === 200 ? ((await response.json()) as JaegerTrace) : undefined
      return body !== undefined && (body.data[0]?.spans.length ?? 0) === 2 ? body : undefined
    })
    const [found] = trace?.data ?? []
    const text = JSON.stringify(found)
    check(found?.spans.length === 2, `${name}: Jaeger has both spans`)
    check(Object.values(found?.processes ?? {})[0]?.serviceName === 'shop', `${name}: service name`)
    check(found?.spans.find(span => span.operationName === 'SELECT')?.references.length === 1, `${name}: parent`)
    check(found?.spans.every(span => span.logs.length === 1) === true, `${name}: events`)
    check(
      /"span.kind","type":"string","value":"server"/.test(text) && /"error","type":"bool","value":true/.test(text),
      `${name}: kind, error`,
    )
    check(
      text.includes('9007199254740993') || text.includes('9007199254740992'),
      `${name}: 64-bit integer (its JSON rounds)`,
    )
    check(text.includes('naïve 🎉'), `${name}: text`)
    server.kill('SIGTERM')
    await new Promise(resolve => server.once('exit', resolve))
  }
}

function jaegerConfig(): string {
  return `service:
  extensions: [jaeger_storage, jaeger_query]
  telemetry: {metrics: {level: none}}
  pipelines:
    traces: {receivers: [jaeger], processors: [], exporters: [jaeger_storage_exporter]}
extensions:
  jaeger_query:
    storage: {traces: memory}
    http: {endpoint: "127.0.0.1:${backend.query}"}
    grpc: {endpoint: "127.0.0.1:${backend.query - 1}"}
  jaeger_storage:
    backends: {memory: {memory: {max_traces: 1000}}}
receivers:
  jaeger:
    protocols:
      grpc: {endpoint: "127.0.0.1:${backend.grpc}"}
      thrift_http: {endpoint: "127.0.0.1:${backend.http}"}
      thrift_compact: {endpoint: "127.0.0.1:${backend.compact}"}
exporters:
  jaeger_storage_exporter: {trace_storage: memory}
`
}

async function realZipkin(jar: string): Promise<void> {
  const server = start('java', ['-Xmx256m', '-jar', jar], { QUERY_PORT: String(backend.zipkin), STORAGE_TYPE: 'mem' })
  await answers(`http://127.0.0.1:${backend.zipkin}/health`)
  for (const format of ['json', 'proto']) {
    const name = `zipkin in ${format}`
    await through(
      name.replaceAll(' ', '-'),
      `  zipkin: {endpoint: "http://127.0.0.1:${backend.zipkin}/api/v2/spans", format: ${format}}`,
    )
    const spans = await until(`${name}: found in Zipkin`, async () => {
      const response = await fetch(`http://127.0.0.1:${backend.zipkin}/api/v2/trace/${traceId}`)
      const found = response.status === 200 ? ((await response.json()) as Record<string, unknown>[]) : []
      return found.length >= 2 ? found : undefined
    })
    const text = JSON.stringify(spans)
    check(spans?.length === 2, `${name}: Zipkin has both spans`)
    check(/"serviceName":"shop"/.test(text) && /"kind":"SERVER"/.test(text), `${name}: service name and kind`)
    check(/"parentId":"eee19b7ec3c1b173"/.test(text), `${name}: parent`)
    check(/"error":"true"/.test(text) && /"otel.status_description":"no"/.test(text), `${name}: status`)
    check(/"big":"9007199254740993"/.test(text) && text.includes('naïve 🎉'), `${name}: 64-bit integer and text`)
    check(/"value":"retry"/.test(text), `${name}: annotation`)
  }
  server.kill('SIGTERM')
}

try {
  await pythonClients()
  if (values.jaeger !== undefined) await realJaeger(values.jaeger)
  else console.log('left out: a real Jaeger (--jaeger)')
  if (values.zipkin !== undefined) await realZipkin(values.zipkin)
  else console.log('left out: a real Zipkin (--zipkin)')
} finally {
  for (const child of children) child.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
}
if (failures > 0) {
  console.error(`${failures} checks failed`)
  process.exitCode = 1
}
