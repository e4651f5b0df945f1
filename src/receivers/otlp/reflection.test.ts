import * as grpc from '@grpc/grpc-js'
import protobuf from 'protobufjs'
import t, { type Test } from 'tap'
import { parseConfig } from '../../config/parse-config.ts'
import { componentSettings } from '../../testkit/component-settings.ts'
import { otlpReceiverConfig } from './config.ts'
import { OtlpReceiver } from './otlp-receiver.ts'

const { root } = protobuf.parse(`syntax = "proto3";
message Request { string host = 1; oneof message_request { string file_by_filename = 3; string file_containing_symbol = 4; string all_extension_numbers_of_type = 6; string list_services = 7; } }
message Response { string valid_host = 1; Request original_request = 2; Files file_descriptor_response = 4; Services list_services_response = 6; Failure error_response = 7; }
message Files { repeated bytes file_descriptor_proto = 1; }
message Services { repeated Service service = 1; }
message Service { string name = 1; }
message Failure { int32 error_code = 1; string error_message = 2; }`)
const request = root.lookupType('Request')
const response = root.lookupType('Response')

type Answer = Record<string, unknown>

async function start(t: Test, yaml = '{grpc: {endpoint: "127.0.0.1:0"}}') {
  const settings = componentSettings('otlp')
  const config = parseConfig(otlpReceiverConfig, `protocols: ${yaml}`)
  const receiver = new OtlpReceiver(config, settings, { get: () => undefined })
  await receiver.start()
  const client = new grpc.Client(`127.0.0.1:${receiver.port('grpc')}`, grpc.credentials.createInsecure())
  t.teardown(async () => {
    client.close()
    await receiver.shutdown({ atMs: settings.clock.nowMs() })
  })
  const open = (version = 'v1') =>
    client.makeBidiStreamRequest<Buffer, Buffer>(
      `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`,
      bytes => bytes,
      bytes => bytes,
    )
  return { open, receiver }
}

type Call = ReturnType<Awaited<ReturnType<typeof start>>['open']>

/** The next answer, as JSON has it. */
function next(call: Call): Promise<Answer> {
  return new Promise((resolve, reject) => {
    call.once('error', reject)
    call.once('data', (bytes: Buffer) => resolve(response.toObject(response.decode(bytes)) as Answer))
  })
}

const ask = (call: Call, question: Answer) => call.write(Buffer.from(request.encode(question).finish()))

function statusOf(call: Call): Promise<grpc.StatusObject> {
  call.on('error', () => {})
  return new Promise(resolve => call.once('status', resolve))
}

for (const version of ['v1', 'v1alpha']) {
  t.test(`reflection ${version} lists the services, and answers each question before the next comes`, async t => {
    const { open } = await start(t)
    const call = open(version)
    ask(call, { listServices: '*' })
    t.match(await next(call), {
      originalRequest: { listServices: '*' },
      listServicesResponse: {
        service: [
          { name: 'opentelemetry.proto.collector.logs.v1.LogsService' },
          { name: 'opentelemetry.proto.collector.metrics.v1.MetricsService' },
          { name: 'opentelemetry.proto.collector.profiles.v1development.ProfilesService' },
          { name: 'opentelemetry.proto.collector.trace.v1.TraceService' },
        ],
      },
    })
    ask(call, { fileContainingSymbol: 'opentelemetry.proto.trace.v1.Span' })
    const bySymbol = (await next(call)) as { fileDescriptorResponse: { fileDescriptorProto: Buffer[] } }
    ask(call, { fileByFilename: 'opentelemetry/proto/trace/v1/trace.proto' })
    const byName = (await next(call)) as typeof bySymbol
    t.ok(bySymbol.fileDescriptorResponse.fileDescriptorProto[0]!.length > 1000)
    t.strictSame(byName.fileDescriptorResponse, bySymbol.fileDescriptorResponse)
    const status = statusOf(call)
    call.end()
    t.equal((await status).code, grpc.status.OK)
  })
}

t.test('what is not known is an answer, and the call goes on', async t => {
  const { open } = await start(t)
  const call = open()
  ask(call, { fileContainingSymbol: 'no.such.Thing' })
  t.match(await next(call), { errorResponse: { errorCode: 5, errorMessage: 'nothing here is called no.such.Thing' } })
  ask(call, { allExtensionNumbersOfType: 'x' })
  t.match(await next(call), { errorResponse: { errorCode: 12 } })
  ask(call, { listServices: '' })
  t.ok((await next(call))['listServicesResponse'])
  const status = statusOf(call)
  call.end()
  await status
})

for (const { name, bytes, code } of [
  { name: 'no protobuf', bytes: Buffer.from([0x3a, 0x7f]), code: grpc.status.INVALID_ARGUMENT },
  { name: 'larger than any name', bytes: Buffer.alloc(5000), code: grpc.status.RESOURCE_EXHAUSTED },
]) {
  t.test(`a question that is ${name} ends the call`, async t => {
    const { open } = await start(t)
    const call = open()
    const status = statusOf(call)
    call.resume()
    call.write(bytes)
    t.equal((await status).code, code)
  })
}

t.test('somebody who only asks is stopped', async t => {
  const { open } = await start(t)
  const call = open()
  const status = statusOf(call)
  call.resume()
  for (let i = 0; i < 1100; i++) ask(call, { listServices: '' })
  t.match(await status, { code: grpc.status.RESOURCE_EXHAUSTED, details: 'too many questions' })
})

t.test('a call that is given up leaves the connection as it was', async t => {
  const { open } = await start(t)
  const given = open()
  ask(given, { listServices: '' })
  await next(given)
  const status = statusOf(given)
  given.cancel()
  t.equal((await status).code, grpc.status.CANCELLED)
  const call = open()
  ask(call, { listServices: '' })
  t.ok((await next(call))['listServicesResponse'])
  call.on('error', () => {})
  call.cancel()
})
