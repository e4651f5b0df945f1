import { frameMessage, grpcPrefixBytes, grpcStatus, grpcStatusTrailers } from '../transport/grpc.ts'
import type { Conversation, Hearer } from '../transport/server.ts'
import { FieldCursor } from '../wire/field-cursor.ts'
import { WireError } from '../wire/wire-error.ts'
import { wireBytes } from '../wire/wire-type.ts'
import { WireWriter } from '../wire/wire-writer.ts'
import { type DescriptorIndex, otlpDescriptors } from './descriptor-index.ts'
import type { GrpcConversation } from './grpc-methods.ts'

/**
 * gRPC's server reflection, by which tools such as grpcurl find out what a server speaks. Both versions have the same fields.
 *
 * Source: https://github.com/grpc/grpc-proto/blob/master/grpc/reflection/v1/reflection.proto; ServerReflectionRequest{
 * file_by_filename = 3, file_containing_symbol = 4, list_services = 7}, ServerReflectionResponse{original_request = 2,
 * file_descriptor_response = 4 {file_descriptor_proto = 1}, list_services_response = 6 {service = 1 {name = 1}},
 * error_response = 7 {error_code = 1, error_message = 2}}
 */
const reflectionPaths = ['v1', 'v1alpha'].map(
  version => `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`,
)

const requestFileByName = 3
const requestFileOfSymbol = 4
const requestListServices = 7
const responseOriginal = 2
const responseFiles = 4
const responseServices = 6
const responseError = 7

/** A name and little else. */
const requestBytesMax = 4096
const requestsMax = 1000
/** Who asks and does not read is not answered any longer. */
const unsentBytesMax = 256 * 1024

/** Reflection over the services of these paths, for `GrpcMethods`. */
export function reflection(paths: Iterable<string>): ReadonlyMap<string, GrpcConversation> {
  const services = [...new Set([...paths].map(path => path.slice(1, path.lastIndexOf('/'))))].sort()
  const conversation: GrpcConversation = open => {
    const call = new ReflectionCall(services)
    call.begin(open(call))
  }
  return new Map(reflectionPaths.map(path => [path, conversation]))
}

/** One call: questions in a stream, and an answer to each. */
class ReflectionCall implements Hearer {
  readonly #services: readonly string[]
  #conversation: Conversation | undefined
  #received = Buffer.alloc(0)
  #requestCount = 0

  constructor(services: readonly string[]) {
    this.#services = services
  }

  begin(conversation: Conversation): void {
    this.#conversation = conversation
  }

  received(bytes: Uint8Array): void {
    if (this.#conversation === undefined) return
    this.#received = Buffer.concat([this.#received, bytes])
    while (this.#received.length >= grpcPrefixBytes) {
      const end = grpcPrefixBytes + this.#received.readUInt32BE(1)
      if (this.#received[0] !== 0) this.#end(grpcStatus.unimplemented, 'compressed messages are not read here')
      else if (end > requestBytesMax) this.#end(grpcStatus.resourceExhausted, 'the message is too large')
      if (this.#conversation === undefined || this.#received.length < end) return
      const request = this.#received.subarray(grpcPrefixBytes, end)
      this.#received = this.#received.subarray(end)
      this.#answer(request)
    }
  }

  ended(): void {
    if (this.#received.length > 0) this.#end(grpcStatus.internal, 'the message is cut off')
    else this.#end(grpcStatus.ok, '')
  }

  #answer(request: Uint8Array): void {
    const conversation = this.#conversation!
    this.#requestCount += 1
    if (this.#requestCount > requestsMax || conversation.unsentBytes > unsentBytesMax) {
      this.#end(grpcStatus.resourceExhausted, 'too many questions')
      return
    }
    try {
      conversation.say(frameMessage(answerTo(request, this.#services, otlpDescriptors())))
    } catch (error) {
      if (!(error instanceof WireError)) throw error
      this.#end(grpcStatus.invalidArgument, 'the message is no ServerReflectionRequest')
    }
  }

  #end(code: number, message: string): void {
    this.#conversation?.end(grpcStatusTrailers(code, message))
    this.#conversation = undefined
    this.#received = Buffer.alloc(0)
  }
}

/** The ServerReflectionResponse to one ServerReflectionRequest. Throws `WireError`. */
function answerTo(request: Uint8Array, services: readonly string[], index: DescriptorIndex): Uint8Array {
  const writer = new WireWriter(256)
  writer.bytesField(responseOriginal, request)
  const { fieldNumber, text } = questionIn(request)
  if (fieldNumber === requestListServices) {
    const list = writer.open(responseServices)
    for (const service of services) {
      const entry = writer.open(1)
      writer.stringField(1, service)
      writer.close(entry)
    }
    writer.close(list)
    return writer.finish()
  }
  const file = fieldNumber === requestFileByName ? index.file(text) : undefined
  const found = fieldNumber === requestFileOfSymbol ? index.fileOf(text) : file
  if (found !== undefined) {
    const files = writer.openWide(responseFiles)
    writer.bytesField(1, found)
    writer.closeWide(files)
    return writer.finish()
  }
  const isKnown = fieldNumber === requestFileByName || fieldNumber === requestFileOfSymbol
  const error = writer.open(responseError)
  writer.uint32Field(1, isKnown ? grpcStatus.notFound : grpcStatus.unimplemented)
  writer.stringField(2, isKnown ? `nothing here is called ${text}` : 'no extensions are known here')
  writer.close(error)
  return writer.finish()
}

/** The last one counts, as in any oneof. */
function questionIn(request: Uint8Array): { fieldNumber: number; text: string } {
  const cursor = new FieldCursor(request)
  let fieldNumber = 0
  let text = ''
  while (cursor.next()) {
    if (cursor.fieldNumber < requestFileByName || cursor.fieldNumber > requestListServices) continue
    fieldNumber = cursor.fieldNumber
    text = cursor.wireType === wireBytes ? Buffer.from(cursor.slice()).toString('utf8') : ''
  }
  return { fieldNumber, text }
}
