import protobuf from 'protobufjs'
import t from 'tap'
import { parseConfig } from '../../config/parse-config.ts'
import type { Signal } from '../../pdata/otlp-batch.ts'
import { StageWalk } from '../../pdata/stage-walk.ts'
import { requestTypes } from '../../testkit/otlp-oracle.ts'
import { SeededRandom } from '../../testkit/seeded-random.ts'
import { redactionConfig } from './config.ts'
import { RedactionStage } from './redaction-stage.ts'

/** A string or bytes field somewhere in a request: the fields to go through, from the request down. */
type Path = readonly protobuf.Field[]

/** Every field that can carry text or bytes, values nested twice included. */
function leafPaths(type: protobuf.Type, path: Path = []): Path[] {
  return type.fieldsArray.flatMap(field => {
    field.resolve()
    if (path.filter(other => other === field).length > 1 || path.length > 14) return []
    const here = [...path, field]
    if (field.resolvedType instanceof protobuf.Type) return leafPaths(field.resolvedType, here)
    return field.type === 'string' || field.type === 'bytes' ? [here] : []
  })
}

/** Encodes the message that holds the canary in the field at the end of `path`; other fields go before or behind it. */
function encode(path: Path, canary: Uint8Array, random: SeededRandom): Uint8Array {
  const [field, ...rest] = path
  if (field === undefined) return canary
  const isLeaf = rest.length === 0
  const inner = encode(rest, canary, random)
  const writer = protobuf.Writer.create()
  const parent = field.parent as protobuf.Type
  const others = parent.fieldsArray.filter(other => other !== field && other.partOf === null && random.chance(0.5))
  const fields = random.shuffle([field, ...others])
  for (const each of fields) {
    if (each === field) writer.uint32((field.id << 3) | 2).bytes(inner)
    else writeFiller(writer, each, random)
  }
  return isLeaf ? writer.finish() : writer.finish()
}

function writeFiller(writer: protobuf.Writer, field: protobuf.Field, random: SeededRandom): void {
  if (field.resolvedType instanceof protobuf.Type) return
  switch (field.type) {
    case 'string':
      writer.uint32((field.id << 3) | 2).string(random.pick(['GET', 'a', 'note', '0', '1']))
      break
    case 'fixed64':
      writer.uint32((field.id << 3) | 1).fixed64(random.below(2 ** 32))
      break
    case 'uint32':
      writer.uint32(field.id << 3).uint32(random.below(100))
      break
    default:
  }
}

const canaries = ['canary.4711@leak.example.com', '4929 3813 3266 4295', 'password=kX9#mP2vL8', '4929381332664295']

for (const signal of ['traces', 'metrics', 'logs'] as const satisfies readonly Signal[]) {
  const paths = leafPaths(requestTypes[signal])
  t.test(`${signal}: a canary in any of ${paths.length} places of the schema never leaves`, async t => {
    const random = new SeededRandom(7)
    const walk = new StageWalk(signal, [new RedactionStage(parseConfig(redactionConfig, 'profile: standard'), signal)])
    const leaks: string[] = []
    for (const path of paths) {
      for (const canary of canaries) {
        const bytes = encode(path, Buffer.from(canary), random)
        // What protobufjs cannot read was encoded wrongly by this test.
        requestTypes[signal].decode(bytes)
        const out = walk.run(bytes)
        const text = Buffer.from(out).toString('latin1')
        if (text.includes(canary) || text.includes('4929381332664295') || walk.unappliedRanges > 0) {
          leaks.push(`${canary} in ${path.map(field => field.name).join('.')}`)
        }
        requestTypes[signal].decode(out)
      }
    }
    t.same(leaks, [])
    t.ok(paths.length > 50)
  })
}
