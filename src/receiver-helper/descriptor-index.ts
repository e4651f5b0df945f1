import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { FieldCursor } from '../wire/field-cursor.ts'

/**
 * Fields of descriptors that hold names.
 *
 * Source: google/protobuf/descriptor.proto: FileDescriptorProto{package = 2, message_type = 4, enum_type = 5, service = 6},
 * DescriptorProto{name = 1, field = 2, nested_type = 3, enum_type = 4}, ServiceDescriptorProto{name = 1, method = 2}
 */
const nameField = 1
const filePackage = 2
const fileMembers = { messages: 4, enums: 5, services: 6 } as const
const messageMembers = { fields: 2, messages: 3, enums: 4 } as const
const serviceMethods = 2

/** Which file of `proto/` declares what. Files are serialized FileDescriptorProtos, by name. */
export class DescriptorIndex {
  readonly #files: ReadonlyMap<string, Uint8Array>
  readonly #bySymbol = new Map<string, Uint8Array>()

  constructor(files: ReadonlyMap<string, Uint8Array>) {
    this.#files = files
    for (const file of files.values()) this.#addFile(file)
  }

  file(name: string): Uint8Array | undefined {
    return this.#files.get(name)
  }

  /** The file that declares a message, field, enum, service or method: `opentelemetry.proto.trace.v1.Span`. */
  fileOf(symbol: string): Uint8Array | undefined {
    return this.#bySymbol.get(symbol)
  }

  #addFile(file: Uint8Array): void {
    const scope = textIn(file, filePackage)
    for (const message of membersOf(file, fileMembers.messages)) this.#addMessage(message, scope, file)
    for (const enumeration of membersOf(file, fileMembers.enums)) this.#add(enumeration, scope, file)
    for (const service of membersOf(file, fileMembers.services)) {
      const name = this.#add(service, scope, file)
      for (const method of membersOf(service, serviceMethods)) this.#add(method, name, file)
    }
  }

  #addMessage(message: Uint8Array, scope: string, file: Uint8Array): void {
    const name = this.#add(message, scope, file)
    for (const field of membersOf(message, messageMembers.fields)) this.#add(field, name, file)
    for (const nested of membersOf(message, messageMembers.messages)) this.#addMessage(nested, name, file)
    for (const enumeration of membersOf(message, messageMembers.enums)) this.#add(enumeration, name, file)
  }

  #add(descriptor: Uint8Array, scope: string, file: Uint8Array): string {
    const name = `${scope}.${textIn(descriptor, nameField)}`
    this.#bySymbol.set(name, file)
    return name
  }
}

let otlp: DescriptorIndex | undefined

/** Of OTLP's own files; read when somebody asks for the first time. */
export function otlpDescriptors(): DescriptorIndex {
  if (otlp === undefined) {
    const text = readFileSync(join(import.meta.dirname, 'otlp-descriptors.generated.json'), 'utf8')
    const table = JSON.parse(text) as Record<string, string>
    otlp = new DescriptorIndex(
      new Map(Object.entries(table).map(([name, base64]) => [name, Buffer.from(base64, 'base64')])),
    )
  }
  return otlp
}

function* membersOf(message: Uint8Array, fieldNumber: number): Generator<Uint8Array> {
  const cursor = new FieldCursor(message)
  while (cursor.next()) if (cursor.fieldNumber === fieldNumber) yield cursor.slice()
}

function textIn(message: Uint8Array, fieldNumber: number): string {
  let text = ''
  for (const bytes of membersOf(message, fieldNumber)) text = Buffer.from(bytes).toString('utf8')
  return text
}
