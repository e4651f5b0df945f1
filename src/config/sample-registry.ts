import type { ComponentRegistry, SignalName } from './agent-config.ts'
import {
  any,
  bool,
  type ConfigDeclaration,
  defineConfig,
  float,
  list,
  map,
  opaque,
  optional,
  section,
  string,
  uint,
} from './declare.ts'
import { type LoadedConfig, type LoadRequest, loadConfig } from './load.ts'
import { queueShape, timeoutShape } from './sections/exporter-queue.ts'
import { grpcClientShape, grpcServerShape } from './sections/grpc.ts'
import { httpServerShape } from './sections/http.ts'
import type { SourceIo } from './source-reader.ts'

/** A small set of components for the tests of this folder: layer 1 cannot see the real ones. */
const all: readonly SignalName[] = ['traces', 'metrics', 'logs']
const common = { stability: 'stable', summary: 'A sample.' }

const otlpProtocols = defineConfig({
  grpc: optional('grpc', defineConfig(grpcServerShape('localhost:4317')), 'gRPC.'),
  http: optional('http', defineConfig(httpServerShape('localhost:4318')), 'HTTP.'),
})

const otlpReceiver = defineConfig(
  { protocols: section('protocols', otlpProtocols, 'Protocols.') },
  (config, problems) => {
    if (config.protocols.grpc !== undefined || config.protocols.http !== undefined) return
    problems.error(['protocols'], 'must name at least one protocol', 'write protocols: {grpc:, http:}')
  },
)

const batch = defineConfig({
  timeoutMs: { ...timeoutShape('200ms').timeoutMs },
  sendBatchSize: uint('send_batch_size', 8192, 'Items.'),
})

const values = defineConfig({
  text: string('text', ''),
  number: uint('number', 7),
  ratio: float('ratio', 0.5),
  flag: bool('flag', true),
  token: opaque('token', ''),
  anything: any('any'),
  names: list('names', string('', ''), ['default']),
  pairs: map('pairs', string('', ''), { a: '1' }),
  nested: optional('nested', defineConfig({ size: uint('size', 4) })),
})

export const sampleRegistry: ComponentRegistry = [
  { ...common, kind: 'receiver', type: 'otlp', signals: all, config: otlpReceiver as ConfigDeclaration<unknown> },
  {
    ...common,
    kind: 'receiver',
    type: 'zipkin',
    signals: ['traces'],
    config: defineConfig(httpServerShape('localhost:9411')) as ConfigDeclaration<unknown>,
  },
  { ...common, kind: 'receiver', type: 'values', signals: all, config: values as ConfigDeclaration<unknown> },
  { ...common, kind: 'processor', type: 'batch', signals: all, config: batch as ConfigDeclaration<unknown> },
  {
    ...common,
    kind: 'processor',
    type: 'tail_sampling',
    signals: ['traces'],
    config: defineConfig({}) as ConfigDeclaration<unknown>,
  },
  {
    ...common,
    kind: 'exporter',
    type: 'debug',
    signals: all,
    config: defineConfig({ verbosity: string('verbosity', 'basic') }) as ConfigDeclaration<unknown>,
  },
  {
    ...common,
    kind: 'exporter',
    type: 'otlp_grpc',
    aliases: ['otlp'],
    signals: all,
    config: defineConfig({ ...grpcClientShape(), ...timeoutShape(), ...queueShape() }) as ConfigDeclaration<unknown>,
  },
  {
    ...common,
    kind: 'connector',
    type: 'forward',
    routes: all.map(signal => [signal, signal] as const),
    config: defineConfig({}) as ConfigDeclaration<unknown>,
  },
  {
    ...common,
    kind: 'connector',
    type: 'count',
    routes: all.map(signal => [signal, 'metrics'] as const),
    config: defineConfig({}) as ConfigDeclaration<unknown>,
  },
  {
    ...common,
    kind: 'extension',
    type: 'file_storage',
    config: defineConfig({ directory: string('directory', '/tmp') }) as ConfigDeclaration<unknown>,
  },
]

export interface SampleWorld {
  readonly files?: Readonly<Record<string, string>>
  readonly env?: Readonly<Record<string, string>>
}

function sampleIo(world: SampleWorld): SourceIo {
  const text = (path: string) => {
    const found = world.files?.[path]
    if (found === undefined) throw Object.assign(new Error('none'), { code: 'ENOENT' })
    return found
  }
  return {
    env: world.env ?? {},
    readFile: async path => text(path),
    async listDirectory(path) {
      const inside = Object.keys(world.files ?? {}).filter(file => file.startsWith(`${path}/`))
      return inside.length === 0 ? undefined : inside.map(file => file.slice(path.length + 1)).sort()
    },
    fetchText: async url => text(url),
  }
}

/** Loads `sluice.yaml` of a made-up world with the sample components. */
export function loadSample(
  yamlText: string,
  world: SampleWorld = {},
  more: Partial<LoadRequest> = {},
): Promise<LoadedConfig> {
  const files = { 'sluice.yaml': yamlText, ...world.files }
  const io = sampleIo({ ...world, files })
  return loadConfig({ configs: ['sluice.yaml'], registry: sampleRegistry, env: io.env, io, ...more })
}

/** Around one section of the `values` receiver: the rest of a file that runs. */
export function valuesFile(section: string): string {
  const body = section
    .split('\n')
    .map(line => `    ${line}`)
    .join('\n')
  return `receivers:\n  values:\n${body}\nexporters: {debug: }\nservice: {pipelines: {traces: {receivers: [values], exporters: [debug]}}}\n`
}
