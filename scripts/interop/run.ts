/**
 * Real programs send to a running Sluice, and independent servers behind its exporters write down what comes out:
 *
 *     node scripts/interop/run.ts [js] [python] [go] [java]
 *
 * Every client sends 20 spans, 3 metric points and 5 log records over every protocol that its SDK has, with and without
 * gzip. A tap in front of Sluice and two sinks behind it (the official gRPC server; node:http) decode with protobufjs, and
 * every record must come out of both sinks as it went in. JSON is compared by number only, since protobufjs cannot read it.
 *
 * Needs on the machine, each for its own clients: python3 (makes a virtual environment), go, and java with mvn.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import type net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import * as grpc from '@grpc/grpc-js'
import protobuf from 'protobufjs'

const here = import.meta.dirname
const rootFolder = join(here, '../..')
const cacheFolder = join(tmpdir(), 'sluice-interop')
mkdirSync(cacheFolder, { recursive: true })

const signals = ['traces', 'metrics', 'logs'] as const
type Signal = (typeof signals)[number]
const services: Record<Signal, string> = {
  traces: 'opentelemetry.proto.collector.trace.v1.TraceService',
  metrics: 'opentelemetry.proto.collector.metrics.v1.MetricsService',
  logs: 'opentelemetry.proto.collector.logs.v1.LogsService',
}
const requests: Record<Signal, string> = {
  traces: 'opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest',
  metrics: 'opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest',
  logs: 'opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest',
}
const expected: Record<Signal, number> = { traces: 20, metrics: 3, logs: 5 }

const proto = new protobuf.Root()
proto.resolvePath = (_origin, target) => join(rootFolder, 'proto', target)
proto.loadSync(
  [...Object.values(services)].map(name => {
    const [, , , signal, version] = name.split('.')
    return `opentelemetry/proto/collector/${signal}/${version}/${signal}_service.proto`
  }),
)

/** Hashes of all records of a request, each with its resource and scope; sorted, they are comparable across batches. */
function recordsOf(signal: Signal, bytes: Uint8Array): string[] {
  const type = proto.lookupType(requests[signal])
  const found: string[] = []
  const request = type.toObject(type.decode(bytes), { longs: String, bytes: String }) as Record<string, unknown>
  const [groupKey, scopeKey, recordKey] = {
    traces: ['resourceSpans', 'scopeSpans', 'spans'],
    metrics: ['resourceMetrics', 'scopeMetrics', 'metrics'],
    logs: ['resourceLogs', 'scopeLogs', 'logRecords'],
  }[signal] as [string, string, string]
  for (const group of (request[groupKey] ?? []) as Record<string, unknown>[]) {
    for (const scope of (group[scopeKey] ?? []) as Record<string, unknown>[]) {
      for (const record of (scope[recordKey] ?? []) as unknown[]) {
        const text = JSON.stringify([group.resource, group.schemaUrl, scope.scope, scope.schemaUrl, record])
        found.push(createHash('sha256').update(text).digest('hex'))
      }
    }
  }
  return found
}

/** What one place has seen. */
class Seen {
  readonly records: Record<Signal, string[]> = { traces: [], metrics: [], logs: [] }
  add(signal: Signal, bytes: Uint8Array): void {
    this.records[signal].push(...recordsOf(signal, bytes))
  }
  clear(): void {
    for (const signal of signals) this.records[signal].length = 0
  }
  sorted(signal: Signal): string {
    return [...this.records[signal]].sort().join()
  }
}

const identity = (bytes: Buffer) => bytes
const success = Buffer.alloc(0)

/** The official gRPC server; `next` is where it passes calls on to. */
async function grpcPlace(seen: Seen, next?: () => grpc.Client): Promise<number> {
  const server = new grpc.Server({ 'grpc.max_receive_message_length': -1 })
  for (const signal of signals) {
    const path = `/${services[signal]}/Export`
    const definition = {
      path,
      requestStream: false,
      responseStream: false,
      requestSerialize: identity,
      requestDeserialize: identity,
      responseSerialize: identity,
      responseDeserialize: identity,
    }
    const handle: grpc.handleUnaryCall<Buffer, Buffer> = (call, done) => {
      seen.add(signal, call.request)
      if (next === undefined) done(null, success)
      else next().makeUnaryRequest(path, identity, identity, call.request, (error, answer) => done(error, answer))
    }
    server.addService({ Export: definition }, { Export: handle })
  }
  return await new Promise((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, port) =>
      error === null ? resolve(port) : reject(error),
    )
  })
}

let jsonItems = 0

async function httpPlace(seen: Seen, next?: () => number): Promise<number> {
  const server = http.createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const raw = Buffer.concat(chunks)
    const signal = request.url?.replace('/v1/', '') as Signal
    const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw
    if (request.headers['content-type'] === 'application/json') jsonItems++
    else seen.add(signal, body)
    if (next === undefined) {
      response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end()
      return
    }
    const { host, connection, ...headers } = request.headers
    const forward = http.request({ port: next(), path: request.url, method: 'POST', headers }, answer => {
      response.writeHead(answer.statusCode ?? 500, answer.headers)
      answer.pipe(response)
    })
    forward.end(raw)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as net.AddressInfo).port
}

interface Client {
  readonly name: string
  readonly protocols: readonly string[]
  /** Makes what is needed; false where the machine has no such tools. */
  prepare(): boolean
  command(endpoint: string, protocol: string, compression: string): [string, string[]][]
}

const has = (tool: string) => {
  try {
    execFileSync('sh', ['-c', `command -v ${tool}`], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
const run = (file: string, args: string[], options: object = {}) =>
  execFileSync('nice', [file, ...args], { stdio: ['ignore', 'ignore', 'inherit'], ...options })

const venv = join(cacheFolder, 'python')
const goBin = join(cacheFolder, 'go')
const classPathFile = join(cacheFolder, 'classpath')

const clients: Client[] = [
  {
    name: 'js',
    protocols: ['grpc', 'http/protobuf', 'http/json'],
    prepare: () => true,
    command: (...args) => [[process.execPath, [join(here, 'js-client.ts'), ...args]]],
  },
  {
    name: 'python',
    protocols: ['grpc', 'http/protobuf'],
    prepare() {
      if (!has('python3')) return false
      if (existsSync(join(venv, 'ready'))) return true
      run('python3', ['-m', 'venv', venv])
      run(join(venv, 'bin/pip'), ['install', '-q', 'opentelemetry-sdk', 'opentelemetry-exporter-otlp'])
      writeFileSync(join(venv, 'ready'), '')
      return true
    },
    command: (...args) => [[join(venv, 'bin/python'), [join(here, 'python_client.py'), ...args]]],
  },
  {
    name: 'go',
    protocols: ['grpc', 'http/protobuf'],
    prepare() {
      if (!has('go')) return false
      const module = 'github.com/open-telemetry/opentelemetry-collector-contrib/cmd/telemetrygen@v0.155.0'
      if (!existsSync(join(goBin, 'telemetrygen'))) {
        run('go', ['install', module], { env: { ...process.env, GOBIN: goBin }, cwd: cacheFolder })
      }
      return true
    },
    // telemetrygen cannot compress; it makes two spans for each trace.
    command(endpoint, protocol, compression) {
      if (compression !== 'none') return []
      const common = ['--otlp-insecure', '--otlp-endpoint', new URL(endpoint).host, '--rate', '0']
      if (protocol !== 'grpc') common.push('--otlp-http')
      return [
        ['traces', '--traces', '10'],
        ['metrics', '--metrics', '3'],
        ['logs', '--logs', '5'],
      ].map(args => [join(goBin, 'telemetrygen'), [...args, ...common]])
    },
  },
  {
    name: 'java',
    protocols: ['grpc', 'http/protobuf'],
    prepare() {
      if (!has('mvn') || !has('java')) return false
      if (existsSync(classPathFile)) return true
      const target = `-DbuildDirectory=${join(cacheFolder, 'java')}`
      run('mvn', ['-q', '-B', target, 'compile', 'dependency:build-classpath', `-Dmdep.outputFile=${classPathFile}`], {
        cwd: join(here, 'java'),
      })
      return true
    },
    command: (...args) => [
      ['java', ['-cp', `${join(cacheFolder, 'java/classes')}:${classPath()}`, 'interop.Main', ...args]],
    ],
  },
]

function classPath(): string {
  return execFileSync('cat', [classPathFile], { encoding: 'utf8' }).trim()
}

async function startSluice(
  grpcSink: number,
  httpSink: number,
): Promise<{ child: ChildProcess; ports: [number, number] }> {
  const file = join(mkdtempSync(join(tmpdir(), 'sluice-interop-')), 'config.yaml')
  const pipeline = '{receivers: [otlp], exporters: [otlp_grpc, otlp_http]}'
  writeFileSync(
    file,
    `receivers: {otlp: {protocols: {grpc: {endpoint: "127.0.0.1:0"}, http: {endpoint: "127.0.0.1:0"}}}}
exporters:
  otlp_grpc: {endpoint: "127.0.0.1:${grpcSink}", tls: {insecure: true}}
  otlp_http: {endpoint: "http://127.0.0.1:${httpSink}"}
service:
  telemetry: {metrics: {level: none}}
  pipelines: {traces: ${pipeline}, metrics: ${pipeline}, logs: ${pipeline}}
`,
  )
  const child = spawn(process.execPath, [join(rootFolder, 'src/main.ts'), '--config', file])
  let output = ''
  const ports = await new Promise<[number, number]>((resolve, reject) => {
    const read = (chunk: Buffer) => {
      output += chunk
      const found = /OTLP\/gRPC 127\.0\.0\.1:(\d+), OTLP\/HTTP 127\.0\.0\.1:(\d+)/.exec(output)
      if (found !== null) resolve([Number(found[1]), Number(found[2])])
    }
    child.stdout.on('data', read)
    child.stderr.on('data', read)
    child.once('exit', code => reject(new Error(`sluice exited with ${code}:\n${output}`)))
  })
  child.stdout.on('data', chunk => process.stdout.write(onlyAccounts(chunk)))
  child.stderr.on('data', chunk => process.stdout.write(onlyAccounts(chunk)))
  return { child, ports }
}

/** The last lines of account, and whatever went wrong. */
function onlyAccounts(chunk: Buffer): string {
  const lines = String(chunk).split('\n')
  const kept = lines.filter(line => / received |\twarn\t|\terror\t/.test(line))
  return kept.length === 0 ? '' : `${kept.join('\n')}\n`
}

function runClient(file: string, args: string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { stdio: ['ignore', 'ignore', 'pipe'] })
    let errors = ''
    child.stderr.on('data', chunk => {
      errors += chunk
    })
    child.once('exit', code => (code === 0 ? resolve() : reject(new Error(`${file} exited with ${code}: ${errors}`))))
  })
}

const tap = new Seen()
const sinks = { otlp_grpc: new Seen(), otlp_http: new Seen() }
const wanted = process.argv.slice(2)
const { child, ports } = await startSluice(await grpcPlace(sinks.otlp_grpc), await httpPlace(sinks.otlp_http))
const toSluice = new grpc.Client(`127.0.0.1:${ports[0]}`, grpc.credentials.createInsecure())
const tapPorts = { grpc: await grpcPlace(tap, () => toSluice), http: await httpPlace(tap, () => ports[1]) }
let failures = 0

for (const client of clients) {
  if (wanted.length > 0 && !wanted.includes(client.name)) continue
  if (!client.prepare()) {
    console.log(`${client.name.padEnd(7)} skipped: its tools are not on this machine`)
    continue
  }
  for (const protocol of client.protocols) {
    for (const compression of ['none', 'gzip']) {
      const endpoint = `http://127.0.0.1:${protocol === 'grpc' ? tapPorts.grpc : tapPorts.http}`
      const commands = client.command(endpoint, protocol, compression)
      if (commands.length === 0) continue
      for (const seen of [tap, ...Object.values(sinks)]) seen.clear()
      for (const [file, args] of commands) await runClient(file, args)
      failures += (await compare(client.name, protocol, compression)) ? 0 : 1
    }
  }
}

async function compare(client: string, protocol: string, compression: string): Promise<boolean> {
  const isComplete = () =>
    Object.values(sinks).every(seen => signals.every(signal => seen.records[signal].length >= expected[signal]))
  for (let waited = 0; waited < 5000 && !isComplete(); waited += 50)
    await new Promise(resolve => setTimeout(resolve, 50))
  const problems: string[] = []
  for (const [name, seen] of Object.entries(sinks)) {
    for (const signal of signals) {
      const count = seen.records[signal].length
      if (count !== expected[signal]) problems.push(`${name} got ${count} ${signal}, not ${expected[signal]}`)
      else if (protocol !== 'http/json' && seen.sorted(signal) !== tap.sorted(signal))
        problems.push(`${name}: ${signal} differ`)
    }
  }
  const good = `every record came out of both exporters${protocol === 'http/json' ? '' : ' as it went in'}`
  const verdict = problems.length === 0 ? good : problems.join('; ')
  console.log(`${client.padEnd(7)} ${protocol.padEnd(13)} ${compression.padEnd(5)} ${verdict}`)
  return problems.length === 0
}

if (wanted.length === 0 || wanted.includes('js')) console.log(`${jsonItems} requests were JSON`)
child.kill('SIGTERM')
await new Promise(resolve => child.once('close', resolve))
process.exit(failures === 0 ? 0 : 1)
