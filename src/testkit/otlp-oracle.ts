import { fileURLToPath } from 'node:url'
import protobuf from 'protobufjs'
import type { Signal } from '../pdata/otlp-batch.ts'

const protoFolder = fileURLToPath(new URL('../../proto/', import.meta.url))

/** The request type of each signal, as protobufjs loads it from `proto/`: the independent decoder of all tests. */
export const requestTypes: Readonly<Record<Signal, protobuf.Type>> = load()

function load(): Record<Signal, protobuf.Type> {
  const root = new protobuf.Root()
  root.resolvePath = (_origin, target) => (target.startsWith('google/protobuf/') ? target : protoFolder + target)
  const services = {
    traces: ['trace/v1/trace_service', 'trace.v1.ExportTraceServiceRequest'],
    metrics: ['metrics/v1/metrics_service', 'metrics.v1.ExportMetricsServiceRequest'],
    logs: ['logs/v1/logs_service', 'logs.v1.ExportLogsServiceRequest'],
    profiles: ['profiles/v1development/profiles_service', 'profiles.v1development.ExportProfilesServiceRequest'],
  } as const
  root.loadSync(Object.values(services).map(([file]) => `opentelemetry/proto/collector/${file}.proto`))
  const types: Partial<Record<Signal, protobuf.Type>> = {}
  for (const [signal, [, name]] of Object.entries(services)) {
    types[signal as Signal] = root.lookupType(`opentelemetry.proto.collector.${name}`)
  }
  return types as Record<Signal, protobuf.Type>
}

/** A message as plain values that `t.same` can compare: bytes in hex, 64-bit numbers as text, defaults left out. */
export type Plain = { [name: string]: unknown }

/** What protobufjs reads from `bytes`, unknown fields included. */
export function decodePlain(signal: Signal, bytes: Uint8Array): Plain {
  const type = requestTypes[signal]
  const reader = protobuf.Reader.create(bytes)
  reader.discardUnknown = false
  return plainMessage(type, type.decode(reader) as unknown as Plain)
}

/** Encodes a plain message; ids may be hex text or bytes. */
export function encodePlain(signal: Signal, message: Plain): Uint8Array {
  const type = requestTypes[signal]
  return type.encode(type.fromObject(message)).finish()
}

function plainMessage(type: protobuf.Type, message: Plain): Plain {
  const plain: Plain = {}
  for (const field of type.fieldsArray) {
    field.resolve()
    if (!Object.hasOwn(message, field.name)) continue
    const value = message[field.name]
    if (value === undefined || value === null) continue
    if (field.repeated) {
      const list = (value as unknown[]).map(item => plainValue(field, item))
      if (list.length > 0) plain[field.name] = list
      continue
    }
    const isPresent = field.partOf !== null || field.resolvedType instanceof protobuf.Type
    const text = plainValue(field, value)
    if (isPresent || !isDefault(text)) plain[field.name] = text
  }
  const unknowns = message['$unknowns'] as Uint8Array[] | undefined
  if (unknowns !== undefined && unknowns.length > 0) {
    plain['$unknowns'] = unknowns.map(bytes => Buffer.from(bytes).toString('hex')).sort()
  }
  return plain
}

function plainValue(field: protobuf.Field, value: unknown): unknown {
  if (field.resolvedType instanceof protobuf.Type) return plainMessage(field.resolvedType, value as Plain)
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
  if (typeof value === 'object' || typeof value === 'bigint') return String(value)
  if (typeof value === 'number' && /64$/.test(field.type)) return String(value)
  return Object.is(value, -0) ? '-0' : value
}

function isDefault(value: unknown): boolean {
  return value === 0 || value === '' || value === '0' || value === false
}
