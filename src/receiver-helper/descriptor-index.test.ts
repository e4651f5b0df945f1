import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import protobuf from 'protobufjs'
import t from 'tap'
import { otlpDescriptors } from './descriptor-index.ts'

const proto = join(import.meta.dirname, '../../proto')
const table = JSON.parse(readFileSync(join(import.meta.dirname, 'otlp-descriptors.generated.json'), 'utf8')) as Record<
  string,
  string
>

/** Just enough of google/protobuf/descriptor.proto to see names, numbers and types. */
const { root: descriptors } = protobuf.parse(`syntax = "proto2";
message File { optional string name = 1; optional string package = 2; repeated string dependency = 3; repeated Message message_type = 4; repeated Service service = 6; }
message Message { optional string name = 1; repeated Field field = 2; repeated Message nested_type = 3; }
message Field { optional string name = 1; optional int32 number = 3; optional int32 label = 4; optional int32 type = 5; optional string type_name = 6; }
message Service { optional string name = 1; repeated Method method = 2; }
message Method { optional string name = 1; optional string input_type = 2; optional string output_type = 3; }`)
const fileType = descriptors.lookupType('File')

interface Message {
  readonly name: string
  readonly field?: readonly { readonly name: string; readonly number: number; readonly label: number }[]
  readonly nestedType?: readonly Message[]
}

/** `package.Message.field = number` of every field, as the descriptors have it. */
function fieldsOf(messages: readonly Message[], scope: string): string[] {
  return messages.flatMap(({ name, field = [], nestedType = [] }) => [
    ...field.map(each => `${scope}.${name}.${each.name} = ${each.number}${each.label === 3 ? ' repeated' : ''}`),
    ...fieldsOf(nestedType, `${scope}.${name}`),
  ])
}

/** The same, as protobufjs reads the file. */
function parsedFieldsOf(container: protobuf.NamespaceBase): string[] {
  return container.nestedArray.flatMap(each => {
    if (!(each instanceof protobuf.Type)) return each instanceof protobuf.Namespace ? parsedFieldsOf(each) : []
    const scope = each.fullName.slice(1)
    const own = each.fieldsArray.map(
      field => `${scope}.${field.name} = ${field.id}${field.repeated ? ' repeated' : ''}`,
    )
    return [...own, ...parsedFieldsOf(each)]
  })
}

for (const [name, base64] of Object.entries(table)) {
  t.test(`the descriptor of ${name} is that of proto/`, async t => {
    const bytes = Buffer.from(base64, 'base64')
    const file = fileType.toObject(fileType.decode(bytes)) as { package: string; messageType?: Message[] }
    const parsed = protobuf.parse(readFileSync(join(proto, name), 'utf8'), new protobuf.Root(), { keepCase: true }).root
    const wanted = parsedFieldsOf(parsed).sort()
    t.strictSame(fieldsOf(file.messageType ?? [], file.package).sort(), wanted)
    t.ok(wanted.length > 0)
    for (const field of wanted) t.strictSame(Buffer.from(otlpDescriptors().fileOf(field.split(' ')[0]!)!), bytes)
  })
}
