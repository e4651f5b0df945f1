import { acceptedAtOnce } from '../../component/consumer.ts'
import { BatchMemory } from '../../pdata/batch-memory.ts'
import { fullSuccessJson, fullSuccessProtobuf } from '../../pdata/export-response.ts'
import type { Signal } from '../../pdata/otlp-batch.ts'
import { encodeStatusJson, encodeStatusProtobuf } from '../../pdata/rpc-status.ts'
import { validatedBatch } from '../../pdata/validate.ts'
import type { HttpAnswer, HttpRoute } from '../../receiver-helper/http-routes.ts'
import type { Intake } from '../../receiver-helper/intake.ts'
import { plainRefusal } from '../../receiver-helper/plain-answers.ts'
import type { Refusal } from '../../receiver-helper/refusal.ts'
import { spareBytes } from '../../transport/inflate.ts'
import type { OtlpHttpConfig } from './config.ts'
import type { FindingsCounter } from './findings-counter.ts'

const protobufType = 'application/x-protobuf'
const jsonType = 'application/json'
const contentTypes = [protobufType, jsonType]

const protobufSuccess: HttpAnswer = answer(protobufType, fullSuccessProtobuf)
const jsonSuccess: HttpAnswer = answer(jsonType, fullSuccessJson)

function answer(type: string, body: Uint8Array): HttpAnswer {
  return { status: 200, headers: Object.freeze(['content-type', type]), body }
}

export function exportRoutes(
  config: OtlpHttpConfig,
  intake: Intake,
  findings: FindingsCounter,
): ReadonlyMap<string, HttpRoute> {
  const paths: readonly (readonly [string, Signal])[] = [
    [config.tracesUrlPath, 'traces'],
    [config.metricsUrlPath, 'metrics'],
    [config.logsUrlPath, 'logs'],
    ['/v1development/profiles', 'profiles'],
  ]
  return new Map(
    paths.map(([path, signal]) => [path.startsWith('/') ? path : `/${path}`, exportRoute(signal, intake, findings)]),
  )
}

function exportRoute(signal: Signal, intake: Intake, findings: FindingsCounter): HttpRoute {
  return {
    // Profiles are opaque: nobody here can turn their JSON into protobuf.
    contentTypes: signal === 'profiles' ? [protobufType] : contentTypes,
    methods: ['POST'],
    isServed: () => intake.takes(signal),
    take(body, request) {
      const isJson = request.contentType === jsonType
      const bytes = isJson ? findings.read(signal, body) : body
      // JSON is twice the size of what is made of it, and nobody needs it any more.
      if (isJson) BatchMemory.of(body, spareBytes)?.release(body)
      const memory = BatchMemory.of(bytes, spareBytes)
      const taken = intake.take(validatedBatch(signal, bytes, request.metadata, memory))
      const success = isJson ? jsonSuccess : protobufSuccess
      return taken === acceptedAtOnce ? success : taken.then(() => success)
    },
    refusal: encodeRefusal,
  }
}

/** OTLP: a refusal is a google.rpc.Status in the encoding of the request. Whoever sends neither encoding reads text. */
function encodeRefusal(refusal: Refusal, contentType: string): { type: string; body: Uint8Array } {
  const { grpcStatus: code, message, retryDelayMs, reason } = refusal
  if (contentType !== jsonType && contentType !== protobufType) return plainRefusal(refusal)
  const violations = reason === 'malformed' ? [{ field: '', description: message }] : undefined
  const status = { code, message, retryDelayMs, violations }
  return contentType === jsonType
    ? { type: jsonType, body: encodeStatusJson(status) }
    : { type: protobufType, body: encodeStatusProtobuf(status) }
}
