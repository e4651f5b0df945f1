import { systemClock } from '../clock/clock.ts'
import type { ComponentSettings } from '../component/component.ts'
import type { ConsumeError } from '../component/consumer.ts'
import { parseConfig } from '../config/parse-config.ts'
import type { OtlpBatch, Signal } from '../pdata/otlp-batch.ts'
import { otlpReceiverConfig } from '../receivers/otlp/config.ts'
import { OtlpReceiver } from '../receivers/otlp/otlp-receiver.ts'
import { componentSettings } from '../testkit/component-settings.ts'
import type { ClientResponse, GrpcResponse } from '../transport/client.ts'
import { createGrpcClient } from '../transport/grpc-client.ts'
import { createHttpClient } from '../transport/http-client.ts'
import { WireWriter } from '../wire/wire-writer.ts'

/** Both servers on ports that the system chooses. */
export const bothProtocols = 'protocols: {grpc: {endpoint: "127.0.0.1:0"}, http: {endpoint: "127.0.0.1:0"}}'

/** A traces request of `count` spans with a name each. */
export function spans(count: number, name = 'span'): Buffer {
  const writer = new WireWriter()
  const group = writer.open(1)
  const scope = writer.open(2)
  for (let i = 0; i < count; i++) {
    const span = writer.open(2)
    writer.stringField(5, name)
    writer.close(span)
  }
  writer.close(scope)
  writer.close(group)
  return Buffer.from(writer.finish())
}

/** A running receiver, what it passed on, and clients for it. */
export interface ReceiverRun {
  readonly receiver: OtlpReceiver
  readonly batches: OtlpBatch[]
  readonly settings: ReturnType<typeof componentSettings>
  refuse: ConsumeError | undefined
  signals: Signal[]
  post(path: string, body: Uint8Array, headers?: string[]): Promise<ClientResponse>
  call(
    body: Uint8Array,
    overrides?: { path?: string; headers?: string[]; compression?: 'gzip' | 'zstd' },
  ): Promise<GrpcResponse>
}

/** Starts a receiver whose pipelines take everything, until `refuse` is set or a signal is taken out of `signals`. */
export async function startReceiver(
  t: { teardown(action: () => Promise<void>): void },
  yaml = bothProtocols,
  overrides: Partial<ComponentSettings> = {},
): Promise<ReceiverRun> {
  const settings = componentSettings('otlp', overrides as object)
  const batches: OtlpBatch[] = []
  const consumer = {
    async consume(batch: OtlpBatch) {
      if (world.refuse !== undefined) throw world.refuse
      batches.push(batch)
    },
  }
  const receiver = new OtlpReceiver(parseConfig(otlpReceiverConfig, yaml), settings, {
    get: signal => (world.signals.includes(signal) ? consumer : undefined),
  })
  await receiver.start()
  const clients: { shutdown(): Promise<void> }[] = []
  t.teardown(async () => {
    for (const client of clients) await client.shutdown()
    await receiver.shutdown({ atMs: settings.clock.nowMs() })
  })
  const common = { headers: [], connectTimeoutMs: 1000, responseBytesMax: 65_536, clock: systemClock }
  const world: ReceiverRun = {
    receiver,
    batches,
    settings,
    refuse: undefined,
    signals: ['traces', 'metrics', 'logs', 'profiles'],
    post(path, body, headers = ['content-type', 'application/x-protobuf']) {
      const endpoint = new URL(`http://127.0.0.1:${receiver.port('http')}`)
      const client = createHttpClient({ ...common, endpoint, connectionsMax: 1, idleTimeoutMs: 1000 })
      clients.push(client)
      return client.send({ path, headers, parts: [body], timeoutMs: 3000 })
    },
    call(body, { path = tracesPath, headers = [], compression } = {}) {
      const client = createGrpcClient({
        ...common,
        target: `127.0.0.1:${receiver.port('grpc')}`,
        userAgent: 'test',
        compression: compression ?? 'identity',
        pingIntervalMs: 0,
        pingTimeoutMs: 0,
        pingWithoutCalls: false,
      })
      clients.push(client)
      return client.send({ path, headers, parts: [body], timeoutMs: 3000 })
    },
  }
  return world
}

export const tracesPath = '/opentelemetry.proto.collector.trace.v1.TraceService/Export'
export const protobuf = ['content-type', 'application/x-protobuf']
export const json = ['content-type', 'application/json']
