/** CPU time of checking a request before it is accepted: the quick walk against the one that knows why. */
import { quickValidate } from '../../src/pdata/quick-validate.ts'
import { validateSlowly } from '../../src/pdata/validate.ts'
import { defaultWalkBudget } from '../../src/pdata/walk-budget.ts'
import { WireWriter } from '../../src/wire/wire-writer.ts'

const spanCount = 512
const rounds = 2000

function request(): Uint8Array {
  const writer = new WireWriter()
  const group = writer.open(1)
  const scope = writer.open(2)
  for (let i = 0; i < spanCount; i++) {
    const span = writer.open(2)
    writer.bytesField(1, new Uint8Array(16).fill(1))
    writer.bytesField(2, new Uint8Array(8).fill(1))
    writer.stringField(5, 'GET /api/x')
    writer.fixed64Field(7, 1n)
    writer.fixed64Field(8, 1n)
    for (let j = 0; j < 8; j++) {
      const attribute = writer.open(9)
      writer.stringField(1, `http.request.m${j}`)
      const value = writer.open(2)
      writer.stringField(1, `value value ${j}`)
      writer.close(value)
      writer.close(attribute)
    }
    writer.close(span)
  }
  writer.close(scope)
  writer.close(group)
  return writer.finish()
}

const bytes = request()
console.log(`${spanCount} spans of ${Math.round(bytes.length / spanCount)} bytes, ns of CPU a span`)
for (const [name, walk] of [
  ['recursive walk', validateSlowly],
  ['quick walk', quickValidate],
] as const) {
  for (let i = 0; i < rounds / 4; i++) walk('traces', bytes, defaultWalkBudget)
  const before = process.cpuUsage()
  for (let i = 0; i < rounds; i++) walk('traces', bytes, defaultWalkBudget)
  const { user, system } = process.cpuUsage(before)
  console.log(`${name}: ${(((user + system) * 1000) / rounds / spanCount).toFixed(0)}`)
}
